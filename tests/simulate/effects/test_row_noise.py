"""Row noise: one deviation for a whole row, whatever the tile."""

import math

import torch

from isp.core.rng import Draws, Effect
from simulate.effects.row_noise import row_noise
from tests.statistics import normal_variance_error, periodogram, periodogram_limit

SIGMAS = torch.tensor([0.5, 2.0])


def rows(height: int, origin: tuple[int, int] = (0, 0), **change: object) -> torch.Tensor:
    values = {"seed": 1, "effect": Effect.ROW, "item": torch.tensor([0, 1]), "origin": origin}
    return row_noise(height, SIGMAS, Draws(**(values | change)))  # type: ignore[arg-type]


def test_there_is_one_deviation_for_each_row_of_each_image() -> None:
    noise = rows(50)

    assert noise.shape == (2, 1, 50, 1)
    assert len(noise[0].unique()) == 50


def test_each_image_has_its_own_standard_deviation() -> None:
    height = 65_536

    for image, sigma in zip(rows(height), SIGMAS.double().tolist(), strict=True):
        assert abs(float(image.mean())) < 4 * sigma / math.sqrt(height)
        assert abs(float(image.var()) - sigma**2) < 4 * normal_variance_error(sigma, height)


def test_a_tile_has_the_rows_of_its_place() -> None:
    assert torch.equal(rows(13, (7, 21)), rows(40)[..., 7:20, :])


def test_the_next_frame_has_other_rows() -> None:
    difference = (rows(65_536, frame=torch.tensor([1, 1])) - rows(65_536))[1]

    assert abs(float(difference.var()) - 8) < 4 * normal_variance_error(8**0.5, 65_536)


def test_rows_have_no_period() -> None:
    power = periodogram(rows(32_768).reshape(2, -1))

    assert float(power.max()) < periodogram_limit(power.numel())


def test_no_row_noise_is_none() -> None:
    draws = Draws(seed=1, effect=Effect.ROW)

    assert float(row_noise(4, torch.zeros(2), draws).abs().max()) == 0
