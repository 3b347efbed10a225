"""What rows, columns and fixed offsets add at the read-out, image by image."""

from dataclasses import replace

import torch

from isp.core.cfa import Cfa
from isp.core.readings import Reading
from isp.core.rng import Draws, Effect, normal
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from simulate.fixed_pattern import FixedPattern
from simulate.read_out_noise import line_noise, offsets

READING = Reading(iso=100, system_gain_dn_per_e=1.0)
PROFILE = SensorProfile(
    name="r", cfa=Cfa.RGGB, bit_depth=12, black_level_dn=(64.0,) * 4, white_level_dn=4095.0,
    readings=(READING,), rts_amplitude_e=7.0, rts_occupancy=0.5, rts_dwell_frames=2.0,
)  # fmt: skip
SHOT = Shot(frame_number=torch.tensor([0, 1]), item=torch.tensor([4, 4]))


def lines(reading: Reading, origin: tuple[int, int] = (0, 0)) -> tuple[torch.Tensor, torch.Tensor]:
    profile = PROFILE.with_fields(readings=(reading,))
    noise = profile.at_iso(torch.tensor([100.0, 100.0]))
    return line_noise(profile, SHOT, noise, (6, 9), 11, origin)


def test_nothing_is_drawn_for_what_is_not_there() -> None:
    rows, columns = lines(READING)

    assert rows.shape == (1, 1, 6, 1)
    assert columns.shape == (1, 1, 1, 9)
    assert not rows.any()
    assert not columns.any()


def test_rows_and_columns_have_their_own_streams_of_each_frame() -> None:
    rows, columns = lines(replace(READING, row_noise_e=2.0, column_noise_e=3.0))

    def drawn(effect: Effect) -> Draws:
        return Draws.temporal(11, effect, "r", SHOT)

    assert torch.equal(rows, 2 * normal(drawn(Effect.ROW).per_row(6)))
    assert torch.equal(columns, 3 * normal(drawn(Effect.COLUMN).per_column(9)))
    assert not torch.equal(rows[0], rows[1])
    assert not torch.equal(columns[0], columns[1])


def test_banding_joins_the_rows() -> None:
    noisy, banded = replace(READING, row_noise_e=2.0), replace(READING, banding_amplitude_e=5.0)
    both = replace(noisy, banding_amplitude_e=5.0)

    assert torch.allclose(lines(both)[0], lines(noisy)[0] + lines(banded)[0])


def test_a_tile_s_lines_are_the_crop_of_the_sensor_s() -> None:
    reading = replace(READING, row_noise_e=2.0, column_noise_e=3.0, banding_amplitude_e=1.0)
    rows, columns = lines(reading)

    tile_rows, tile_columns = lines(reading, (2, 5))

    assert torch.equal(tile_rows[..., :4, :], rows[..., 2:, :])
    assert torch.equal(tile_columns[..., :4], columns[..., 5:])


def pattern(offset: torch.Tensor | None, sites: tuple[torch.Tensor, ...] | None) -> FixedPattern:
    return FixedPattern(
        size=(6, 9), gain=None, dark_e_per_s=None, wells=None, offset_e=offset, column_gain=None,
        rts=sites,
    )  # fmt: skip


def test_fixed_offsets_pass_as_they_are() -> None:
    offset = torch.randn(1, 1, 6, 9, generator=torch.Generator().manual_seed(1))

    assert offsets(PROFILE, pattern(None, None), SHOT, 1, (0, 0)) is None
    assert offsets(PROFILE, pattern(offset, None), SHOT, 1, (0, 0)) is offset


def test_switching_sites_stand_at_one_of_two_levels_over_their_offset() -> None:
    offset = torch.full((1, 1, 6, 9), 0.5)
    sites = torch.arange(6), torch.arange(6)
    many = Shot(frame_number=torch.arange(40), item=torch.zeros(40, dtype=torch.int64))

    levels = offsets(PROFILE, pattern(offset, sites), many, 1, (0, 0))

    assert levels is not None
    assert levels.shape == (40, 1, 6, 9)
    switching = levels[:, 0, sites[0], sites[1]]
    assert sorted(set(switching.flatten().tolist())) == [0.5, 7.5]
    quiet = torch.ones(6, 9, dtype=torch.bool)
    quiet[sites] = False
    assert bool((levels[:, 0, quiet] == 0.5).all())
    assert torch.equal(offset, torch.full((1, 1, 6, 9), 0.5))
