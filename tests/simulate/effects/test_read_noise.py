"""Read noise: every photosite of every frame, Gaussian, of the image's own size."""

import math

import torch
from scipy import stats

from isp.core.readings import SensorNoise
from isp.core.rng import Draws, Effect
from simulate.effects.read_noise import either_read_noise, read_noise
from simulate.effects.tukey_lambda import tukey_lambda
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


# --- Gaussian or heavy-tailed ----------------------------------------------------------------


def chosen(scales: list[float], shapes: list[float]) -> torch.Tensor:
    reading = SensorNoise(
        system_gain_dn_per_e=torch.ones(2), read_noise_e=SIGMAS, row_noise_e=torch.zeros(2),
        tukey_lambda_shape=torch.tensor(shapes), tukey_lambda_scale_e=torch.tensor(scales),
    )  # fmt: skip
    return either_read_noise(torch.zeros(2, 1, 60, 50, dtype=torch.float64), reading, draws())


def test_an_image_without_a_scale_is_gaussian() -> None:
    dark = torch.zeros(2, 1, 60, 50, dtype=torch.float64)
    gaussian = read_noise(dark, SIGMAS, draws())

    assert torch.equal(chosen([0.0], [0.0]), gaussian)
    assert torch.equal(chosen([0.0, 0.0], [-0.1, 0.3]), gaussian)


def test_an_image_with_a_scale_is_heavy_tailed_whatever_its_read_noise() -> None:
    dark = torch.zeros(2, 1, 60, 50, dtype=torch.float64)
    shapes, scales = torch.tensor([-0.2, 0.1]), torch.tensor([2.0, 0.5])

    tailed = tukey_lambda(dark, shapes, scales, draws())

    assert torch.equal(chosen(scales.tolist(), shapes.tolist()), tailed)


def test_one_batch_may_hold_both() -> None:
    mixed = chosen([0.0, 0.5], [0.0, -0.2])

    assert torch.equal(mixed[0], chosen([0.0], [0.0])[0])
    assert torch.equal(mixed[1], chosen([1.0, 0.5], [-0.2, -0.2])[1])


def test_both_laws_take_the_same_words() -> None:
    """So the order of the photosites by their noise is the same."""
    gaussian, tailed = chosen([0.0], [0.0]), chosen([1.0, 1.0], [-0.1, 0.4])

    assert torch.equal(gaussian.flatten(1).argsort(), tailed.flatten(1).argsort())
