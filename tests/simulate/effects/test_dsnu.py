"""DSNU: each photosite's own offset, belonging to the body."""

import math

import torch

from isp.core.rng import Draws, Effect
from simulate.effects.dsnu import dsnu
from tests.statistics import normal_variance_error


def draws(body: int = 1, sensor: str = "a", origin: tuple[int, int] = (0, 0)) -> Draws:
    return Draws.fixed(body, Effect.DSNU, sensor, origin)


def dark(height: int = 600, width: int = 500, batch: int = 1) -> torch.Tensor:
    return torch.zeros(batch, 1, height, width, dtype=torch.float64)


def test_offsets_have_mean_zero_and_the_given_spread() -> None:
    offsets = dsnu(dark(), 1.5, draws())
    n = offsets.numel()

    assert abs(float(offsets.mean())) < 4 * 1.5 / math.sqrt(n)
    assert abs(float(offsets.var()) - 1.5**2) < 4 * normal_variance_error(1.5, n)


def test_the_offset_does_not_depend_on_the_light() -> None:
    offsets = dsnu(dark(), 1.5, draws())

    torch.testing.assert_close(
        dsnu(dark() + 4096, 1.5, draws()) - 4096, offsets, atol=1e-12, rtol=0
    )


def test_a_spread_of_zero_changes_nothing() -> None:
    electrons = dark()

    assert dsnu(electrons, 0.0, draws()) is electrons


def test_every_image_of_a_body_has_the_same_pattern_and_other_bodies_another() -> None:
    batch = dsnu(dark(batch=2), 1.0, draws())

    assert torch.equal(batch[0], batch[1])
    for other in (draws(body=2), draws(sensor="b")):
        difference = dsnu(dark(), 1.0, other) - batch[:1]
        # Two independent maps: their difference has twice the variance.
        assert abs(float(difference.var()) - 2) < 4 * normal_variance_error(2**0.5, 300_000)


def test_a_tile_has_the_pattern_of_its_place() -> None:
    whole = dsnu(dark(40, 50), 1.0, draws())

    assert torch.equal(dsnu(dark(13, 17), 1.0, draws(origin=(7, 21))), whole[..., 7:20, 21:38])


def test_the_input_is_left_untouched() -> None:
    electrons = dark(4, 4)

    dsnu(electrons, 3.0, draws())

    assert float(electrons.abs().max()) == 0
