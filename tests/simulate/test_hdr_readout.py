"""One picture several times over: what the parts share, and what is each one's own."""

import math
from dataclasses import replace

import pytest
import torch

from isp.core.errors import DomainError, FrameError, ProfileError
from isp.core.readings import Reading
from simulate.hdr_readout import dual_gain_readout, small_photodiode, split_pixel, staggered
from simulate.motion import MovingObject
from simulate.sensor import Sensor
from simulate.sequence import Motion
from tests.simulate.plain_camera import camera, crop, expected, flat, light, shot
from tests.statistics import (
    correlation,
    normal_variance_error,
    poisson_variance_error,
    z_threshold,
)

# The branches overlap: ISO 100 to 400 by low gain, 200 to 800 by high.
READINGS = (
    Reading(iso=100.0, system_gain_dn_per_e=0.5, read_noise_e=8.0),
    Reading(iso=400.0, system_gain_dn_per_e=2.0, read_noise_e=6.0),
    Reading(iso=200.0, system_gain_dn_per_e=4.0, read_noise_e=1.5, branch=1),
    Reading(iso=800.0, system_gain_dn_per_e=16.0, read_noise_e=1.0, branch=1),
)
DUAL = Sensor(camera(readings=READINGS))


# --- dual conversion gain ---------------------------------------------------------------------


def test_both_gains_read_the_same_electrons_each_with_its_own_noise() -> None:
    collected = DUAL.collect(flat(100.0), 5)

    low, high = dual_gain_readout(DUAL, collected, 5)

    n, limit = 250_000, z_threshold(5)
    rests = []
    for frame, gain, read_e in ((low, 0.5, 8.0), (high, 4.0, 1.5)):
        electrons = (frame.data.double() - 64) / gain
        rest = electrons - collected.data
        wanted = math.sqrt(read_e**2 + 1 / (12 * gain**2))
        assert abs(float(rest.mean())) < limit * wanted / math.sqrt(n)
        assert abs(float(rest.var()) - wanted**2) < limit * normal_variance_error(wanted, n)
        rests.append(rest)
    assert abs(correlation(*rests)) < limit / math.sqrt(n)


def test_the_low_gain_is_the_plain_read_out_at_its_iso() -> None:
    collected = DUAL.collect(flat(100.0, 30, 40), 5)

    low, _ = dual_gain_readout(DUAL, collected, 5)

    assert torch.equal(low.data, DUAL.read_out(collected, 5).data)


@pytest.mark.parametrize(
    ("asked", "isos", "gains"),
    [(100.0, (100, 200), (0.5, 4.0)), (300.0, (300, 300), (1.5, 6.0)),
     (800.0, (400, 800), (2.0, 16.0))],
)  # fmt: skip
def test_each_branch_reads_at_the_nearest_iso_it_covers(
    asked: float, isos: tuple[float, float], gains: tuple[float, float]
) -> None:
    collected = DUAL.collect(flat(100.0, 4, 4), 5)
    collected = replace(collected, shot=replace(collected.shot, iso=torch.tensor([asked])))

    frames = dual_gain_readout(DUAL, collected, 5)

    assert tuple(float(f.shot.iso) for f in frames) == isos
    for frame, gain in zip(frames, gains, strict=True):
        noise = frame.profile.at_iso(frame.shot.iso)
        assert noise.system_gain_dn_per_e.tolist() == [pytest.approx(gain)]
    assert [f.history[-1][1]["branch"] for f in frames] == [0, 1]


def test_isos_can_be_chosen_for_each_branch() -> None:
    collected = DUAL.collect(flat(100.0, 4, 4), 5)

    frames = dual_gain_readout(DUAL, collected, 5, isos=(400.0, 800.0))

    assert [float(f.shot.iso) for f in frames] == [400.0, 800.0]


def test_high_gain_clips_what_low_gain_still_measures() -> None:
    field = expected(torch.tensor([[[100.0, 3000.0, 9000.0]]]))

    low, high = dual_gain_readout(DUAL, DUAL.collect(field, 5), 5)

    assert low.clipped[0, 0, 0].tolist() == [False, False, True]  # the full well of 6000 e-
    assert high.clipped[0, 0, 0].tolist() == [False, True, True]  # 1000 e- fill 12 bits
    assert torch.equal(low.measured, ~low.clipped)


