"""The gradient of a capture: the gain, through the mean of what is drawn."""

import math

import pytest
import torch

from isp.core.rng import Draws, Effect, normal
from simulate.sensor import Sensor
from tests.simulate.bench_camera import (
    GAIN,
    exposed,
    flat,
    ideal,
    profile,
)


def test_the_gradient_of_a_capture_is_the_gain_through_the_mean() -> None:
    light = torch.linspace(50, 3000, 120).reshape(1, 1, 10, 12).requires_grad_()

    dn = Sensor(ideal(readings=profile().readings)).capture(exposed(light), seed=1).data
    weight = torch.arange(120.0).reshape(1, 1, 10, 12)
    (dn * weight).sum().backward()

    assert torch.equal(light.grad, GAIN * weight)


def test_the_gradient_carries_prnu_and_stops_at_saturation() -> None:
    light = torch.tensor([1000.0, 1e5]).reshape(1, 1, 1, 2).requires_grad_()

    Sensor(profile()).capture(exposed(light), seed=1).data.sum().backward()

    gain_map = 1 + 0.01 * normal(Draws.fixed(0, Effect.PRNU, "bench").words(1, 2))
    # float32 rounds the rate once on the way.
    assert float(light.grad[0, 0, 0, 0]) == pytest.approx(GAIN * float(gain_map[..., 0]), rel=1e-6)
    assert float(light.grad[0, 0, 0, 1]) == 0


def test_the_gradient_is_that_of_the_mean_of_captures() -> None:
    """Finite differences of the mean over 40 000 photosites, common draws: 10 e- more light."""
    sensor = Sensor(ideal(readings=profile().readings))
    low = sensor.capture(flat(500.0, 200, 200), seed=1).data.double().mean()
    high = sensor.capture(flat(510.0, 200, 200), seed=1).data.double().mean()

    # Even if the two shared nothing, the error would be K sqrt(2 * 519 / n).
    assert abs(float(high - low) / 10 - GAIN) < 4 * GAIN * math.sqrt(2 * 519 / 40_000) / 10
