"""Light whose pattern on the sensor changes between the frames of the long stack of flats."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.fault import Fault
from calibration.moments import Moments, mean_and_variance
from calibration.photon_transfer import Level

MODES = 3  # slope, bow and one wave of a smooth pattern, along rows and along columns
SIGMAS = 5.0
SHARE = 0.03  # of a variance, that transfer and stack may differ by without a change of light
HARMLESS = 0.01  # of PRNU's variance, 0.5 % of PRNU; of the darks' temporal one
GROUPS = 16
NEAREST = 6  # levels about the stack, through whose variances a line goes
LEAST_NEAR = 3

Site = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """Temporal variance above what the noise explains, and its standard error, DN^2."""

    value: float
    error: float


def moving_light(iso: float, flat: Moments, levels: Sequence[Level], where: str) -> list[Fault]:
    """Judge whether the light's pattern stood still.

    flat: the stack; its mean image is not needed. levels: of photon transfer. where: the stack
    in words.

    A pattern that moves about its mean leaves little in the mean image, but counts as temporal
    noise, of which PRNU has one frame's over the number of frames taken off: it comes out low.
    A tilt is told by the means of rows and columns, sharper than by any variance; other patterns
    by the variance, which pairs of that signal say as well. What is taken off must reach a
    standard error of PRNU's variance, and HARMLESS of it.
    """
    if flat.frames < 2:
        return []
    lines, signal = smooth_excess(flat), _signal(flat, levels, None)
    rows, columns = flat.period
    smooth, other = 0.0, 0.0
    for site in [(row, column) for row in range(rows) for column in range(columns)]:
        own = _signal(flat, levels, site)
        least = _allowed(flat, site) * flat.frames
        tilt = lines.value * (own / signal) ** 2
        if tilt > least and lines.value > SIGMAS * lines.error:
            smooth = max(smooth, tilt / own**2)
        whole = transfer_excess(flat, levels, site)
        if whole is not None and whole.value > max(least, SIGMAS * whole.error):
            other = max(other, whole.value / own**2)
    if not smooth and not other:
        return []
    lost = (max(smooth, other) / flat.frames) ** 0.5
    if smooth:
        what = f"the light tilts or changes its pattern between the frames of {where}"
    else:
        what = (
            f"the frames of {where} differ by more than the pairs do at that signal, so the light "
            "changes its pattern between them, or their gain is not that of the pairs"
        )
    return [
        Fault(
            what=f"ISO {iso:g}: {what}; PRNU would come out low, its square by that of {lost:.2%}",
            remedy="fix lamp, diffuser and camera, take a lamp of direct current whose pattern "
            "stays, keep moving shadows away, and shoot the stack again at the pairs' settings",
            serious=True,
        )
    ]


def moving_darks(iso: float, dark: Moments, where: str) -> list[Fault]:
    """Judge whether the level of a stack of darks stood still, but for one that leans over rows.

    dark: the stack; its mean image is not needed. where: the stack in words. Rows may drift
    against one another by the reading's own slow noise, columns by warmth and light alone.
    """
    if dark.frames < 2:
        return []
    found = smooth_excess(dark, rows=False)
    rows, columns = dark.period
    sites = [(row, column) for row in range(rows) for column in range(columns)]
    # A lean adds all its variance to the rows', and the mean keeps one frame's part of it.
    least = max(
        min(_allowed(dark, site) * dark.frames, HARMLESS * _temporal(dark, site)) for site in sites
    )
    if found.value <= max(least, SIGMAS * found.error):
        return []
    lost = (found.value / dark.frames) ** 0.5
    return [
        Fault(
            what=f"ISO {iso:g}: the level leans across the columns between the frames of {where}; "
            f"DSNU would come out low, its square by that of {lost:.2g} DN, and row noise high",
            remedy="let the camera come to one warmth, keep all light from it, and shoot the stack "
            "again",
            serious=True,
        )
    ]


def smooth_excess(flat: Moments, *, rows: bool = True) -> Excess:
    """Variance of smooth changes along rows and along columns, less what white lines have there.

    rows: whether the means of rows count, too.

    The lines' own noise, shared or not, is that of the finer waves. Frames of too few lines for
    these say nothing: 0 within any error.
    """
    value, variance = 0.0, 0.0
    height = flat.row_sums.shape[1]
    of_lines = [(flat.column_sums, height), *([(flat.row_sums, flat.width)] if rows else [])]
    for sums, across in of_lines:
        away = sums.sum(2) / across
        away -= away.mean(0)
        lines = away.shape[1]
        if lines < 4 * (MODES + 1):
            return Excess(value=0.0, error=np.inf)
        power = (waves(away) ** 2).sum(0) / (flat.frames - 1)  # (lines - 1,)
        white = float(power[MODES:].mean())
        value += float((power[:MODES] - white).sum()) / lines
        variance += MODES * 2 * (white / lines) ** 2 / (flat.frames - 1)
    return Excess(value=value, error=variance**0.5)


def waves(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Orthonormal cosine waves of each frame without its mean, (L, lines - 1), slowest first."""
    from scipy.fft import dct

    waves: NDArray[np.float64] = dct(values, norm="ortho", axis=1)[:, 1:]
    return waves


