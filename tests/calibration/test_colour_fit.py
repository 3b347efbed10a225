"""Each way to fit gives the colours' own maker back, keeps white, and does what it is named for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.colour_checker import reference_xyz
from calibration.colour_fit import (
    METHODS,
    apply_fit,
    delta_e_d50,
    fit_colours,
    method_named,
)
from isp.core.colour import D50_XYZ
from isp.core.errors import CalibrationError, UsageError
from isp.core.root_polynomial import expand

# Balanced camera RGB to XYZ under D50; the rows sum to 0.9642, 1, 0.8249.
FORWARD = np.array([[0.6, 0.25, 0.1142], [0.25, 0.9, -0.15], [0.02, -0.1, 0.9049]])
WHITE_KEEPERS = [name for name, method in METHODS.items() if method.keeps_white]


def seen() -> np.ndarray:
    """The reference as a camera sees it whose forward matrix is FORWARD."""
    return reference_xyz() @ np.linalg.inv(FORWARD).T


def crooked(seed: int) -> np.ndarray:
    """The same with each patch's channels 5 % off: no matrix takes them to the reference."""
    return seen() * np.random.default_rng(seed).normal(1, 0.05, (24, 3))


@pytest.mark.parametrize("name", METHODS)
def test_a_camera_that_is_a_matrix_is_found_again_exactly(name: str) -> None:
    found = fit_colours(seen(), reference_xyz(), METHODS[name])

    wanted = np.zeros_like(found)
    wanted[:, :3] = FORWARD
    np.testing.assert_allclose(found, wanted, atol=1e-8)


@pytest.mark.parametrize("name", ["root-polynomial-2", "root-polynomial-3"])
def test_a_camera_that_is_a_root_polynomial_is_found_again(name: str) -> None:
    degree = METHODS[name].degree
    camera = np.abs(seen())
    terms = expand(camera, degree)
    made = np.random.default_rng(1).normal(0, 0.3, (3, terms.shape[1]))
    made[:, -1] += D50_XYZ - made.sum(axis=1)

    found = fit_colours(camera, terms @ made.T, METHODS[name])

    np.testing.assert_allclose(apply_fit(camera, found), terms @ made.T, atol=1e-9)
    if degree == 2:
        np.testing.assert_allclose(found, made, atol=1e-7)


@pytest.mark.parametrize("name", WHITE_KEEPERS)
def test_white_is_kept_exactly_even_where_that_fits_worse(name: str) -> None:
    found = fit_colours(crooked(2) * [0.9, 1.0, 1.1], reference_xyz(), METHODS[name])

    np.testing.assert_allclose(apply_fit(np.ones((1, 3)), found)[0], D50_XYZ, atol=1e-12)
    free = fit_colours(crooked(2) * [0.9, 1.0, 1.1], reference_xyz(), METHODS["least-squares"])
    assert np.abs(free.sum(axis=1) - D50_XYZ).max() > 1e-3


@given(seed=st.integers(0, 10_000))
def test_the_least_delta_e_is_never_more_than_that_of_least_squares(seed: int) -> None:
    camera, xyz = crooked(seed), reference_xyz()

    squares, least = (
        float((delta_e_d50(apply_fit(camera, fit_colours(camera, xyz, METHODS[name])), xyz) ** 2)
              .mean())
        for name in ("least-squares-white", "delta-e")
    )  # fmt: skip

    assert least <= squares


def test_no_small_turn_of_the_least_delta_e_lowers_it() -> None:
    camera, xyz = crooked(3), reference_xyz()
    found = fit_colours(camera, xyz, METHODS["delta-e"])

    def squares(matrix: np.ndarray) -> float:
        return float((delta_e_d50(camera @ matrix.T, xyz) ** 2).sum())

    nudged = [
        found + step * np.outer(np.eye(3)[row], turn)
        for row in range(3)
        for turn in ((1.0, -1.0, 0.0), (0.0, 1.0, -1.0))
        for step in (-1e-3, 1e-3)
    ]
    assert min(squares(matrix) for matrix in nudged) > squares(found)
    assert squares(fit_colours(camera, xyz, METHODS["least-squares-white"])) > 1.01 * squares(found)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("factor", [0.01, 7.0])
def test_every_fit_is_exposure_invariant(name: str, factor: float) -> None:
    camera = crooked(4)
    found = fit_colours(camera, reference_xyz(), METHODS[name])

    np.testing.assert_allclose(
        apply_fit(factor * camera, found), factor * apply_fit(camera, found), rtol=1e-9, atol=1e-12
    )


def test_more_terms_fit_at_least_as_well_in_squares() -> None:
    camera, xyz = crooked(5), reference_xyz()
    left = [
        float(((apply_fit(camera, fit_colours(camera, xyz, METHODS[name])) - xyz) ** 2).sum())
        for name in ("least-squares-white", "root-polynomial-2", "root-polynomial-3")
    ]

    assert left == sorted(left, reverse=True)
    free = fit_colours(camera, xyz, METHODS["least-squares"])
    assert float(((apply_fit(camera, free) - xyz) ** 2).sum()) < left[0]


def test_colours_that_do_not_settle_the_terms_are_refused() -> None:
    for name in METHODS:
        with pytest.raises(CalibrationError, match="do not settle"):
            fit_colours(np.ones((24, 3)), np.ones((24, 3)), METHODS[name])
    with pytest.raises(CalibrationError, match="11 colours do not settle 12 coefficients"):
        fit_colours(seen()[:11], reference_xyz()[:11], METHODS["root-polynomial-3"])
    with pytest.raises(UsageError, match="known: least-squares, "):
        method_named("best")


def test_root_polynomials_of_degree_2_are_those_of_colour_science() -> None:
    import colour

    camera, xyz = crooked(6), reference_xyz()
    theirs = colour.characterisation.matrix_colour_correction_Finlayson2015(
        camera, xyz, degree=2, root_polynomial_expansion=True
    )
    applied = colour.characterisation.polynomial_expansion_Finlayson2015(camera, 2, True) @ theirs.T
    # Theirs leaves white free, so compare in what both can say: least squares with white added
    # as a patch of great weight tends to ours.
    weight = 1e4
    with_white = np.vstack([camera, weight * np.ones(3)])
    near = colour.characterisation.matrix_colour_correction_Finlayson2015(
        with_white, np.vstack([xyz, weight * D50_XYZ]), degree=2, root_polynomial_expansion=True
    )
    expanded = colour.characterisation.polynomial_expansion_Finlayson2015(camera, 2, True)
    ours = apply_fit(camera, fit_colours(camera, xyz, METHODS["root-polynomial-2"]))

    np.testing.assert_allclose(ours, expanded @ near.T, atol=1e-5)
    assert float(((applied - xyz) ** 2).sum()) < float(((ours - xyz) ** 2).sum())
