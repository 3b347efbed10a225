"""Crosstalk moves light and charge to neighbours, by the colour they were aimed at."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.poisson import poisson
from isp.core.rng import Draws, Effect
from simulate.crosstalk import electrical_crosstalk, optical_crosstalk
from tests.statistics import z_threshold
from tests.strategies import PATTERNS, corners, patterns

RED = (0.01, 0.02, 0.03, 0.04, 0.7, 0.05, 0.06, 0.07, 0.02)  # sums to 1, and has no symmetry
GREEN = (0.0, 0.03, 0.0, 0.02, 0.9, 0.01, 0.0, 0.04, 0.0)
BLUE = (0.0, 0.0, 0.0, 0.1, 0.8, 0.0, 0.0, 0.0, 0.0)  # sums to 0.9: a tenth is lost
KERNELS = {"R": RED, "G": GREEN, "B": BLUE, "Y": RED, "W": BLUE, "C": GREEN}


def own(cfa: Cfa) -> dict[str, tuple[float, ...]]:
    return {channel: KERNELS[channel] for channel in cfa.channels}


def light(height: int, width: int, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 1, height, width, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize(
    ("row", "column", "kernel"), [(2, 2, RED), (2, 3, GREEN), (3, 2, GREEN), (3, 3, BLUE)]
)
def test_what_is_aimed_at_a_colour_lands_with_that_colour_s_weights(
    row: int, column: int, kernel: tuple[float, ...]
) -> None:
    aimed = torch.zeros(1, 1, 6, 6, dtype=torch.float64)
    aimed[..., row, column] = 100

    landed = optical_crosstalk(aimed, KERNELS, Cfa.RGGB)

    around = landed[0, 0, row - 1 : row + 2, column - 1 : column + 2].flatten()
    assert around.tolist() == pytest.approx([100 * w for w in kernel])
    assert float(landed.sum()) == pytest.approx(100 * sum(kernel))


@pytest.mark.parametrize("cfa", PATTERNS, ids=lambda c: c.name)
def test_no_light_is_made_and_what_a_kernel_lacks_is_lost(cfa: Cfa) -> None:
    """Nothing near the edges: what lands is what was aimed, each colour times its kernel's sum."""
    margin = max(cfa.period) + 1
    height, width = 2 * cfa.period[0] + 2 * margin + 1, 2 * cfa.period[1] + 2 * margin
    aimed = torch.zeros(1, 1, height, width, dtype=torch.float64)
    inside = slice(margin, -margin)
    aimed[..., inside, inside] = light(height, width)[..., inside, inside]

    kernels = own(cfa)
    sums = torch.tensor([[sum(kernels[c]) for c in cfa.channels]], dtype=torch.float64)
    kept = float((aimed * cfa.spread(sums, height, width)).sum())
    assert float(optical_crosstalk(aimed, kernels, cfa).sum()) == pytest.approx(kept, rel=1e-12)


@pytest.mark.parametrize("cfa", PATTERNS, ids=lambda c: c.name)
def test_a_flat_field_of_each_colour_stays_the_same_up_to_the_edges(cfa: Cfa) -> None:
    """The mosaic goes on in its own colours: sites of one place in the period are alike."""
    rows, columns = cfa.period
    values = torch.arange(1, len(cfa.channels) + 1, dtype=torch.float64).unsqueeze(0)
    aimed = cfa.spread(values, 3 * rows, 3 * columns)

    landed = optical_crosstalk(aimed, own(cfa), cfa)

    middle = landed[..., rows : 2 * rows, columns : 2 * columns]
    torch.testing.assert_close(landed, middle.repeat(1, 1, 3, 3), rtol=1e-13, atol=0)


@given(cfa=patterns, corner=corners)
def test_a_tile_with_a_halo_of_one_is_the_crop(cfa: Cfa, corner: tuple[int, int]) -> None:
    """For every shift of the pattern: the tile's first photosite may have any colour."""
    whole = light(24, 26)
    y, x = corner[0] + 1, corner[1] + 1

    tile = optical_crosstalk(
        whole[..., y - 1 : y + 9, x - 1 : x + 8], own(cfa), cfa, origin=(y - 1, x - 1)
    )

    all_at_once = optical_crosstalk(whole, own(cfa), cfa)
    assert torch.equal(tile[..., 1:-1, 1:-1], all_at_once[..., y : y + 8, x : x + 7])


