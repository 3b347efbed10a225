"""Shading dims each colour by its own polynomial of the distance from the axis."""

import pytest
import torch
from hypothesis import given

from isp.core.cfa import Cfa
from simulate.shading import shade
from tests.strategies import corners, patterns

COEFFICIENTS = {"R": (-0.3,), "G": (-0.2, 0.05), "B": (-0.1, 0.0, 0.02)}
ONES = torch.ones(1, 1, 6, 8, dtype=torch.float64)  # half diagonal 5 photosites


def test_the_gain_is_the_polynomial_of_the_photosite_s_own_colour() -> None:
    """Photosite (0, 0) is 2.5 up and 3.5 left: r^2 = 18.5 / 25 = 0.74, red in RGGB."""
    shaded = shade(ONES, COEFFICIENTS, Cfa.RGGB, (6, 8))[0, 0]

    assert float(shaded[0, 0]) == pytest.approx(1 - 0.3 * 0.74, rel=1e-12)
    # (0, 7): as far, green. (5, 7): as far, blue. (3, 4): r^2 = 0.5 / 25 = 0.02, green? row 3 odd.
    assert float(shaded[0, 7]) == pytest.approx(1 - 0.2 * 0.74 + 0.05 * 0.74**2, rel=1e-12)
    assert float(shaded[5, 7]) == pytest.approx(1 - 0.1 * 0.74 + 0.02 * 0.74**3, rel=1e-12)
    assert float(shaded[2, 4]) == pytest.approx(1 - 0.3 * 0.02, rel=1e-12)


def test_corners_change_colour() -> None:
    shaded = shade(ONES, COEFFICIENTS, Cfa.RGGB, (6, 8))[0, 0]

    assert float(shaded[0, 0] / shaded[5, 7]) < 0.9
    assert float(shaded[2, 4] / shaded[3, 3]) == pytest.approx(1, abs=0.01)


@given(cfa=patterns, corner=corners)
def test_a_tile_is_the_crop(cfa: Cfa, corner: tuple[int, int]) -> None:
    whole = torch.rand(2, 1, 22, 23, generator=torch.Generator().manual_seed(1)).double()
    own = {c: (-0.1 * (i + 1), 0.02) for i, c in enumerate(cfa.channels)}
    y, x = corner

    tile = shade(whole[..., y : y + 7, x : x + 5], own, cfa, (22, 23), origin=corner)

    all_at_once = shade(whole, own, cfa, (22, 23))
    assert torch.equal(tile, all_at_once[..., y : y + 7, x : x + 5])


def test_the_axis_may_lie_beside_the_middle() -> None:
    shaded = shade(ONES, {"Y": (-0.5,)}, Cfa.MONO, (6, 8), centre=(0.5 / 6, 7.5 / 8))

    assert float(shaded[0, 0, 0, 7]) == pytest.approx(1, rel=1e-12)
    assert float(shaded[0, 0, 3, 3]) == pytest.approx(1 - 0.5 * (9 + 16) / 25, rel=1e-12)


def test_shading_leaves_no_less_than_no_light() -> None:
    shaded = shade(ONES, {"Y": (-1.0,)}, Cfa.MONO, (6, 8), centre=(0.0, 0.0))

    assert float(shaded.min()) == 0
    assert float(shaded[0, 0, 0, 0]) == pytest.approx(1 - 0.5 / 25)


def test_a_colour_without_coefficients_stays_and_the_dtype_follows() -> None:
    light = torch.full((1, 1, 4, 4), 3.0)

    shaded = shade(light, {"R": (-0.5,)}, Cfa.RGGB, (4, 4))

    assert shaded.dtype == torch.float32
    assert float(shaded[0, 0, 1, 1]) == 3
    assert float(shaded[0, 0, 0, 0]) < 3
    assert shade(light, {}, Cfa.RGGB, (4, 4)) is light
