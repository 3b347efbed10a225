"""Mitsunaga and Nayar 1999: a polynomial response, with the exposure ratios refined."""

import numpy as np
from numpy.typing import NDArray

from calibration.response.bracket_codes import (
    CODES,
    LAST,
    BracketCodes,
    CurveFit,
    Values,
    in_gauge,
)
from calibration.response.rising import rising
from isp.core.errors import CalibrationError, UsageError

ORDERS = range(1, 11)  # the paper tries up to 10
FOLDS = 5
ROUNDS = 50
SETTLED = 1e-6  # of the curve's range

Pairs = list[tuple[NDArray[np.int64], NDArray[np.int64]]]


def fit_mitsunaga_nayar(
    bracket: BracketCodes, *, refine: bool = True, order: int | None = None
) -> CurveFit:
    """Fit a polynomial; with `refine`, curve and ratios in turns until the curve stays.

    order: of the polynomial; None takes the one that predicts left-out pixels best.

    Raises CalibrationError where neighbouring pictures share no measured pixels, UsageError.
    """
    if order is not None and order not in ORDERS:
        raise UsageError(f"a polynomial response has order 1 to {ORDERS[-1]}, not {order}")
    chosen = best_order(bracket) if order is None else order
    pairs = _pairs(bracket, np.arange(len(bracket.codes)))
    basis = _basis(chosen)
    log_exposures, curve = bracket.log_exposures, np.zeros(CODES)
    for _ in range(ROUNDS):
        before, curve = curve, _solve(pairs, np.exp(-np.diff(log_exposures)), basis)
        if not refine or len(pairs) < 2 or np.abs(curve - before).max() < SETTLED:
            break
        steps = [np.log(_ratio(curve[bright], curve[dark])) for dark, bright in pairs]
        refined = np.concatenate([[0.0], np.cumsum(steps)])
        log_exposures = in_gauge(refined, bracket.log_exposures)
    return CurveFit(rising(curve), log_exposures, order=chosen)


def best_order(bracket: BracketCodes) -> int:
    """The order of the smallest squared error on pixels that were left out, five-fold.

    The exposures are taken as given.
    """
    ratios = np.exp(-np.diff(bracket.log_exposures))
    every = np.arange(len(bracket.codes))
    errors = []
    for order in ORDERS:
        basis = _basis(order)
        error = 0.0
        for fold in range(FOLDS):
            curve = _solve(_pairs(bracket, every[every % FOLDS != fold]), ratios, basis)
            kept_out = _pairs(bracket, every[every % FOLDS == fold])
            error += sum(
                float(((curve[dark] - ratio * curve[bright]) ** 2).sum())
                for (dark, bright), ratio in zip(kept_out, ratios, strict=True)
            )
        errors.append(error)
    return ORDERS[int(np.argmin(errors))]


def _solve(pairs: Pairs, ratios: Values, basis: tuple[Values, Values]) -> Values:
    """Minimise sum [f(M_q) - R_q f(M_q+1)]^2 over polynomials with f(1) = 1.

    ratios: exposure of the darker picture over that of the brighter one. In the paper q + 1 is
    the darker; the residual is the same but for its sign and scale.

    Source: Mitsunaga and Nayar, "Radiometric self calibration", CVPR 1999, equations 7 to 9.
    """
    fixed, free = basis
    rows = np.concatenate([
        free[dark] - ratio * free[bright]
        for (dark, bright), ratio in zip(pairs, ratios, strict=True)
    ])  # fmt: skip
    wanted = np.concatenate([
        ratio * fixed[bright] - fixed[dark]
        for (dark, bright), ratio in zip(pairs, ratios, strict=True)
    ])  # fmt: skip
    found = np.linalg.lstsq(rows.T @ rows, rows.T @ wanted, rcond=None)[0]
    curve: Values = fixed + free @ found
    return curve


def _basis(order: int) -> tuple[Values, Values]:
    """A polynomial that is 1 at the largest code, and (256, order) that are 0 there.

    (m - 1) times Legendre polynomials: the same polynomials as by powers of m, better conditioned.
    """
    m = np.arange(CODES) / LAST
    free = np.polynomial.legendre.legvander(2 * m - 1, order - 1) * (m - 1)[:, None]
    return np.ones(CODES), free


def _ratio(bright: Values, dark: Values) -> float:
    """Exposure of the brighter over the darker picture.

    The paper's mean of ratios has no bound where the curve meets 0; the ratio of means has.
    """
    total_dark, total_bright = float(dark.sum()), float(bright.sum())
    if not (total_dark > 0 and total_bright > total_dark):
        raise CalibrationError(
            "no polynomial fits these exposures: the brighter picture is not brighter by it"
        )
    return total_bright / total_dark


def _pairs(bracket: BracketCodes, pixels: NDArray[np.int64]) -> Pairs:
    """Codes of the pixels that neighbouring pictures both measured."""
    codes, measured = bracket.codes[pixels], bracket.measured[pixels]
    pairs = []
    for darker in range(codes.shape[1] - 1):
        both = measured[:, darker] & measured[:, darker + 1]
        if not both.any():
            raise CalibrationError(
                f"pictures {darker + 1} and {darker + 2} in the order of exposure share no "
                "measured pixels; reshoot with smaller steps"
            )
        pairs.append((codes[both, darker], codes[both, darker + 1]))
    return pairs