def test_the_fixed_pattern_is_the_bodys_in_both_gains() -> None:
    sensor = Sensor(camera(readings=READINGS, dsnu_e=40.0))
    low, high = dual_gain_readout(sensor, sensor.collect(flat(300.0, 200, 200), 5), 5)

    r = correlation(low.data, high.data)

    # Shared: 300 of photons, 1600 of pattern; own: 64 and 2.25 of read noise, quantisation.
    wanted = 1900 / math.sqrt((1900 + 64 + 1 / 3) * (1900 + 2.25 + 1 / 192))
    assert abs(math.atanh(r) - math.atanh(wanted)) < z_threshold(1) / 200


def test_a_tile_of_a_dual_read_out_is_the_crop_of_the_whole() -> None:
    collected = DUAL.collect(flat(100.0, 20, 30), 5)

    whole = dual_gain_readout(DUAL, collected, 5)
    tile = dual_gain_readout(DUAL, crop(collected, 3, 10, 8, 9), 5, (3, 10))

    for a, b in zip(tile, whole, strict=True):
        assert torch.equal(a.data, b.data[..., 3:11, 10:19])


def test_a_sensor_of_one_gain_has_no_dual_read_out() -> None:
    single = Sensor(camera())
    with pytest.raises(ProfileError, match="no reading of branch 1"):
        dual_gain_readout(single, single.collect(flat(1.0, 2, 2), 5), 5)
    with pytest.raises(DomainError, match="takes ELECTRONS"):
        dual_gain_readout(DUAL, flat(1.0, 2, 2), 5)


# --- split pixel ------------------------------------------------------------------------------


def test_the_small_photodiode_has_photons_of_its_own_in_proportion() -> None:
    sensor = Sensor(camera())

    pair = split_pixel(sensor, flat(200.0), 0.125, 5)

    n, limit = 250_000, z_threshold(5)
    for (_, truth), rate in zip(pair, (200.0, 25.0), strict=True):
        electrons = truth.collected.data.double()
        assert float(truth.expected.data[0, 0, 0, 0]) == rate
        assert abs(float(electrons.mean()) - rate) < limit * math.sqrt(rate / n)
        assert abs(float(electrons.var()) - rate) < limit * poisson_variance_error(rate, n)
    r = correlation(pair[0][1].collected.data, pair[1][1].collected.data)
    assert abs(r) < limit / math.sqrt(n)


def test_the_large_photodiode_is_the_plain_capture() -> None:
    sensor = Sensor(camera(readings=READINGS))
    field = flat(200.0, 30, 40)

    (large, _), (small, _) = split_pixel(sensor, field, 0.125, 5)

    assert torch.equal(large.data, sensor.capture(field, 5).data)
    assert (large.profile.name, small.profile.name) == ("plain", "plain small photodiode")


def test_photodiodes_have_fixed_patterns_of_their_own() -> None:
    sensor = Sensor(camera(prnu_percent=5.0, full_well_e=1e6))
    pair = split_pixel(sensor, flat(50_000.0, 200, 200), 1.0, 5)

    r = correlation(pair[0][1].collected.data, pair[1][1].collected.data)

    assert abs(r) < z_threshold(1) / 200


def test_the_small_one_sees_where_the_large_one_is_full() -> None:
    field = expected(torch.tensor([[[1000.0, 20_000.0, 100_000.0]]]))

    (large, _), (small, truth) = split_pixel(Sensor(camera()), field, 1 / 16, 5)

    assert large.clipped[0, 0, 0].tolist() == [False, True, True]
    assert small.clipped[0, 0, 0].tolist() == [False, False, True]
    assert torch.equal(truth.measured, small.measured)


def test_area_scales_light_and_heat_and_the_well_only_when_asked() -> None:
    profile = camera(dark_current_e_per_s=8.0, fill_factor=0.5)

    small = small_photodiode(profile, 0.25)

    assert (small.dark_current_e_per_s, small.fill_factor) == (2.0, 0.125)
    assert small.full_well_e == 6000.0
    assert small_photodiode(profile, 0.25, 1500.0).full_well_e == 1500.0


@pytest.mark.parametrize("ratio", [0.0, -0.5, 1.5, math.nan])
def test_a_ratio_that_is_none_is_refused(ratio: float) -> None:
    with pytest.raises(FrameError, match="small_area_ratio"):
        split_pixel(Sensor(camera()), flat(1.0, 2, 2), ratio, 5)


# --- staggered --------------------------------------------------------------------------------


