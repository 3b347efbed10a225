"""Defects out of stacks: photosites too bright in the dark, or that answer wrongly to light."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from calibration.pattern_histogram import robust_deviation
from isp.core.errors import CalibrationError

EXPECTED_BY_CHANCE = 0.05  # photosites of a whole image, were the pattern normal
SEEN_SIGMAS = 3.0  # of one frame's noise; a fainter one is no worse than noise
LARGEST_SHARE = 0.02  # of the photosites; more are a pattern, and no list of defects

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One photosite. departure: e- in the dark, or percent of the response of its neighbours."""

    row: int
    column: int
    kind: str
    departure: float

    def record(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "row": self.row,
            "column": self.column,
            "kind": self.kind,
            "departure": round(self.departure, 4),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where on a photosite is listed: departures in the dark (e-), in response (percent)."""

    dark_e: float | None
    response_percent: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefectMap:
    """Every listed photosite in reading order, and the limits that listed it."""

    flaws: tuple[Flaw, ...]
    limits: Limits


def find_defects(
    dark_e: Values,
    response_percent: Values | None,
    *,
    frame_noise_e: float,
    frame_noise_percent: float | None,
) -> DefectMap:
    """List the photosites that leave the pattern of all the others.

    dark_e: departures of the mean dark image, (h, w). response_percent: of the mean flat less the
        mean dark, relative; None where there is no stack of flats. frame_noise_*: deviation of
        one frame's noise in those units.
    A photosite is listed that a normal pattern would not hold, and that shows in a single frame:
    beyond both limits. EMVA gives no threshold and asks for the histograms to look at.

    Raises CalibrationError where more than 2 % of the photosites would be listed.

    Source: EMVA 1288 release 4.0 linear, section 8 (defect pixels); the limits are ours.
    """
    limit = _limit(dark_e, frame_noise_e)
    flaws = _listed(dark_e, limit, ("hot", "cold"))
    response_limit = None
    if response_percent is not None and frame_noise_percent is not None:
        response_limit = _limit(response_percent, frame_noise_percent)
        flaws |= {
            place: flaw
            for place, flaw in _listed(response_percent, response_limit, ("strong", "weak")).items()
            if place not in flaws
        }
    if len(flaws) > LARGEST_SHARE * dark_e.size:
        raise CalibrationError(
            f"{len(flaws)} of {dark_e.size} photosites leave the pattern: that is no list of "
            "defects (is the light even, and the lens off?)"
        )
    return DefectMap(
        flaws=tuple(flaws[place] for place in sorted(flaws)),
        limits=Limits(dark_e=limit, response_percent=response_limit),
    )


def _limit(pattern: Values, frame_noise: float) -> float:
    reach = -float(ndtri(EXPECTED_BY_CHANCE / 2 / pattern.size))
    return max(reach * robust_deviation(pattern), SEEN_SIGMAS * frame_noise)


def _listed(pattern: Values, limit: float, kinds: tuple[str, str]) -> dict[tuple[int, int], Flaw]:
    away = pattern - np.median(pattern)
    rows, columns = np.nonzero(np.abs(away) > limit)
    return {
        (int(row), int(column)): Flaw(
            row=int(row),
            column=int(column),
            kind=kinds[0] if away[row, column] > 0 else kinds[1],
            departure=float(away[row, column]),
        )
        for row, column in zip(rows, columns, strict=True)
    }