@given(shift=st.tuples(st.integers(0, 5), st.integers(0, 5)), cfa=patterns)
def test_a_shifted_pattern_is_the_pattern_seen_from_there(shift: tuple[int, int], cfa: Cfa) -> None:
    aimed = light(13, 14)

    torch.testing.assert_close(
        optical_crosstalk(aimed, own(cfa), cfa, origin=shift),
        optical_crosstalk(aimed, own(cfa), cfa.crop(*shift)),
        rtol=0,
        atol=0,
    )


def test_a_colour_without_a_kernel_keeps_its_light() -> None:
    aimed = torch.zeros(1, 1, 4, 4)
    aimed[..., 0, 0], aimed[..., 2, 3] = 5.0, 7.0  # red, green

    landed = optical_crosstalk(aimed, {"B": BLUE}, Cfa.RGGB)

    assert torch.equal(landed, aimed)
    assert optical_crosstalk(aimed, {}, Cfa.RGGB) is aimed


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_dtype_follows_the_input(dtype: torch.dtype) -> None:
    assert optical_crosstalk(light(4, 4).to(dtype), KERNELS, Cfa.RGGB).dtype == dtype
    assert electrical_crosstalk(light(4, 4).to(dtype), KERNELS, Cfa.RGGB).dtype == dtype


def test_images_of_a_batch_keep_apart() -> None:
    pair = torch.cat([light(6, 6, seed=1), light(6, 6, seed=2)])

    together = optical_crosstalk(pair, KERNELS, Cfa.GBRG)

    assert torch.equal(together[1:], optical_crosstalk(pair[1:], KERNELS, Cfa.GBRG))


def test_a_one_pixel_mosaic_keeps_its_own_scatter() -> None:
    """All neighbours are itself again."""
    one = torch.full((1, 1, 1, 1), 10.0, dtype=torch.float64)

    assert float(optical_crosstalk(one, {"Y": BLUE}, Cfa.MONO)) == pytest.approx(9)


def test_shared_electrons_correlate_and_shared_light_does_not() -> None:
    """Shared before the draw, light stays Poisson; after it, the electrons do not.

    Mean 60 by (0.1, 0.8, 0.1): variance 60 (0.64 + 2 0.01) and covariance 60 (2 0.8 0.1) with the
    next, where light shared before keeps 60 and 0.
    Standard error of a variance of n: sqrt((2 + excess) / n) of it, and of a covariance, with the
    correlation r between neighbours, less than sqrt((1 + 3 r^2) / n) of the variance.
    """
    rate, size = 60.0, 512
    kernel = {"Y": (0.0, 0.0, 0.0, 0.1, 0.8, 0.1, 0.0, 0.0, 0.0)}
    draws = Draws(seed=11, effect=Effect.SHOT, sensor="crosstalk")
    mean = torch.full((1, 1, size, size), rate, dtype=torch.float64)
    n = size * size / 3  # columns three apart share nothing, so at least these are independent

    electrons = poisson(mean, draws.words(size, size))
    shared = electrical_crosstalk(electrons, kernel, Cfa.MONO).double()[0, 0, :, 1:-1]
    apart = poisson(
        optical_crosstalk(mean, kernel, Cfa.MONO), draws.words(size, size)
    ).double()[0, 0, :, 1:-1]  # fmt: skip

    z = z_threshold(4)
    for signal, variance, covariance in (
        (shared, rate * (0.64 + 0.02), rate * 0.16), (apart, rate, 0.0)
    ):  # fmt: skip
        deviation = signal - signal.mean()
        r = covariance / variance
        seen = float((deviation**2).mean())
        beside = float((deviation[:, 1:] * deviation[:, :-1]).mean())
        assert abs(seen - variance) < z * variance * math.sqrt((2 + 1 / rate) / n)
        assert abs(beside - covariance) < z * variance * math.sqrt((1 + 3 * r**2) / n)
