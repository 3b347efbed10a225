"""Exposures of one source: factors, starts, truth; the rules that brackets and bursts share."""

import math
from dataclasses import replace

import pytest
import torch

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.frame import Frame
from isp.core.shot import Shot
from simulate.motion import HandShake, MovingObject
from simulate.sensor import Sensor
from simulate.sequence import Motion, base_shot, evenly, jittered, sequence
from tests.simulate.plain_camera import camera, expected, flat, light, shot
from tests.statistics import normal_variance_error, z_threshold

SCENE = light(torch.rand(1, 8, 9, generator=torch.Generator().manual_seed(1)))
THING = MovingObject(light=torch.ones(3, 2, 2), coverage=torch.ones(1, 2, 2), row=0.0, column=0.0)


def run(source: Frame, factors: list[float], **options: object) -> list:
    base = base_shot(source, shot() if source.domain is Domain.SCENE else None)
    starts, period = evenly(base, factors, None)
    return sequence(
        Sensor(camera()), source, base, factors, starts, period, 7, step="test", **options
    )  # type: ignore[arg-type]


def test_a_factor_is_as_many_times_the_electrons() -> None:
    field = expected(torch.full((1, 2, 2), 100.0))

    truths = [truth for _, truth in run(field, [0.25, 1.0, 8.0])]

    assert [float(t.expected.data[0, 0, 0, 0]) for t in truths] == [25.0, 100.0, 800.0]
    assert [t.exposure_time_s.tolist() for t in truths] == [
        pytest.approx([0.0025]), pytest.approx([0.01]), pytest.approx([0.08])
    ]  # fmt: skip


def test_scene_and_expected_give_the_same_pictures() -> None:
    sensor = Sensor(camera())
    by_scene = run(SCENE, [1.0, 2.0])
    by_electrons = run(sensor.expose(SCENE, shot()), [1.0, 2.0])

    for (one, _), (other, _) in zip(by_scene, by_electrons, strict=True):
        assert torch.equal(one.data, other.data)


def test_the_caller_says_how_light_becomes_electrons() -> None:
    sensor = Sensor(camera())

    def halved(scene: Frame, taken: Shot) -> Frame:
        frame = sensor.expose(scene, taken)
        return replace(frame, data=frame.data / 2)

    (_, plain), (_, half) = run(SCENE, [1.0])[0], run(SCENE, [1.0], expose=halved)[0]

    assert torch.equal(half.expected.data, plain.expected.data / 2)


def test_a_lens_that_changes_the_size_takes_the_moving_mask_along() -> None:
    sensor = Sensor(camera())

    def binned(scene: Frame, taken: Shot) -> Frame:
        small = Frame.start(scene.data[..., ::4, ::3], Domain.SCENE)
        return sensor.expose(small, taken)

    truth = run(SCENE, [1.0], expose=binned, motion=Motion(objects=(THING,)))[0][1]

    assert truth.moving[0, 0].tolist() == [[True, False, False], [False, False, False]]


def test_jitter_is_log_normal_around_the_nominal_time() -> None:
    items, percent = 20_000, 3.0

    factors = jittered(percent, 5, "plain", Shot().for_batch(items))

    logs, sigma = torch.log(factors), percent / 100
    limit = z_threshold(2)
    assert abs(float(logs.mean())) < limit * sigma / math.sqrt(items)
    assert abs(float(logs.var()) - sigma**2) < limit * normal_variance_error(sigma, items)


def test_without_jitter_the_shutter_is_exact() -> None:
    assert jittered(0.0, 5, "plain", Shot().for_batch(3)).tolist() == [1.0, 1.0, 1.0]


def test_starts_follow_each_other_in_a_period() -> None:
    base = replace(shot(2), exposure_time_s=torch.tensor([0.5, 0.25]))

    starts, period = evenly(base, [1.0, 4.0], None)
    fixed, given = evenly(base, [1.0, 4.0], 3.0)

    assert starts.tolist() == [[0.0, 0.0], [2.0, 1.0]]
    assert period.tolist() == [2.0, 1.0]
    assert (fixed.tolist(), given.tolist()) == ([[0.0, 0.0], [3.0, 3.0]], [3.0, 3.0])


def test_a_period_shorter_than_an_exposure_is_refused() -> None:
    with pytest.raises(FrameError, match=r"0\.02 s is shorter .*, 0\.04 s"):
        evenly(shot(), [1.0, 4.0], 0.02)


def test_a_scene_needs_a_shot_and_electrons_have_their_own() -> None:
    with pytest.raises(FrameError, match="a SCENE needs a shot"):
        base_shot(SCENE, None)
    with pytest.raises(FrameError, match="has its own: pass None"):
        base_shot(flat(1.0, 2, 2), shot())
    with pytest.raises(DomainError, match="the frame is RAW"):
        base_shot(replace(flat(1.0, 2, 2), domain=Domain.RAW), None)
    with pytest.raises(FrameError, match="exposure_time_s is not known"):
        base_shot(SCENE, Shot.single(iso=100))


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(DomainError, match="things move in SCENE light"):
        run(flat(1.0, 2, 2), [1.0], motion=Motion(shake=HandShake(shift_px=1.0)))
    with pytest.raises(FrameError, match="a SCENE is exposed as a whole"):
        run(SCENE, [1.0], origin=(2, 0))
    with pytest.raises(FrameError, match="positive numbers"):
        run(SCENE, [1.0, 0.0])
    with pytest.raises(FrameError, match="at least 1"):
        Motion(blur_samples=0)
