"""Every frame of a bracket is an exposure of its own: time, photons, noise, truth."""

import math
from dataclasses import replace

import pytest
import torch

from isp.core.readings import Reading
from simulate.bracket import bracket
from simulate.motion import HandShake, MovingObject
from simulate.sensor import Sensor
from simulate.sequence import Motion
from tests.simulate.plain_camera import camera, crop, expected, flat, light, shot
from tests.statistics import (
    charlier_z,
    correlation,
    frequencies_of,
    poisson_variance_error,
    z_threshold,
)

EVS = (-2.0, 0.0, 2.0)
SENSOR = Sensor(camera())


def test_each_frame_has_the_mean_and_variance_of_its_own_exposure() -> None:
    """A draw at 0 EV, multiplied by 4, would have four times this variance."""
    frames = bracket(SENSOR, flat(20.0), None, EVS, 5)

    limit = z_threshold(9)
    for ev, (_, truth) in zip(EVS, frames, strict=True):
        electrons, rate = truth.collected.data.double(), 20 * 2**ev
        n = electrons.numel()
        assert abs(float(electrons.mean()) - rate) < limit * math.sqrt(rate / n)
        assert abs(float(electrons.var()) - rate) < limit * poisson_variance_error(rate, n)
        assert float(truth.expected.data[0, 0, 0, 0]) == rate
    for one, other in ((0, 1), (0, 2), (1, 2)):
        pair = frames[one][1].collected.data, frames[other][1].collected.data
        assert abs(correlation(*pair)) < limit / math.sqrt(500 * 500)


def test_the_raw_frames_follow_from_their_truth() -> None:
    frames = bracket(SENSOR, flat(20.0, 30, 40), None, EVS, 5)

    for raw, truth in frames:
        assert torch.equal(raw.data, torch.round(64 + 0.5 * truth.collected.data))
        assert torch.equal(raw.measured, truth.measured)


def test_the_frame_at_0_ev_is_the_plain_capture() -> None:
    source = flat(20.0, 30, 40)

    first, _ = bracket(SENSOR, source, None, (0.0, 1.0), 5)[0]

    assert torch.equal(first.data, SENSOR.capture(source, 5).data)


def test_only_time_and_frame_number_differ_between_the_shots() -> None:
    shots = [raw.shot for raw, _ in bracket(SENSOR, light(torch.ones(1, 4, 4)), shot(), EVS, 5)]

    assert [s.exposure_time_s.tolist() for s in shots] == [
        pytest.approx([0.0025]), pytest.approx([0.01]), pytest.approx([0.04])
    ]  # fmt: skip
    assert [s.frame_number.tolist() for s in shots] == [[0], [1], [2]]
    assert [(s.f_number.tolist(), s.iso.tolist()) for s in shots] == [([4.0], [100.0])] * 3


def test_the_true_time_is_in_truth_and_history_and_the_nominal_in_the_shot() -> None:
    frames = bracket(SENSOR, flat(1000.0, 100, 100), None, EVS, 5, jitter_percent=5.0)

    factors = [float(truth.exposure_factor) for _, truth in frames]
    assert len(set(factors)) == 3
    for ev, factor, (raw, truth) in zip(EVS, factors, frames, strict=True):
        assert raw.shot.exposure_time_s.tolist() == pytest.approx([0.01 * 2**ev])
        assert truth.exposure_time_s.tolist() == pytest.approx([0.01 * 2**ev * factor])
        name, said = raw.history[-1]
        assert (name, said["ev"], said["exposure_factor"]) == ("bracket", ev, [factor])
        assert said["true_exposure_time_s"] == truth.exposure_time_s.tolist()
        rate = 1000 * 2**ev * factor
        assert float(truth.expected.data[0, 0, 0, 0]) == pytest.approx(rate, rel=1e-6)
        mean = float(truth.collected.data.double().mean())
        assert abs(mean - rate) < z_threshold(3) * math.sqrt(rate / 1e4)


def test_dark_signal_grows_with_the_true_time() -> None:
    warm = Sensor(camera(dark_current_e_per_s=5000.0))

    frames = bracket(warm, flat(0.0), None, (-1.0, 1.0), 5, jitter_percent=10.0)

    for _, truth in frames:
        rate = 5000 * float(truth.exposure_time_s)
        mean = float(truth.collected.data.double().mean())
        assert abs(mean - rate) < z_threshold(2) * math.sqrt(rate / 250_000)


