"""Column noise: one deviation for a whole column, whatever the tile, anew in each frame."""

import math

import torch

from isp.core.rng import Draws, Effect
from simulate.effects.column_noise import column_noise
from simulate.effects.row_noise import row_noise
from tests.statistics import (
    NOISE_LIMIT,
    correlation,
    deviation,
    normal_variance_error,
    periodogram,
    periodogram_limit,
)

SIGMAS = torch.tensor([0.5, 2.0])
WIDE = 65_536


def columns(width: int, origin: tuple[int, int] = (0, 0), **change: object) -> torch.Tensor:
    values = {"seed": 1, "effect": Effect.COLUMN, "item": torch.tensor([0, 1]), "origin": origin}
    return column_noise(width, SIGMAS, Draws(**(values | change)))  # type: ignore[arg-type]


def test_there_is_one_deviation_for_each_column_of_each_image() -> None:
    noise = columns(50)

    assert noise.shape == (2, 1, 1, 50)
    assert len(noise[0].unique()) == 50


def test_each_image_has_its_own_standard_deviation() -> None:
    for image, sigma in zip(columns(WIDE), SIGMAS.double().tolist(), strict=True):
        assert abs(deviation(image.mean(), 0.0, sigma / math.sqrt(WIDE))) < NOISE_LIMIT
        error = normal_variance_error(sigma, WIDE)
        assert abs(deviation(image.var(), sigma**2, error)) < NOISE_LIMIT


def test_a_tile_has_the_columns_of_its_place() -> None:
    assert torch.equal(columns(17, (7, 21)), columns(40)[..., 21:38])


def test_the_next_frame_has_other_columns() -> None:
    other = columns(WIDE, frame=torch.tensor([1, 1]))

    assert abs(correlation(columns(WIDE)[1], other[1])) < NOISE_LIMIT / math.sqrt(WIDE)


def test_columns_are_not_the_rows() -> None:
    draws = Draws(seed=1, effect=Effect.ROW, item=torch.tensor([0, 1]))
    rows = row_noise(WIDE, SIGMAS, draws)

    assert abs(correlation(columns(WIDE)[0], rows[0])) < NOISE_LIMIT / math.sqrt(WIDE)


def test_columns_have_no_period() -> None:
    power = periodogram(columns(32_768).reshape(2, -1))

    assert float(power.max()) < periodogram_limit(power.numel())


def test_no_column_noise_is_none() -> None:
    draws = Draws(seed=1, effect=Effect.COLUMN)

    assert float(column_noise(4, torch.zeros(2), draws).abs().max()) == 0
