"""Sums over the frames of one exposure, streamed: all that means and variances are made of."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.uncertainty import Replicates
from isp.core.errors import CalibrationError

Period = tuple[int, int]
Plane = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """What L frames of one exposure leave behind.

    mean_image: DN, (h, w); None once it was let go, and with it most of the memory.
    offset: a round number near the mean, so that squares keep their digits.
    row_sums: per frame, row and column phase, sum of DN - offset, (L, h, columns of the period).
    column_sums: per frame, column and row phase, (L, w, rows of the period).
    row_squares, row_total_squares: sum over the columns of a phase of the squares of all frames,
        and of the squared sum over the frames, (h, columns of the period).
    clipped: share of the values at or above the limit that was given, (rows, columns).
    floored: share of the values that are code 0, where a converter cuts what is darker.
    step: greatest common divisor of all distances between values, DN; 0 where all are alike.
    """

    frames: int
    width: int
    period: Period
    offset: float
    mean_image: Plane | None
    row_sums: NDArray[np.float64]
    column_sums: NDArray[np.float64]
    row_squares: Plane
    row_total_squares: Plane
    clipped: Plane
    floored: Plane
    step: int

    @property
    def frame_means(self) -> NDArray[np.float64]:
        """Mean of each frame, DN, (L,)."""
        pixels = self.width * self.row_sums.shape[1]
        means: NDArray[np.float64] = self.row_sums.sum((1, 2)) / pixels + self.offset
        return means

    def without_image(self) -> "Moments":
        """Return the same without the mean image."""
        return replace(self, mean_image=None)

    def site_image(self, site: tuple[int, int]) -> Plane:
        """Return the mean image of one site of the colour filters.

        Raises CalibrationError where the image was let go.
        """
        if self.mean_image is None:
            raise CalibrationError("the mean image of this exposure was not kept")
        return self.mean_image[site[0] :: self.period[0], site[1] :: self.period[1]]


def gather(
    frames: Iterable[NDArray[Any]], *, period: Period = (1, 1), limit_dn: float | None = None
) -> Moments:
    """Sum up frames one after the other; memory is two planes, however many frames come.

    frames: (h, w) each, DN as stored, black level included. period: of the colour filters.
    limit_dn: at or above it, or less than a step below, a value counts as clipped.

    Raises CalibrationError for no frame or frames of different sizes.
    """
    offset, first, step = 0.0, 0.0, 0
    rows: list[Plane] = []
    columns: list[Plane] = []
    total = squares = clipped = floored = np.zeros((0, 0))
    for frame in frames:
        if not rows:
            offset = float(np.rint(np.median(frame[: 64 * period[0]])))
            total, squares = np.zeros(frame.shape), np.zeros((frame.shape[0], period[1]))
            clipped, floored = np.zeros(period), np.zeros(period)
        if frame.shape != total.shape:
            raise CalibrationError(
                f"the frames of an exposure differ in size: {total.shape[1]} x {total.shape[0]} "
                f"and {frame.shape[1]} x {frame.shape[0]}"
            )
        values = frame.astype(np.float64)
        values -= offset
        first = first if rows else float(values[0, 0])
        step = _finer_step(step, values, first)
        total += values
        rows.append(_by_phase(values, period[1]))
        columns.append(_by_phase(values.T, period[0]))
        squares += _by_phase(np.square(values, out=values), period[1])
        if limit_dn is not None:
            clipped += _by_site(frame > limit_dn - max(step, 1), period)
        floored += _by_site(frame <= 0, period)
    if not rows:
        raise CalibrationError("an exposure has no frame")
    values_of_site = len(rows) * _by_site(np.broadcast_to(1.0, total.shape), period)
    totals = _by_phase(np.square(total), period[1])
    total /= len(rows)
    total += offset
    return Moments(
        frames=len(rows),
        width=total.shape[1],
        period=period,
        offset=offset,
        mean_image=total,
        row_sums=np.stack(rows),
        column_sums=np.stack(columns),
        row_squares=squares,
        row_total_squares=totals,
        clipped=clipped / values_of_site,
        floored=floored / values_of_site,
        step=step,
    )


def mean_and_variance(
    moments: Moments, site: tuple[int, int], groups: int
) -> tuple[Replicates, Replicates]:
    """Mean in DN and temporal variance in DN^2 of one site of the period, with replicates.

    Returns (1 + groups,) each: of all rows, then without each group of rows. A drift of the
    light between the frames is taken out: for two frames the variance is
    <(A - B)^2> / 2 - (mean A - mean B)^2 / 2.

    Raises CalibrationError for a single frame, or fewer rows than groups.

    Source: EMVA 1288 release 4.0 linear, section 6.2; for more frames the same with L - 1.
    """
    length, height = moments.row_sums.shape[:2]
    rows = np.arange(site[0], height, moments.period[0])
    if length < 2:
        raise CalibrationError("a temporal variance needs two frames of an exposure, got 1")
    if len(rows) < groups:
        raise CalibrationError(f"{height} rows are too few for {groups} groups of them")
    column = site[1]
    parts = np.vstack(
        [
            np.full(len(rows), len(range(column, moments.width, moments.period[1]))),
            moments.row_squares[rows, column],
            moments.row_total_squares[rows, column],
            moments.row_sums[:, rows, column],
        ]
    )
    of_groups = np.stack([parts[:, group::groups].sum(1) for group in range(groups)], 1)
    whole = of_groups.sum(1, keepdims=True)
    pixels, squares, of_total, *sums = np.hstack([whole, whole - of_groups])
    means = np.stack(sums) / pixels  # (L, 1 + groups)
    mean = means.mean(0)
    drift = ((means - mean) ** 2).sum(0)
    variance = (squares / pixels - of_total / length / pixels - drift) / (length - 1)
    return mean + moments.offset, variance


def _finer_step(step: int, values: Plane, first: float) -> int:
    """The step that these values, too, have to a first one; 1 for values that are no codes.

    step: until now, 0 while no other value came.
    """
    for row in values:
        if step == 1:
            break
        away = row - first
        if step and not np.fmod(away, step).any():
            continue
        whole = np.rint(away).astype(np.int64)
        step = int(np.gcd.reduce(whole, initial=step)) if (whole == away).all() else 1
    return step


def _by_phase(values: Plane, columns: int) -> Plane:
    """Sum each row per column phase, (h, columns)."""
    return np.stack([values[:, phase::columns].sum(1) for phase in range(columns)], 1)


def _by_site(values: NDArray[Any], period: Period) -> Plane:
    return np.array(
        [
            [values[row :: period[0], column :: period[1]].sum() for column in range(period[1])]
            for row in range(period[0])
        ],
        dtype=np.float64,
    )