def test_coupled_frames_never_lose_an_electron_and_each_is_poisson() -> None:
    noisy = camera(readings=(Reading(iso=100.0, system_gain_dn_per_e=0.5, read_noise_e=20.0),))
    frames = bracket(Sensor(noisy), flat(3.0), None, EVS, 5, coupled=True)

    counts = [truth.collected.data for _, truth in frames]
    assert bool((counts[1] >= counts[0]).all() & (counts[2] >= counts[1]).all())
    limit = z_threshold(10)
    for ev, electrons in zip(EVS, counts, strict=True):
        assert max(map(abs, charlier_z(frequencies_of(electrons), 3 * 2**ev))) < limit
    # The read noise is each frame's own: it is what is left after the electrons.
    rests = [raw.data - 0.5 * truth.collected.data for raw, truth in frames]
    assert abs(correlation(rests[0], rests[1])) < limit / math.sqrt(250_000)


def test_tiles_give_the_whole_bracket() -> None:
    field = expected(torch.rand(1, 20, 30, generator=torch.Generator().manual_seed(2)) * 50)
    options = {"jitter_percent": 2.0}
    whole = bracket(SENSOR, field, None, EVS, 5, **options)

    for y, x in ((0, 0), (3, 10)):
        tile = bracket(SENSOR, crop(field, y, x, 9, 13), None, EVS, 5, origin=(y, x), **options)
        for (piece, _), (full, _) in zip(tile, whole, strict=True):
            assert torch.equal(piece.data, full.data[..., y : y + 9, x : x + 13])


def test_a_batch_gives_the_brackets_of_its_images() -> None:
    scene = light(torch.rand(3, 12, 14, generator=torch.Generator().manual_seed(3)))
    thing = MovingObject.copied_from(scene, 2, 2, 4, 4, right_px_per_frame=1.5)
    motion = Motion(shake=HandShake(shift_px=1.0, rotation_deg=1.0), objects=(thing,))
    options = {"jitter_percent": 2.0, "motion": motion}
    whole = bracket(SENSOR, scene, shot(3), EVS, 5, **options)

    for i in range(3):
        rows = slice(i, i + 1)
        alone = bracket(SENSOR, scene.select(rows), shot(3).select(rows), EVS, 5, **options)
        for (one, a), (many, b) in zip(alone, whole, strict=True):
            assert torch.equal(one.data, many.data[rows])
            assert torch.equal(a.measured, b.measured[rows])
            assert torch.equal(a.pose, b.pose[rows])


def test_where_the_hand_moved_the_edge_is_not_measured() -> None:
    scene = light(torch.full((1, 20, 20), 0.5))

    frames = bracket(
        SENSOR, scene, shot(), EVS, 5, motion=Motion(shake=HandShake(shift_px=2.0))
    )  # fmt: skip

    for k, (raw, truth) in enumerate(frames):
        down, right, _ = truth.pose[0].tolist()
        lost = 400 - (20 - math.ceil(abs(down))) * (20 - math.ceil(abs(right)))
        assert int((~raw.measured).sum()) == lost
        assert (lost > 0) is (k > 0)
        assert not bool(raw.clipped.any())


def test_another_seed_is_another_bracket() -> None:
    field = flat(20.0, 20, 20)
    one, other = (bracket(SENSOR, field, None, EVS, seed, jitter_percent=1.0) for seed in (5, 6))

    for (a, x), (b, y) in zip(one, other, strict=True):
        assert not torch.equal(a.data, b.data)
        assert not torch.equal(x.exposure_factor, y.exposure_factor)


def test_a_shot_that_starts_at_a_later_frame_goes_on_from_there() -> None:
    field = flat(20.0, 20, 20)
    later = replace(field, shot=replace(field.shot, frame_number=torch.tensor([1])))

    shifted = bracket(SENSOR, later, None, (0.0, 0.0), 5)
    whole = bracket(SENSOR, field, None, (0.0, 0.0, 0.0), 5)

    for (a, _), (b, _) in zip(shifted, whole[1:], strict=True):
        assert torch.equal(a.data, b.data)
