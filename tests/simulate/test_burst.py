"""The frames of a burst share the body and the scene, and nothing else."""

import math

import pytest
import torch

from isp.core.errors import FrameError
from isp.core.readings import Reading
from simulate.burst import burst
from simulate.motion import HandShake, MovingObject
from simulate.sensor import Sensor
from simulate.sequence import Motion
from tests.simulate.plain_camera import camera, flat, light, shot
from tests.statistics import correlation, z_threshold

NOISY = (Reading(iso=100.0, system_gain_dn_per_e=0.5, read_noise_e=10.0),)


def test_noise_is_independent_from_frame_to_frame() -> None:
    frames = burst(Sensor(camera(readings=NOISY)), flat(50.0, 400, 400), None, 4, 5)

    limit = z_threshold(12) / 400
    for i in range(4):
        for j in range(i):
            assert abs(correlation(frames[i][0].data, frames[j][0].data)) < limit
            pair = frames[i][1].collected.data, frames[j][1].collected.data
            assert abs(correlation(*pair)) < limit


def test_the_mean_of_a_burst_keeps_the_fixed_pattern_and_averages_the_rest() -> None:
    """The variance is PRNU^2 mu^2 + mu / frames, for 2 % of 2000 e- and 8 frames: 1600 + 250."""
    sensor = Sensor(camera(prnu_percent=2.0))
    frames = burst(sensor, flat(2000.0, 200, 200), None, 8, 5)

    mean = torch.stack([t.collected.data.double() for _, t in frames]).mean(0)

    wanted, n = 1600 + 250, 200 * 200
    assert abs(float(mean.var()) - wanted) < z_threshold(1) * wanted * math.sqrt(2 / n)


def test_a_longer_burst_begins_with_a_shorter_one() -> None:
    scene = light(torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(1)))
    motion = Motion(shake=HandShake(shift_px=1.0, rotation_deg=0.5))
    sensor = Sensor(camera(readings=NOISY))

    short, long = (burst(sensor, scene, shot(), n, 5, motion=motion) for n in (2, 5))

    for (a, x), (b, y) in zip(short, long, strict=False):
        assert torch.equal(a.data, b.data)
        assert torch.equal(x.pose, y.pose)


def test_the_first_frame_is_the_plain_capture_of_the_unmoved_scene() -> None:
    scene = light(torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(1)))
    sensor = Sensor(camera(readings=NOISY))

    first = burst(
        sensor, scene, shot(), 3, 5, motion=Motion(shake=HandShake(shift_px=1.0))
    )[0][0]  # fmt: skip

    assert torch.equal(first.data, sensor.capture(sensor.expose(scene, shot()), 5).data)


def test_an_object_is_a_step_further_in_each_frame() -> None:
    thing = MovingObject(
        light=torch.full((3, 2, 3), 4.0), coverage=torch.ones(1, 2, 3), row=1.0, column=0.0,
        right_px_per_frame=3.0, down_px_per_frame=1.0,
    )  # fmt: skip
    frames = burst(
        Sensor(camera()), light(torch.ones(1, 8, 12)), shot(), 3, 5, motion=Motion(objects=(thing,))
    )

    behind = float(frames[0][1].expected.data[0, 0, 7, 11])
    for k, (_, truth) in enumerate(frames):
        wanted = torch.zeros(8, 12, dtype=torch.bool)
        wanted[1 + k : 3 + k, 3 * k : 3 * k + 3] = True
        assert torch.equal(truth.moving[0, 0], wanted)
        light_there = truth.expected.data[0, 0]
        torch.testing.assert_close(light_there, behind * torch.where(wanted, 4.0, 1.0))


def test_a_moving_object_and_the_hand_move_together() -> None:
    """The object stands in the scene: with the camera two rows up, it is seen two rows down."""
    thing = MovingObject(
        light=torch.full((3, 2, 2), 4.0), coverage=torch.ones(1, 2, 2), row=4.0, column=4.0
    )
    motion = Motion(shake=HandShake(shift_px=1.0), objects=(thing,))
    truth = burst(Sensor(camera()), light(torch.ones(1, 12, 12)), shot(), 2, 5, motion=motion)[1][1]

    excess = truth.expected.data[0, 0].double() - truth.expected.data.min()
    rows = torch.arange(12.0, dtype=torch.float64)
    centre = [float((excess.sum(axis) * rows).sum() / excess.sum()) for axis in (1, 0)]
    down, right, _ = truth.pose[0].tolist()
    assert centre == pytest.approx([4.5 + down, 4.5 + right], abs=1e-5)


def test_frames_start_a_period_apart() -> None:
    field = flat(5.0, 4, 4)

    by_default = burst(Sensor(camera()), field, None, 3, 5)
    slower = burst(Sensor(camera()), field, None, 3, 5, frame_period_s=0.5)

    assert [float(t.start_s) for _, t in by_default] == pytest.approx([0.0, 0.01, 0.02])
    assert [float(t.start_s) for _, t in slower] == [0.0, 0.5, 1.0]
    assert [raw.history[-1][0] for raw, _ in slower] == ["burst"] * 3


def test_a_burst_has_frames() -> None:
    with pytest.raises(FrameError, match="at least 1 frame, but 0 came"):
        burst(Sensor(camera()), flat(5.0, 4, 4), None, 0, 5)
