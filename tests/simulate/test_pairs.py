"""Training pairs are reproducible by number, and their truth is the mean of their noise."""

import math
from dataclasses import replace

import pytest
import torch

from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.files.profile import load_profile
from simulate.pairs import PairSource

PROFILE = load_profile("SonyA7S2")
RAMP = torch.linspace(0, 1, 200).expand(150, 200)


def source(**changes: object) -> PairSource:
    options = {"size": 64, "seed": 3} | changes
    return PairSource([RAMP, 1 - RAMP], PROFILE, **options)


def test_a_pair_is_the_same_in_any_batch() -> None:
    together = source().batch(torch.arange(6))

    for number in (0, 3, 5):
        alone = source().batch(torch.tensor([number]))
        assert torch.equal(alone.noisy.data[0], together.noisy.data[number])
        assert torch.equal(alone.clean_dn[0], together.clean_dn[number])


def test_batches_go_on_where_they_are_told_to_start() -> None:
    batches = source().batches(4, start=8)
    next(batches)

    second = next(batches)

    assert second.noisy.shot.item.tolist() == [12, 13, 14, 15]
    assert torch.equal(second.noisy.data, source().batch(torch.arange(12, 16)).noisy.data)


def test_another_seed_gives_other_crops_and_other_noise() -> None:
    assert not torch.equal(
        source(seed=4).batch(torch.arange(2)).clean_dn, source().batch(torch.arange(2)).clean_dn
    )


def test_a_pair_is_raw_of_the_sensor_beside_its_mean() -> None:
    pair = source(levels_e=(5000, 5000), isos=(400, 400)).batch(torch.arange(40))
    gain = float(PROFILE.at_iso(torch.tensor([400.0])).system_gain_dn_per_e)

    assert pair.noisy.domain is Domain.RAW
    assert bool((pair.noisy.data == pair.noisy.data.round()).all())
    difference = (pair.noisy.data - pair.clean_dn).double()
    variance = gain * (pair.clean_dn.double() - 512)
    share = PROFILE.prnu_percent / 100 * (pair.clean_dn.double() - 512)
    noise = PROFILE.readings[2]
    spread = variance + share**2 + (gain * noise.read_noise_e) ** 2
    rows = (gain * noise.row_noise_e) ** 2 / (64 * 40)  # shared by the 64 photosites of a row
    assert abs(float(difference.mean())) < 5 * math.sqrt(
        float(spread.mean()) / difference.numel() + rows
    )
    assert float(difference.var()) == pytest.approx(float(spread.mean()), rel=0.05)


def test_crops_start_on_whole_periods_of_the_pattern() -> None:
    cell = torch.tensor([[1.0, 0.5], [0.25, 0.125]]).repeat(50, 60)
    pair = PairSource([cell], PROFILE, size=32, levels_e=(1000, 1000), isos=(100, 100)).batch(
        torch.arange(20)
    )

    phase = pair.clean_dn[:, 0, :2, :2] - 512
    assert torch.allclose(phase, phase[:1].expand_as(phase))
    assert float(phase[0, 0, 0] / phase[0, 1, 1]) == pytest.approx(8, rel=1e-4)


def test_levels_and_isos_fill_their_ranges_evenly_in_the_logarithm() -> None:
    flat = torch.ones(64, 64)
    pairs = PairSource([flat], PROFILE, size=4, levels_e=(10, 1000), isos=(100, 6400))
    batch = pairs.batch(torch.arange(400))
    gain = PROFILE.at_iso(batch.noisy.shot.iso).system_gain_dn_per_e

    levels = (batch.clean_dn[:, 0, 0, 0] - 512) / gain
    for values, (low, high) in ((levels, (10, 1000)), (batch.noisy.shot.iso, (100, 6400))):
        place = torch.log(values / low) / math.log(high / low)
        assert 0 <= float(place.min()) < 0.02
        assert 0.98 < float(place.max()) <= 1 + 1e-4
        assert abs(float(place.mean()) - 0.5) < 5 / math.sqrt(12 * 400)


def test_the_user_s_noise_takes_the_place_of_the_profile_s() -> None:
    quiet = replace(
        PROFILE.at_iso(torch.full((3,), 100.0)),
        system_gain_dn_per_e=torch.tensor([0.5, 1.0, 2.0]),
        tukey_lambda_scale_e=torch.zeros(3), read_noise_e=torch.zeros(3),
        row_noise_e=torch.zeros(3), colour_bias_dn=torch.zeros(3, 4),
    )  # fmt: skip
    pairs = PairSource(
        [torch.zeros(64, 64)], PROFILE, size=16, noise_of=lambda numbers: quiet
    ).batch(torch.arange(3))

    assert bool((pairs.noisy.data == 512).all())


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="mosaics at least as large"):
        PairSource([torch.ones(32, 64)], PROFILE, size=64)
    with pytest.raises(UsageError, match="rising positive"):
        source(levels_e=(10.0, 1.0))
    with pytest.raises(UsageError, match="no readings"):
        PairSource([RAMP], PROFILE.with_fields(readings=()), size=64)


@pytest.mark.parametrize(
    "changes",
    [
        {"dark_current_e_per_s": 600.0}, {"full_well_knee": 0.5, "full_well_e": 90.0},
        {"optical_crosstalk": {"R": (0, 0, 0, 0, 0.7, 0, 0, 0, 0)}}, {"shading": {"G": (-0.5,)}},
        {"full_well_e": 60.5},
    ],
)  # fmt: skip
def test_the_truth_is_the_mean_of_the_noise_whatever_the_sensor_does(
    changes: dict[str, object],
) -> None:
    profile = PROFILE.with_fields(prnu_percent=0.0, **changes)
    pairs = PairSource(
        [torch.ones(128, 128)], profile, size=128, levels_e=(100, 100), isos=(400, 400)
    ).batch(torch.arange(6))

    difference = (pairs.noisy.data - pairs.clean_dn).double()

    # A well that bends or clips takes a little off the mean of what fluctuates about it.
    bent = 1.5 if "full_well_e" in changes else 0.0
    # Row noise and the bias of PMN or ELD's black level are not in the truth.
    assert abs(float(difference.mean())) < bent + 0.1


@pytest.mark.parametrize("camera", ["SonyA7S2", "GenericPhone"])
def test_packed_planes_are_those_of_the_pattern(camera: str) -> None:
    profile = load_profile(camera)
    pair = PairSource([RAMP], profile, size=64).batch(torch.arange(3))

    noisy, clean = pair.packed()

    assert torch.equal(noisy, profile.cfa.pack(pair.noisy.data))
    assert torch.equal(clean, profile.cfa.pack(pair.clean_dn))


def test_crops_that_cut_a_period_are_not_packed() -> None:
    pair = PairSource([RAMP], PROFILE, size=63).batch(torch.arange(1))

    with pytest.raises(FrameError, match="63 x 63 are no whole periods of RGGB, 2 x 2"):
        pair.packed()


def test_batches_that_are_kept_are_not_written_over() -> None:
    batches = PairSource([RAMP], PROFILE, size=150).batches(6)
    kept = [next(batches) for _ in range(3)]
    first = kept[0].noisy.data.clone(), kept[0].clean_dn.clone(), kept[0].packed()[1].clone()

    for _ in range(4):
        next(batches).packed()

    assert torch.equal(kept[0].noisy.data, first[0])
    assert torch.equal(kept[0].clean_dn, first[1])
    assert torch.equal(kept[0].packed()[1], first[2])
