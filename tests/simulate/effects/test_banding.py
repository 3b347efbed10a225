"""Banding: a sine down the rows with a phase of its own in each frame."""

import math

import pytest
import torch

from isp.core.rng import Draws, Effect
from simulate.effects.banding import banding
from tests.statistics import NOISE_P, ks_uniform_p, periodogram

ONE = torch.tensor([3.0])


def bands(
    height: int, amplitude: torch.Tensor = ONE, frequency: float = 0.01,
    origin: tuple[int, int] = (0, 0), **change: object,
) -> torch.Tensor:  # fmt: skip
    draws = Draws(**({"seed": 1, "effect": Effect.BANDING, "origin": origin} | change))  # type: ignore[arg-type]
    return banding(height, amplitude, frequency, draws)


@pytest.mark.parametrize("frequency", [1 / 512, 0.01, 0.2173, 0.49])
def test_it_is_a_sine_of_the_given_frequency_and_amplitude(frequency: float) -> None:
    """Its first two rows give phase and amplitude; all others follow."""
    wave = bands(512, frequency=frequency).flatten()
    step = 2 * math.pi * frequency

    first, second = wave[:2].tolist()
    other = (second - first * math.cos(step)) / math.sin(step)
    angle = step * torch.arange(512, dtype=torch.float64)

    assert math.hypot(first, other) == pytest.approx(3.0, rel=1e-9)
    wanted = first * angle.cos() + other * angle.sin()
    assert float((wave - wanted).abs().max()) < 1e-8


def test_its_power_lies_at_one_frequency() -> None:
    """16 cycles in 512 rows: all of the mean power of 255 bins is in bin 16."""
    power = periodogram(bands(512, frequency=16 / 512).reshape(1, -1))[0]

    assert float(power[15]) == pytest.approx(255, rel=1e-9)


def test_the_phase_is_drawn_anew_in_each_frame_and_is_uniform() -> None:
    """At a quarter of a cycle per row two rows are sine and cosine of the phase."""
    frames = 20_000
    pair = bands(2, frequency=0.25, frame=torch.arange(frames)).reshape(frames, 2)

    cycles = torch.atan2(pair[:, 0], pair[:, 1]) / (2 * math.pi) % 1

    assert ks_uniform_p(cycles.numpy()) > NOISE_P
    assert len(cycles.unique()) > frames - 5


def test_items_and_seeds_have_their_own_phase() -> None:
    first = bands(2)

    for change in ({"item": torch.tensor([1])}, {"seed": 2}, {"sensor": "b"}):
        assert not torch.equal(bands(2, **change), first)  # type: ignore[arg-type]


def test_each_image_has_its_own_amplitude() -> None:
    amplitudes = torch.tensor([0.0, 1.0, 4.0])

    wave = bands(100, amplitudes, item=torch.zeros(1).long())

    assert float(wave[0].abs().max()) == 0
    torch.testing.assert_close(wave[2], 4 * wave[1], rtol=1e-14, atol=0)


def test_a_tile_has_the_phase_of_its_place() -> None:
    tile = bands(13, origin=(7, 21))

    assert tile.shape == (1, 1, 13, 1)
    assert torch.equal(tile, bands(40)[..., 7:20, :])