def test_exposures_follow_each_other_with_a_gap() -> None:
    frames = staggered(
        Sensor(camera()), flat(64.0), None, (1.0, 0.125, 0.015625), 5, gap_s=0.001
    )  # fmt: skip

    starts = [float(t.start_s) for _, t in frames]
    assert starts == pytest.approx([0.0, 0.011, 0.01325])
    assert [raw.history[-1][0] for raw, _ in frames] == ["staggered"] * 3
    limit = z_threshold(9)
    for (_, truth), rate in zip(frames, (64.0, 8.0, 1.0), strict=True):
        electrons = truth.collected.data.double()
        assert abs(float(electrons.mean()) - rate) < limit * math.sqrt(rate / 250_000)
        assert abs(float(electrons.var()) - rate) < limit * poisson_variance_error(rate, 250_000)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        pair = frames[i][1].collected.data, frames[j][1].collected.data
        assert abs(correlation(*pair)) < limit / 500


def test_a_moving_object_is_where_it_is_when_each_exposure_starts() -> None:
    """20 px per frame of 0.02 s: after 0.01 s it is 10 px on, after 0.015 s 15."""
    thing = MovingObject(
        light=torch.full((3, 1, 1), 4.0), coverage=torch.ones(1, 1, 1), row=0.0, column=0.0,
        right_px_per_frame=20.0,
    )  # fmt: skip
    frames = staggered(
        Sensor(camera()), light(torch.ones(1, 2, 20)), shot(), (1.0, 0.5, 0.25), 5,
        motion=Motion(objects=(thing,)), frame_period_s=0.02,
    )  # fmt: skip

    places = [t.moving[0, 0, 0].float() for _, t in frames]
    # 0.01 s is no exact binary number: the place may be one float32's last bit off.
    centres = [
        float((t.expected.data[0, 0, 0] - t.expected.data.min()).mul(torch.arange(20)).sum()
              / (t.expected.data[0, 0, 0] - t.expected.data.min()).sum()) for _, t in frames
    ]  # fmt: skip
    assert centres == pytest.approx([0.0, 10.0, 15.0], abs=1e-4)
    assert all(1 <= int(p.sum()) <= 2 for p in places)


def test_a_longer_exposure_smears_the_object_more() -> None:
    thing = MovingObject(
        light=torch.full((3, 1, 1), 4.0), coverage=torch.ones(1, 1, 1), row=0.0, column=2.0,
        right_px_per_frame=10.0,
    )  # fmt: skip
    frames = staggered(
        Sensor(camera()), light(torch.ones(1, 1, 20)), shot(), (1.0, 0.25), 5,
        motion=Motion(objects=(thing,), blur_samples=64),
    )  # fmt: skip

    assert [int(t.moving.sum()) for _, t in frames] == [9, 3]  # 8 px in 10, 2 px in 10


def test_a_period_shorter_than_the_set_is_refused() -> None:
    with pytest.raises(FrameError, match=r"0\.011 s is shorter than the exposures' 0\.015 s"):
        staggered(Sensor(camera()), flat(1.0, 2, 2), None, (1.0, 0.5), 5, frame_period_s=0.011)
    with pytest.raises(FrameError, match="gap_s"):
        staggered(Sensor(camera()), flat(1.0, 2, 2), None, (1.0,), 5, gap_s=-1.0)


def test_two_readings_of_one_moment_share_what_is_not_the_reading_s_own() -> None:
    """A site that is high is high for both gains, and a lamp has one phase."""
    sensor = Sensor(camera(readings=READINGS, rts_fraction=0.2, rts_amplitude_e=1000.0))
    collected = sensor.collect(flat(0.0), 5)

    low, high = dual_gain_readout(sensor, collected, 5)

    raised = [(f.data - 64) / gain > 500 for f, gain in ((low, 0.5), (high, 4.0))]
    assert bool(raised[0].any())
    assert torch.equal(raised[0], raised[1])


def test_two_readings_of_one_moment_band_in_step() -> None:
    readings = tuple(replace(r, banding_amplitude_e=200.0) for r in READINGS)
    sensor = Sensor(camera(readings=readings, banding_frequency_cycles_per_row=0.02))
    collected = sensor.collect(flat(300.0), 5)

    low, high = dual_gain_readout(sensor, collected, 5)

    waves = [(f.data - 64).double().mean(dim=-1).flatten() / g for f, g in ((low, 0.5), (high, 4))]
    assert float(torch.corrcoef(torch.stack(waves))[0, 1]) > 0.99
