"""DSNU: each photosite's own offset, belonging to the body."""

import math

import pytest
import torch

from isp.core.rng import Draws, Effect
from simulate.effects.dsnu import dsnu
from tests.statistics import (
    NOISE_LIMIT,
    Components,
    normal_variance_error,
    variance_components,
)

CPU = torch.device("cpu")


def offsets(
    dsnu_e: float = 1.0, height: int = 600, width: int = 500, share: float = 0.0, body: int = 1,
    sensor: str = "a", origin: tuple[int, int] = (0, 0),
) -> torch.Tensor:  # fmt: skip
    pixels = Draws.fixed(body, Effect.DSNU, sensor, origin)
    columns = Draws.fixed(body, Effect.DSNU_COLUMN, sensor, origin)
    return dsnu(dsnu_e, share, height, width, pixels, columns, CPU)


def test_offsets_have_mean_zero_and_the_given_spread() -> None:
    drawn = offsets(1.5)
    n = drawn.numel()

    assert abs(float(drawn.mean())) < 4 * 1.5 / math.sqrt(n)
    assert abs(float(drawn.var()) - 1.5**2) < 4 * normal_variance_error(1.5, n)
    assert float(drawn.std()) == pytest.approx(1.5, rel=0.02)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
def test_a_share_of_the_variance_runs_down_the_columns(share: float) -> None:
    height, width = 600, 1000
    truth = Components(row=0.0, column=share * 2.25, pixel=(1 - share) * 2.25)

    found = variance_components(offsets(1.5, height, width, share))

    assert float(found.deviations(truth, height, width).abs().max()) < NOISE_LIMIT


def test_the_pattern_grows_in_proportion_to_its_size() -> None:
    torch.testing.assert_close(offsets(4.5), 3 * offsets(1.5), rtol=1e-14, atol=0)


def test_a_spread_of_zero_is_no_pattern() -> None:
    assert float(offsets(0.0).abs().max()) == 0


def test_a_body_keeps_its_pattern_and_other_bodies_have_another() -> None:
    mine = offsets()

    assert torch.equal(offsets(), mine)
    for other in (offsets(body=2), offsets(sensor="b")):
        # Two independent maps: their difference has twice the variance.
        difference = float((other - mine).var())
        assert abs(difference - 2) < 4 * normal_variance_error(2**0.5, 300_000)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_tile_has_the_pattern_of_its_place(share: float) -> None:
    whole = offsets(1.0, 40, 50, share)

    assert torch.equal(offsets(1.0, 13, 17, share, origin=(7, 21)), whole[..., 7:20, 21:38])
