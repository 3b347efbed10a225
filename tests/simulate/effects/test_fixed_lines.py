"""Fixed lines: what the rows and columns of a body keep from frame to frame."""

import math
from collections.abc import Callable

import pytest
import torch

from isp.core.rng import Draws, Effect
from simulate.effects.fixed_lines import column_gain, column_offset, row_offset
from tests.statistics import (
    NOISE_LIMIT,
    correlation,
    deviation,
    normal_variance_error,
    periodogram,
    periodogram_limit,
)

CPU = torch.device("cpu")
MANY = 65_536
Line = Callable[[float, int, Draws, torch.device], torch.Tensor]
LINES = [
    pytest.param(column_offset, Effect.COLUMN_OFFSET, 0.0, 1.0, id="column offset"),
    pytest.param(row_offset, Effect.ROW_OFFSET, 0.0, 1.0, id="row offset"),
    pytest.param(column_gain, Effect.COLUMN_GAIN, 1.0, 0.01, id="column gain"),
]


def drawn(
    line: Line, effect: Effect, size: float, number: int, body: int = 1,
    origin: tuple[int, int] = (0, 0),
) -> torch.Tensor:  # fmt: skip
    return line(size, number, Draws.fixed(body, effect, "a", origin), CPU)


@pytest.mark.parametrize(("line", "effect", "centre", "unit"), LINES)
def test_lines_have_the_given_spread_about_their_centre(
    line: Line, effect: Effect, centre: float, unit: float
) -> None:
    """Offsets in electrons about 0, gains in percent about 1."""
    values = drawn(line, effect, 1.5, MANY)
    sigma = 1.5 * unit

    assert abs(deviation(values.mean(), centre, sigma / math.sqrt(MANY))) < NOISE_LIMIT
    error = normal_variance_error(sigma, MANY)
    assert abs(deviation(values.var(), sigma**2, error)) < NOISE_LIMIT


@pytest.mark.parametrize(("line", "effect", "centre", "unit"), LINES)
def test_lines_have_no_period(line: Line, effect: Effect, centre: float, unit: float) -> None:
    power = periodogram(drawn(line, effect, 1.0, MANY).reshape(1, -1))

    assert float(power.max()) < periodogram_limit(power.numel())


@pytest.mark.parametrize(("line", "effect", "centre", "unit"), LINES)
def test_lines_belong_to_the_body(line: Line, effect: Effect, centre: float, unit: float) -> None:
    mine, other = drawn(line, effect, 1.0, MANY), drawn(line, effect, 1.0, MANY, body=2)

    assert torch.equal(drawn(line, effect, 1.0, MANY), mine)
    assert abs(correlation(mine, other)) < NOISE_LIMIT / math.sqrt(MANY)


def test_a_tile_has_the_lines_of_its_place() -> None:
    for line, effect, first, axis in (
        (column_offset, Effect.COLUMN_OFFSET, 21, -1),
        (column_gain, Effect.COLUMN_GAIN, 21, -1),
        (row_offset, Effect.ROW_OFFSET, 7, -2),
    ):
        whole, tile = drawn(line, effect, 1.0, 60), drawn(line, effect, 1.0, 13, origin=(7, 21))
        assert torch.equal(tile, whole.narrow(axis, first, 13)), effect


def test_columns_run_along_the_width_and_rows_along_the_height() -> None:
    assert drawn(column_offset, Effect.COLUMN_OFFSET, 1.0, 5).shape == (1, 1, 1, 5)
    assert drawn(column_gain, Effect.COLUMN_GAIN, 1.0, 5).shape == (1, 1, 1, 5)
    assert drawn(row_offset, Effect.ROW_OFFSET, 1.0, 5).shape == (1, 1, 5, 1)
