"""The empirical model of response: sums of curves made monotone, and coefficients found again."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from isp.core.emor import Emor, monotone
from isp.core.errors import ProfileError
from isp.core.response import Response

N = 257
GRID = torch.linspace(0, 1, N, dtype=torch.float64)
WAVES = torch.stack([torch.sin(np.pi * k * GRID) for k in (1, 2, 3)])
WAVES[:, [0, -1]] = 0
MODEL = Emor(GRID, GRID.sqrt(), WAVES)
INVERSE = Emor(GRID, GRID**2, WAVES, inverse=True)
CODES = torch.arange(256, dtype=torch.float64) / 255


def max_min(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """The isotonic regression by its max-min formula (Barlow et al. 1972), cut to 0..1."""
    n = len(y)
    means = [[y[j : k + 1].mean() if k >= j else np.nan for k in range(n)] for j in range(n)]
    fitted = [max(min(means[j][k] for k in range(i, n)) for j in range(i + 1)) for i in range(n)]
    return np.clip(fitted, 0, 1)


@settings(deadline=None)  # the first call imports scipy
@given(inner=st.lists(st.floats(-1, 2), min_size=1, max_size=12))
def test_the_projection_is_the_nearest_rising_curve_with_pinned_ends(inner: list[float]) -> None:
    curve = torch.tensor([0.3, *inner, 0.4], dtype=torch.float64)

    projected = monotone(curve)

    assert projected[[0, -1]].tolist() == [0.0, 1.0]
    expected = torch.from_numpy(max_min(np.array(inner)))
    torch.testing.assert_close(projected[1:-1], expected, atol=1e-12, rtol=0)


def test_a_rising_curve_is_its_own_projection() -> None:
    torch.testing.assert_close(monotone(GRID.sqrt()), GRID.sqrt(), atol=0, rtol=0)
    assert monotone(torch.tensor([0.5, 0.5])).tolist() == [0.0, 1.0]


def test_a_least_step_is_kept_between_all_neighbours() -> None:
    projected = monotone(torch.tensor([0.0, 0.9, 0.1, 0.1, 2.0, 1.0]).double(), least_step=0.01)

    assert float(torch.diff(projected).min()) >= 0.01 - 1e-12
    assert projected[[0, -1]].tolist() == [0.0, 1.0]


@settings(deadline=None)
@given(coefficients=st.lists(st.floats(-20, 20), max_size=3), inverse=st.booleans())
def test_any_coefficients_make_a_response_whose_codes_survive(
    coefficients: list[float], inverse: bool
) -> None:
    response = (INVERSE if inverse else MODEL).response(coefficients)

    again = torch.round(255 * response.encode(response.decode(CODES)))

    assert again.tolist() == list(range(256))
    exposure = torch.linspace(0, 1, 1001, dtype=torch.float64)
    assert bool((torch.diff(response.encode(exposure)) >= 0).all())


def test_a_bend_downwards_becomes_a_flat_part_that_is_named() -> None:
    response = MODEL.response([0.0, 0.5])

    ((_, code, darkest, brightest),) = response.flat_parts()

    # sqrt(x) + sin(2 pi x) / 2 peaks at 1.03 near 0.29 and dips to 0.355 near 0.72.
    assert 0 < darkest < 0.29 < 0.72 < brightest < 1
    assert 0.355 < code < 1


def test_few_coefficients_leave_the_rest_at_zero() -> None:
    assert torch.equal(MODEL.response([0.05]).curve, MODEL.response([0.05, 0.0, 0.0]).curve)
    assert MODEL.response([]).name == "EMoR mean"
    assert INVERSE.response([0.05]).name == "inverse EMoR 0.05"
    torch.testing.assert_close(MODEL.response([]).curve, GRID.sqrt(), atol=0, rtol=0)


def test_an_inverse_model_is_the_inverse_of_the_curve_it_makes() -> None:
    response = INVERSE.response([0.05, -0.02])

    exposure = GRID**2 + 0.05 * WAVES[0] - 0.02 * WAVES[1]
    assert float(torch.diff(exposure).min()) > 0
    torch.testing.assert_close(response.decode(GRID), exposure, atol=1e-12, rtol=0)
    torch.testing.assert_close(response.encode(exposure), GRID, atol=1e-12, rtol=0)


@pytest.mark.parametrize("model", [MODEL, INVERSE], ids=["codes", "exposures"])
def test_the_fit_finds_the_coefficients_that_made_a_curve(model: Emor) -> None:
    made = model.response([0.04, -0.01, -0.005])

    fit = model.fit(made, terms=3)

    assert fit.coefficients == pytest.approx((0.04, -0.01, -0.005), abs=1e-9)
    assert fit.largest_error < 1e-9


def test_the_fit_reports_what_it_leaves() -> None:
    """Without the second wave, orthogonal to the first on this grid, 0.03 sin(2 pi x) is left."""
    made = MODEL.response([0.04, 0.03])

    fit = MODEL.fit(made, terms=1)

    assert fit.coefficients == pytest.approx((0.04,), abs=1e-9)
    assert fit.largest_error == pytest.approx(0.03, abs=1e-5)
    assert fit.rms_error == pytest.approx(0.03 / 2**0.5, rel=0.005)


def test_what_the_model_cannot_do_is_refused() -> None:
    with pytest.raises(ProfileError, match="3 basis curves, but 4 coefficients"):
        MODEL.response([0.0] * 4)
    with pytest.raises(ProfileError, match="finite numbers"):
        MODEL.response([float("nan")])
    with pytest.raises(ProfileError, match=r"terms are 0\.\.3, but 4"):
        MODEL.fit(Response.srgb(), terms=4)
    three = Response(torch.tensor([[0.0, 1.0]] * 3))
    with pytest.raises(ProfileError, match="fit R, G and B one by one"):
        MODEL.fit(three, terms=1)
