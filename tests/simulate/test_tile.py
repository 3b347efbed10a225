"""A tile of a sensor sees its own colours, levels and defects where they are."""

from dataclasses import replace

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.readings import Reading
from isp.core.sensor import Defect, SensorProfile
from simulate.tile import black_level, seen_from

PROFILE = SensorProfile(
    name="t", cfa=Cfa.RGGB, bit_depth=12, black_level_dn=(10.0, 20.0, 30.0, 40.0),
    white_level_dn=4095.0,
    readings=(Reading(iso=100, system_gain_dn_per_e=1.0, colour_bias_dn=(0.1, 0.2, 0.3, 0.4)),),
    defects=(Defect(row=5, column=7), Defect(row=1, column=9)),
)  # fmt: skip


def test_a_tile_counts_from_its_first_photosite() -> None:
    tile = seen_from(PROFILE, (3, 4))

    assert tile.cfa == Cfa.GBRG
    assert tile.black_level_dn == (30.0, 40.0, 10.0, 20.0)
    assert tile.readings[0].colour_bias_dn == (0.3, 0.4, 0.1, 0.2)
    assert tile.defects == (Defect(row=2, column=3),)


def test_the_whole_sensor_is_its_own_profile() -> None:
    assert seen_from(PROFILE, (0, 0)) is PROFILE


@pytest.mark.parametrize("origin", [(0, 0), (1, 0), (0, 1), (3, 5), (6, 2)])
def test_a_tile_s_black_level_is_the_crop_of_the_sensor_s(origin: tuple[int, int]) -> None:
    noise = PROFILE.at_iso(torch.tensor([100.0]))
    whole = black_level(PROFILE, noise, (0, 0), (12, 12))

    tile = black_level(PROFILE, noise, origin, (4, 6))

    y, x = origin
    assert torch.equal(tile, whole[..., y : y + 4, x : x + 6])
    assert whole[0, 0, :2, :2].flatten().tolist() == pytest.approx([10.1, 20.2, 30.3, 40.4])


def test_each_image_has_its_own_error_of_the_black_level() -> None:
    noise = replace(
        PROFILE.at_iso(torch.tensor([100.0, 100.0])),
        colour_bias_dn=torch.tensor([[0.0] * 4, [1.0] * 4]),
    )

    levels = black_level(PROFILE, noise, (0, 0), (2, 2))

    assert torch.equal(levels[1] - levels[0], torch.ones(1, 2, 2))
