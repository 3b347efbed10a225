"""Root polynomials are the paper's terms, and scale with exposure."""

import numpy as np
import pytest

from isp.core.errors import UsageError
from isp.core.root_polynomial import degree_with, expand, terms_of


def test_the_terms_of_8_27_1_are_those_worked_out_by_hand() -> None:
    # Cube roots 2, 3, 1; square roots of products: sqrt 216, sqrt 27, sqrt 8.
    expected = [8, 27, 1, 216**0.5, 27**0.5, 8**0.5, 18, 3, 2, 12, 9, 4, 6]

    np.testing.assert_allclose(expand([8.0, 27.0, 1.0], 3), expected, rtol=1e-12)
    np.testing.assert_allclose(expand([8.0, 27.0, 1.0], 2), expected[:6], rtol=1e-12)
    assert expand([8.0, 27.0, 1.0], 1).tolist() == [8, 27, 1]


@pytest.mark.parametrize("degree", [2, 3])
def test_they_are_colour_sciences_in_some_order(degree: int) -> None:
    import colour

    rgb = np.random.default_rng(1).uniform(0.01, 1, (20, 3))
    theirs = colour.characterisation.polynomial_expansion_Finlayson2015(rgb, degree, True)

    assert expand(rgb, degree).shape == theirs.shape
    np.testing.assert_allclose(np.sort(expand(rgb, degree)), np.sort(theirs), rtol=1e-9)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_they_scale_with_exposure_and_are_1_at_white(degree: int) -> None:
    rgb = np.random.default_rng(2).uniform(-0.1, 1, (50, 3))

    np.testing.assert_allclose(expand(5 * rgb, degree), 5 * expand(rgb, degree), rtol=1e-12)
    assert expand(np.ones(3), degree).tolist() == [1.0] * len(terms_of(degree))


def test_below_black_there_is_no_root() -> None:
    assert expand([-0.25, 1.0, 4.0], 2).tolist() == [-0.25, 1, 4, 0, 2, 0]


def test_other_degrees_are_refused() -> None:
    assert [degree_with(len(terms_of(d))) for d in (1, 2, 3)] == [1, 2, 3]
    with pytest.raises(UsageError, match="degree 1, 2 or 3, not 4"):
        terms_of(4)
    with pytest.raises(UsageError, match="3, 6 or 13 terms, not 22"):
        degree_with(22)
