"""Half-size chroma lies where its siting says: a ramp stays straight."""

import numpy as np
import pytest

from isp.files.chroma import SITINGS, enlarge, halve

# Offset of a chroma sample from its first luma sample, in luma samples: columns, rows (H.273).
OFFSETS = {"left": (0.0, 0.5), "center": (0.5, 0.5), "top_left": (0.0, 0.0)}


@pytest.mark.parametrize("siting", SITINGS)
def test_a_sample_has_the_value_of_a_ramp_where_it_lies(siting: str) -> None:
    rows, columns = np.mgrid[0:12, 0:16].astype(float)
    ramp = (3 * columns + 5 * rows)[..., None]

    halved = halve(ramp, siting)

    right, down = OFFSETS[siting]
    at = 3 * (2 * np.arange(8) + right)[None] + 5 * (2 * np.arange(6) + down)[:, None]
    np.testing.assert_allclose(halved[1:-1, 1:-1, 0], at[1:-1, 1:-1], atol=1e-12)


@pytest.mark.parametrize("siting", SITINGS)
def test_a_ramp_comes_back_straight_inside(siting: str) -> None:
    rows, columns = np.mgrid[0:12, 0:16].astype(float)
    ramp = (3 * columns + 5 * rows)[..., None]

    back = enlarge(halve(ramp, siting), siting, (12, 16))

    np.testing.assert_allclose(back[3:-3, 3:-3], ramp[3:-3, 3:-3], atol=1e-12)


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (2, 7)])
@pytest.mark.parametrize("siting", SITINGS)
def test_odd_sides_are_rounded_up_and_flat_colour_stays(siting: str, size: tuple[int, int]) -> None:
    flat = np.full((*size, 2), 0.3)

    halved = halve(flat, siting)

    assert halved.shape == ((size[0] + 1) // 2, (size[1] + 1) // 2, 2)
    np.testing.assert_allclose(enlarge(halved, siting, size), flat, atol=1e-15)
