"""Temporal noise that a whole row or column shares, told from the pixels' own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.moments import Moments, mean_and_variance
from calibration.uncertainty import NORMAL_95, Figure, in_electrons, not_measured
from isp.core.errors import CalibrationError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LineNoise:
    """What changes from frame to frame in a dark stack.

    row, column: deviation of what all photosites of a row, or a column, have in common, e-.
    row_signal: per frame and row, its departure from the mean of the frames, DN, (L, h).
    """

    row: Figure
    column: Figure
    row_signal: NDArray[np.float64]


def line_noise(dark: Moments, gain_dn_per_e: Figure, *, groups: int = 16) -> LineNoise:
    """Measure row and column noise of a stack of dark frames of one exposure.

    One draw is shared by all colours of a line. The variance of the line means, frame by frame,
    less what the pixels' own noise leaves in a mean of so many pixels.

    Raises CalibrationError for fewer than two frames or too small ones.

    Source: the two-way layout of EMVA 1288 release 4.0 linear, section 4.2, applied to the
    departures from the mean image; ELD (Wei et al. 2021), section IV-B, for what a row shares.
    """
    frames, height = dark.row_sums.shape[:2]
    if frames < 2:
        raise CalibrationError("row noise needs two dark frames or more of one exposure")
    sites = [(row, column) for row in range(dark.period[0]) for column in range(dark.period[1])]
    total = float(np.mean([mean_and_variance(dark, site, groups)[1][0] for site in sites]))
    rows = _departures(dark.row_sums.sum(2) / dark.width)
    columns = _departures(dark.column_sums.sum(2) / height)
    free = (frames - 1) / frames
    # Every frame's own mean was taken off, and with it one free line.
    of_rows = float(rows.var()) / free * height / (height - 1)
    of_columns = float(columns.var()) / free * dark.width / (dark.width - 1)
    # Pixel noise p, row r, column c: total = p + r + c, of_rows = r + p / width,
    # of_columns = c + p / height.
    pixel = (total - of_rows - of_columns) / (1 - 1 / dark.width - 1 / height)
    return LineNoise(
        row=_figure(of_rows, pixel / dark.width, (height - 1) * (frames - 1), gain_dn_per_e),
        column=_figure(of_columns, pixel / height, (dark.width - 1) * (frames - 1), gain_dn_per_e),
        row_signal=rows,
    )


def lines_not_told(reason: str) -> LineNoise:
    """Row and column noise where the darks do not tell it, and why."""
    none = not_measured(reason)
    return LineNoise(row=none, column=none, row_signal=np.zeros((0, 0)))


def _departures(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Departures of (L, lines) from the mean over the frames, each frame's own mean taken out."""
    away = means - means.mean(0)
    departures: NDArray[np.float64] = away - away.mean(1, keepdims=True)
    return departures


def _figure(variance: float, floor: float, freedom: int, gain: Figure) -> Figure:
    """The deviation above the floor, with the interval of a variance of so many free values."""
    excess, error = variance - floor, variance * (2 / freedom) ** 0.5
    low, high = (max(excess + sign * NORMAL_95 * error, 0.0) ** 0.5 for sign in (-1, 1))
    seen = excess >= 0
    reason = "" if seen else "not seen under the pixels' own noise"
    return in_electrons(
        Figure(value=excess**0.5 if seen else None, low=low, high=high, reason=reason), gain
    )
