"""Read noise: every photosite of every frame, Gaussian, of the image's own size."""

import math

import torch
from scipy import stats

from isp.core.rng import Draws, Effect
from simulate.effects.read_noise import read_noise
from tests.statistics import ks_uniform_p, normal_variance_error

SIGMAS = torch.tensor([0.7, 3.0])


def draws(**change: object) -> Draws:
    return Draws(**({"seed": 1, "effect": Effect.READ, "item": torch.tensor([0, 1])} | change))  # type: ignore[arg-type]


def noise(**change: object) -> torch.Tensor:
    return read_noise(torch.zeros(2, 1, 600, 500, dtype=torch.float64), SIGMAS, draws(**change))


def test_each_image_has_its_own_standard_deviation() -> None:
    drawn = noise()
    n = drawn[0].numel()

    for image, sigma in zip(drawn, SIGMAS.double().tolist(), strict=True):
        assert abs(float(image.mean())) < 4 * sigma / math.sqrt(n)
        assert abs(float(image.var()) - sigma**2) < 4 * normal_variance_error(sigma, n)


def test_the_law_is_normal() -> None:
    scaled = (noise()[1] / 3).flatten().numpy()

    assert ks_uniform_p(stats.norm.cdf(scaled)) > 1e-3


def test_it_is_added_whatever_the_signal_is() -> None:
    signal = torch.linspace(0, 1000, 600 * 500, dtype=torch.float64).reshape(1, 1, 600, 500)
    lit = read_noise(signal.expand(2, 1, 600, 500), SIGMAS, draws())

    torch.testing.assert_close(lit - signal, noise(), atol=1e-12, rtol=0)


def test_every_frame_and_every_seed_draws_anew() -> None:
    first = noise()

    for change in ({"seed": 2}, {"frame": torch.tensor([1, 1])}):
        difference = (noise(**change) - first)[1]
        assert abs(float(difference.var()) - 18) < 4 * normal_variance_error(18**0.5, 300_000)


def test_no_read_noise_adds_nothing() -> None:
    signal = torch.full((2, 1, 3, 3), 7.0, dtype=torch.float64)

    assert torch.equal(read_noise(signal, torch.zeros(2), draws()), signal)
