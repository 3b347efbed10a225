"""Dead pixels: how many there are, and that they belong to the body."""

import pytest
import torch

from isp.core.rng import Draws, Effect
from simulate.effects.dead_pixels import alive
from tests.statistics import NOISE_LIMIT, deviation, lagged_correlation, share_error


def lives(
    fraction: float, height: int = 1000, width: int = 800, body: int = 1,
    origin: tuple[int, int] = (0, 0),
) -> torch.Tensor:  # fmt: skip
    draws = Draws.fixed(body, Effect.DEAD_PIXEL, "a", origin)
    return alive(fraction, height, width, draws, torch.device("cpu"))


@pytest.mark.parametrize("fraction", [0.0005, 0.02, 0.9])
def test_their_share_is_binomial(fraction: float) -> None:
    sites = lives(fraction)
    dead = float((sites == 0).double().mean())

    assert set(sites.unique().tolist()) == {0.0, 1.0}
    assert abs(deviation(dead, fraction, share_error(fraction, sites.numel()))) < NOISE_LIMIT


def test_no_share_leaves_all_alive_and_the_whole_share_none() -> None:
    assert float(lives(0.0, 50, 50).min()) == 1
    assert float(lives(1.0, 50, 50).max()) == 0


def test_they_do_not_come_in_lines() -> None:
    for down, right in ((0, 1), (1, 0), (1, 1)):
        r, n = lagged_correlation(lives(0.02), down, right)
        assert abs(r) < NOISE_LIMIT / n**0.5


def test_a_tile_has_those_of_its_place_and_another_body_has_others() -> None:
    whole = lives(0.3, 40, 50)

    assert torch.equal(lives(0.3, 13, 17, origin=(7, 21)), whole[..., 7:20, 21:38])
    assert not torch.equal(lives(0.3, 40, 50, body=2), whole)
