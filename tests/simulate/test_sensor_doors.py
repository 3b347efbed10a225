"""What a sensor takes and refuses, what it writes down, and how it travels."""

import pickle
from dataclasses import replace

import pytest
import torch

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.profile import load_profile
from simulate.sensor import Sensor
from tests.simulate.bench_camera import (
    flat,
    profile,
    varied,
)


def test_a_frame_of_another_domain_is_refused() -> None:
    sensor = Sensor(profile())
    raw = Frame.start(torch.zeros(1, 1, 2, 2), Domain.RAW)

    for door in (lambda: sensor.capture(raw, 1), lambda: sensor.read_out(raw, 1),
                 lambda: sensor.expected_dn(raw)):  # fmt: skip
        with pytest.raises(DomainError, match="but got RAW"):
            door()


def test_a_frame_exposed_for_another_camera_is_refused() -> None:
    frame = replace(flat(1.0, 2, 2), profile=profile(name="other"))

    with pytest.raises(FrameError, match='exposed for "other", not "bench"'):
        Sensor(profile()).capture(frame, 1)


def test_what_the_shot_must_say_is_asked_for() -> None:
    light = torch.ones(1, 1, 2, 2)
    unknown = Frame.start(light, Domain.EXPECTED, shot=Shot.single(exposure_time_s=1.0))
    with pytest.raises(FrameError, match="iso"):
        Sensor(profile()).capture(unknown, 1)

    timeless = Frame.start(light, Domain.EXPECTED, shot=Shot.single(iso=100.0))
    with pytest.raises(FrameError, match="exposure_time_s"):
        Sensor(profile()).capture(timeless, 1)


def test_history_says_which_seed_and_body_it_was() -> None:
    captured = Sensor(profile()).capture(flat(1.0, 2, 2, body=4), seed=123)

    assert captured.history == (("collect", {"seed": 123, "body": 4}), ("read_out", {"seed": 123}))


def test_the_expected_frame_is_left_untouched() -> None:
    frame = varied(1, 20, 20)
    before = frame.data.clone()

    Sensor(profile()).capture(frame, 1)

    assert torch.equal(frame.data, before)
    assert frame.history == ()


def test_a_sensor_is_of_one_profile_and_travels_without_its_maps() -> None:
    sensor = Sensor(load_profile("GenericPhone"))
    sensor.pattern(0, (0, 0), (50, 60), torch.device("cpu"))

    with pytest.raises(AttributeError):
        sensor.profile = load_profile("NikonD850")  # type: ignore[misc]
    copy = pickle.loads(pickle.dumps(sensor))

    assert sensor._patterns
    assert not copy._patterns
    assert copy.profile == sensor.profile


def test_a_frozen_profile_does_not_change_with_the_mapping_it_was_made_of() -> None:
    shading = {"G": (-0.1,)}
    profile = load_profile("GenericPhone").with_fields(shading=shading)

    shading["G"] = (-0.9,)

    assert profile.shading == {"G": (-0.1,)}
