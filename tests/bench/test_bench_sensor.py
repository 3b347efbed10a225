"""The sensor on a 12 MP frame, beside what people write with numpy and torch."""

import functools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.sensor import Reading, SensorProfile
from isp.core.shot import Shot
from isp.files.profile import load_profile
from simulate.sensor import Sensor

HEIGHT, WIDTH = 3000, 4000
BLACK_DN, READ_NOISE_E, LARGEST_DN = 64, 2.0, 4095
MEANS_E = (5.0, 50.0, 500.0)
SHOT = Shot.single(iso=100, exposure_time_s=0.01, f_number=2.8)
PLAIN = SensorProfile(
    name="bench",
    cfa=Cfa.RGGB,
    bit_depth=12,
    black_level_dn=(float(BLACK_DN),) * 4,
    white_level_dn=float(LARGEST_DN),
    readings=(Reading(iso=100, system_gain_dn_per_e=1.0, read_noise_e=READ_NOISE_E),),
)


@functools.cache
def scene_of(mean_e: float) -> Tensor:
    """Smooth light over six stops with the given mean, at most 2000 e-."""
    rows = torch.linspace(0, 3 * math.pi, HEIGHT)[:, None]
    columns = torch.linspace(0, 4 * math.pi, WIDTH)[None, :]
    light = torch.exp2(1.5 * (torch.sin(rows) + torch.cos(columns)))
    return (light * (mean_e / light.mean())).clamp(max=2000)


def fullwell(expected: Tensor, seed: int = 1) -> Tensor:
    frame = Frame.start(expected[None, None], Domain.EXPECTED, shot=SHOT, profile=PLAIN)
    return Sensor(PLAIN).capture(frame, seed).data[0, 0]


def numpy_pcg64(expected: Tensor, seed: int = 1) -> np.ndarray:
    rng = np.random.Generator(np.random.PCG64(seed))
    electrons = rng.poisson(expected.numpy())
    level = BLACK_DN + electrons + rng.normal(0, READ_NOISE_E, electrons.shape)
    return np.clip(np.rint(level), 0, LARGEST_DN).astype(np.uint16)


def torch_poisson(expected: Tensor, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    electrons = torch.poisson(expected, generator=generator)
    noise = torch.randn(expected.shape, generator=generator)
    return torch.round(BLACK_DN + electrons + READ_NOISE_E * noise).clamp(0, LARGEST_DN)


def check_flat(capture: Callable[[Tensor], Tensor | np.ndarray], mean_e: float) -> None:
    """Mean and variance of a flat field are those of Poisson, read noise and rounding."""
    n = 1_000_000
    dn = np.asarray(capture(torch.full((1000, 1000), mean_e)), dtype=np.float64)
    variance = mean_e + READ_NOISE_E**2 + 1 / 12
    assert abs(dn.mean() - BLACK_DN - mean_e) < 5 * math.sqrt(variance / n)
    assert abs(dn.var() - variance) < 5 * math.sqrt((variance + 2 * variance**2) / n)


@pytest.mark.parametrize("mean_e", MEANS_E)
@pytest.mark.parametrize(
    ("name", "capture"),
    [
        ("fullwell Sensor.capture", fullwell),
        ("numpy PCG64 poisson + normal, float64", numpy_pcg64),
        ("torch.poisson + torch.randn, float32", torch_poisson),
    ],
    ids=["fullwell", "numpy", "torch"],
)
def test_shot_noise_read_noise_and_adc(measure, name: str, capture, mean_e: float) -> None:
    check_flat(capture, mean_e)
    scene = scene_of(mean_e)

    dn = measure(
        lambda: capture(scene),
        group=f"sensor, mean {mean_e:g} e-",
        name=name,
        ours=name.startswith("fullwell"),
    )

    mean = float(np.asarray(dn, dtype=np.float64).mean())
    assert mean - BLACK_DN == pytest.approx(float(scene.double().mean()), abs=0.1)


@pytest.mark.parametrize("camera", ["GenericPhone", "SonyA7S2"])
def test_every_noise_source_of_a_profile(measure, camera: str) -> None:
    profile = load_profile(camera)
    frame = Frame.start(scene_of(50.0)[None, None], Domain.EXPECTED, shot=SHOT, profile=profile)
    sensor = Sensor(profile)
    truth = sensor.expected_dn(frame).data.double().mean()

    captured = measure(
        lambda: sensor.capture(frame, seed=1),
        group="sensor, all noise of a profile, mean 50 e-",
        name=f"fullwell Sensor.capture, {camera}",
        ours=True,
    )

    assert captured.data.double().mean() == pytest.approx(float(truth), abs=0.1)
