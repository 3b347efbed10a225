"""From white-balanced camera RGB to XYZ: matrices and root polynomials, by squares or by dE00."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from isp.core.colour import D50_XYZ
from isp.core.colour_difference import ciede2000, ciede2000_vector, cielab
from isp.core.errors import CalibrationError, UsageError
from isp.core.root_polynomial import expand, terms_of

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way to fit.

    degree: of the root polynomial; 1 is a 3x3 matrix. keeps_white: whether (1, 1, 1) becomes the
    D50 white exactly. by_delta_e: whether the sum of squared CIEDE2000 is made least, in
    place of squared XYZ.
    """

    degree: int = 1
    keeps_white: bool = True
    by_delta_e: bool = False


METHODS: Final[dict[str, Method]] = {
    "least-squares": Method(keeps_white=False),
    "least-squares-white": Method(),
    "delta-e": Method(by_delta_e=True),
    "root-polynomial-2": Method(degree=2),
    "root-polynomial-3": Method(degree=3),
}


def method_named(name: str) -> Method:
    """Return a way to fit.

    Raises UsageError for an unknown name.
    """
    if name not in METHODS:
        raise UsageError(f'no colour fit is named "{name}"; known: {", ".join(METHODS)}')
    return METHODS[name]


def fit_colours(camera: Values, xyz: Values, method: Method, start: Values | None = None) -> Values:
    """Coefficients (3, k) that bring camera RGB to XYZ under D50.

    camera: (n, 3), a perfect diffuser at (1, 1, 1). xyz: (n, 3), the diffuser at the D50 white.
    start: coefficients where the search for the least dE00 begins; least squares without it.

    Raises CalibrationError when the colours are too few, or do not span the terms.

    >>> camera = np.vstack([np.eye(3), np.ones(3)])
    >>> turn = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.0, 0.1, 0.8]])
    >>> np.allclose(fit_colours(camera, camera @ turn.T, METHODS["least-squares"]), turn)
    True
    """
    terms = expand(camera, method.degree)
    if not method.keeps_white:
        _need_rank(terms, terms.shape[1])
        return np.asarray(np.linalg.lstsq(terms, xyz, rcond=None)[0].T)
    squares = _least_squares_keeping_white(terms, xyz)
    if not method.by_delta_e:
        return squares
    return _least_delta_e(terms, xyz, squares, squares if start is None else start)


def apply_fit(camera: Values, coefficients: Values) -> Values:
    """XYZ under D50 of white-balanced camera RGB (n, 3)."""
    degree = {len(terms_of(d)): d for d in (1, 2, 3)}[coefficients.shape[1]]
    return np.asarray(expand(camera, degree) @ coefficients.T)


def delta_e_d50(xyz: Values, reference: Values) -> Values:
    """CIEDE2000 (n,) between XYZ under D50."""
    return ciede2000(cielab(xyz, D50_XYZ), cielab(reference, D50_XYZ))


def _free(terms: int) -> Values:
    """Directions (k, k - 1) in which coefficients change without moving white."""
    return np.vstack([np.eye(terms - 1), -np.ones(terms - 1)])


def _fixed(terms: int) -> Values:
    """Coefficients (3, k) that keep white: all of it on the last term."""
    fixed = np.zeros((3, terms))
    fixed[:, -1] = D50_XYZ
    return fixed


def _least_squares_keeping_white(terms: Values, xyz: Values) -> Values:
    count = terms.shape[1]
    free, fixed = _free(count), _fixed(count)
    left = terms @ free
    _need_rank(left, count - 1)
    moved = np.linalg.lstsq(left, xyz - terms @ fixed.T, rcond=None)[0]
    return np.asarray(fixed + (free @ moved).T)


def _least_delta_e(terms: Values, xyz: Values, squares: Values, start: Values) -> Values:
    """Least sum of squares of CIEDE2000; never more than that of the least squares in XYZ."""
    from scipy.optimize import least_squares

    count = terms.shape[1]
    free, fixed = _free(count), _fixed(count)
    target = cielab(xyz, D50_XYZ)

    def moved(flat: Values) -> Values:
        return np.asarray(fixed + (free @ flat.reshape(count - 1, 3)).T)

    def residuals(flat: Values) -> Values:
        return ciede2000_vector(cielab(terms @ moved(flat).T, D50_XYZ), target).ravel()

    begun = (start - fixed).T[:-1].ravel()  # the last term follows from white
    found = least_squares(residuals, begun, method="lm", xtol=1e-8, ftol=1e-8)
    ends = (moved(found.x), squares)
    return min(ends, key=lambda each: float((delta_e_d50(terms @ each.T, xyz) ** 2).sum()))


def _need_rank(terms: Values, wanted: int) -> None:
    if len(terms) < wanted or np.linalg.matrix_rank(terms) < wanted:
        raise CalibrationError(
            f"{len(terms)} colours do not settle {wanted} coefficients; more that differ are needed"
        )
