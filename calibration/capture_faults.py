"""What is wrong with captures, in words that say what to shoot again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from calibration.captures import CaptureSet
from calibration.moments import Moments, mean_and_variance
from calibration.photon_transfer import CLIPPED_SHARE, Level

FLOORED_SHARE = 1e-4  # of dark values; 5 sigma above 0 leaves 3e-7
FLOORED_BY_CHANCE = 1e-4  # how often darks of that very share may be refused, each
LEAST_LEVELS = 10
WANTED_LEVELS = 50  # EMVA 1288
FLICKER_SIGMAS = 5.0
LEAK_SHARE = 0.002  # of the range from black to white


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong with captures.

    fatal: what is measured of them would be wrong, not only less sure.
    remedy: what to shoot again, and how.
    """

    what: str
    remedy: str
    fatal: bool

    def __str__(self) -> str:
        return f"{self.what}: {self.remedy}"

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"what": self.what, "remedy": self.remedy, "fatal": self.fatal}


def faults_of(captures: CaptureSet, iso: float, levels: Sequence[Level]) -> tuple[Fault, ...]:
    """Judge the captures of one ISO.

    levels: of photon transfer, any order.
    """
    levels = sorted(levels, key=lambda level: float(level.bright.frame_means.mean()))
    found = [*_darks(captures, iso, levels), *_series(iso, levels)]
    for level in levels:
        found += _flicker(iso, level)
    return tuple(found)


def _darks(captures: CaptureSet, iso: float, levels: Sequence[Level]) -> list[Fault]:
    darks = {id(level.dark): level.dark for level in levels}.values()
    worst_cut = max(darks, key=_least_floored)
    if _least_floored(worst_cut) > FLOORED_SHARE:
        return [
            Fault(
                what=f"ISO {iso:g}: {worst_cut.floored.max():.2%} of the darks' values are code "
                "0, so the noise is cut",
                remedy="raise the black level (offset) until the darks stay five deviations above "
                "0, and shoot all again",
                fatal=True,
            )
        ]
    if captures.black_level_dn is None:
        return []
    blacks = captures.black_level_dn
    sites = [divmod(index, captures.cfa.period[1]) for index in range(len(blacks))]
    away = [
        float(mean_and_variance(dark, site, 2)[0][0]) - black
        for dark in darks
        for site, black in zip(sites, blacks, strict=True)
    ]
    worst = max(away, key=abs)
    if abs(worst) <= max(LEAK_SHARE * (captures.white_level_dn - max(blacks)), 1.0):
        return []
    side = "above" if worst > 0 else "below"
    return [
        Fault(
            what=f"ISO {iso:g}: the darks lie {abs(worst):.1f} DN {side} the black level that the "
            "files say",
            remedy="cover lens and viewfinder if light leaked in; otherwise the file's black level "
            "is wrong, and the measured one stands in the profile",
            fatal=False,
        )
    ]


def _least_floored(dark: Moments) -> float:
    """Share of code 0 that the darks have at the very least, of the site that has most.

    In a pair of small frames one such value is a larger share than is allowed, and says nothing:
    the bound is that of a Poisson count (F. Garwood, "Fiducial limits for the Poisson
    distribution", Biometrika 28, 1936).
    """
    from scipy.special import gammaincinv

    rows, columns = dark.period
    height = dark.row_sums.shape[1]
    least = 0.0
    for row in range(rows):
        for column in range(columns):
            values = dark.frames * len(range(row, height, rows))
            values *= len(range(column, dark.width, columns))
            count = round(float(dark.floored[row, column]) * values)
            if count:
                least = max(least, float(gammaincinv(count, FLOORED_BY_CHANCE)) / values)
    return least


def _series(iso: float, levels: Sequence[Level]) -> list[Fault]:
    found = []
    if len(levels) < LEAST_LEVELS:
        found.append(
            Fault(
                what=f"ISO {iso:g}: {len(levels)} exposures",
                remedy=f"shoot {LEAST_LEVELS} or more from dark to saturation, better "
                f"{WANTED_LEVELS}",
                fatal=False,
            )
        )
    whole = [level for level in levels if float(level.bright.clipped.max()) < CLIPPED_SHARE]
    if not whole:
        found.append(
            Fault(
                what=f"ISO {iso:g}: every flat is clipped",
                remedy="shoot darker ones, from a hundredth of saturation up",
                fatal=True,
            )
        )
    return found


def _flicker(iso: float, level: Level) -> list[Fault]:
    """Frames of one exposure must be equally bright, within their noise."""
    means = level.bright.frame_means
    if len(means) < 2 or level.bright.frames < 2:
        return []
    pixels = level.bright.width * level.bright.row_sums.shape[1]
    variance = _whole_variance(level.bright)
    error = (variance / pixels) ** 0.5
    spread = float(means.max() - means.min())
    signal = float(means.mean() - level.dark.frame_means.mean())
    # Half a percent is drift that the formula takes out; more says that the light is not steady.
    if spread <= max(FLICKER_SIGMAS * error * 2**0.5, 0.005 * abs(signal)):
        return []
    steps = np.diff(means)
    drifts = bool((steps > 0).all() or (steps < 0).all()) and len(means) > 2
    kind = "drifts" if drifts else "flickers"
    return [
        Fault(
            what=f"ISO {iso:g}: the light {kind} by {spread / max(abs(signal), 1e-9):.1%} between "
            f"frames of {level.exposure_time_s:g} s",
            remedy="let the lamp warm up"
            if drifts
            else "take a lamp of direct current, or "
            "exposure times of whole mains periods (1/50 s, 1/60 s)",
            fatal=False,
        )
    ]


def _whole_variance(moments: Moments) -> float:
    rows, columns = moments.period
    sites = [(row, column) for row in range(rows) for column in range(columns)]
    return float(np.mean([max(mean_and_variance(moments, s, 2)[1][0], 0.0) for s in sites]))