def transfer_excess(flat: Moments, levels: Sequence[Level], site: Site) -> Excess | None:
    """Temporal variance of the stack above that of the levels at its mean; None for too few.

    The levels' own variances, not the fitted gain, so that a converter's steps and a well that
    fills up count on both sides. The error holds both sides' jackknife, the levels' scatter about
    the line through them, and SHARE.
    """
    groups = min(GROUPS, (flat.row_sums.shape[1] - site[0]) // flat.period[0])
    others = [
        level.bright
        for level in levels
        # With few pairs the stack is a level itself.
        if not np.array_equal(level.bright.frame_means, flat.frame_means)
    ]
    if len(others) < LEAST_NEAR or groups < 2:
        return None
    mean, variance = (float(each[0]) for each in mean_and_variance(flat, site, 2))
    own_error = _error(mean_and_variance(flat, site, groups)[1])
    found = [mean_and_variance(each, site, groups) for each in others]
    means = np.array([each[0] for each, _ in found])
    near = np.argsort(np.abs(means - mean))[:NEAREST]
    if not means[near].min() <= mean <= means[near].max():
        return None
    away = means[near] - mean
    variances = np.array([found[index][1][0] for index in near])
    errors = np.array([_error(found[index][1]) for index in near])
    # The line's value at the stack's mean is a sum of the levels' with these weights.
    weights = np.linalg.pinv(np.stack([np.ones_like(away), away], 1))
    there, slope = weights @ variances
    scatter = float(np.sqrt(((variances - there - slope * away) ** 2).sum() / (len(near) - 2)))
    of_levels = max(
        float(np.hypot.reduce(weights[0] * errors)), scatter * float(np.hypot.reduce(weights[0]))
    )
    return Excess(
        value=variance - float(there),
        error=float(np.hypot(own_error, of_levels)) + SHARE / SIGMAS * float(there),
    )


def _error(replicates: NDArray[np.float64]) -> float:
    """Standard error by the values without each group (`jackknife`)."""
    without = replicates[1:]
    return float(((len(without) - 1) * without.var()) ** 0.5)


def _allowed(flat: Moments, site: Site) -> float:
    """What may be taken off the variance of the mean image of a site, DN^2."""
    row, column = site
    columns = len(range(column, flat.width, flat.period[1]))
    sums = flat.row_sums[:, row :: flat.period[0], column]
    values = sums.shape[1] * columns
    total = float(flat.row_total_squares[row :: flat.period[0], column].sum()) / flat.frames**2
    image = total / values - (float(sums.sum()) / flat.frames / values) ** 2
    noise = _temporal(flat, site) / flat.frames
    return float(max((2 / values) ** 0.5 * image, HARMLESS * (image - noise)))


def _temporal(moments: Moments, site: Site) -> float:
    return float(mean_and_variance(moments, site, 2)[1][0])


def _signal(flat: Moments, levels: Sequence[Level], site: Site | None) -> float:
    """Mean above the darks, of a site or of all, DN."""

    def mean(moments: Moments) -> float:
        if site is None:
            return float(moments.frame_means.mean())
        return float(mean_and_variance(moments, site, 2)[0][0])

    return mean(flat) - min(mean(level.dark) for level in levels)
