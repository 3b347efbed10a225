"""Which pixels of a bracket show the same light in every picture."""

import numpy as np
from numpy.typing import NDArray

from calibration.response.bracket_codes import CODES, LAST
from isp.core.errors import CalibrationError

SLACK = 4.0  # codes that noise and compression may move a dark or a flat code
OUTLIER = 6.0  # times the median deviation
WINDOW = 2  # codes on either side that share one median
MOVED = 0.15  # share of pixels, from which the scene is said to have moved


def still_pixels(codes: NDArray[np.int64], names: list[str]) -> NDArray[np.bool_]:
    """Pixels whose code follows the rest from each picture to the next brighter one.

    codes: (pixels, pictures) of one channel, in the order of exposure; clipped ones count as
    still. Equal light has equal codes, whatever the response: what is far from the median of all
    pixels that had its code in the darker picture has moved.

    Raises CalibrationError where so many moved that the camera must have.
    """
    still = np.ones(len(codes), dtype=bool)
    for darker in range(codes.shape[1] - 1):
        dark, bright = codes[:, darker], codes[:, darker + 1]
        both = (dark > 0) & (dark < LAST) & (bright > 0) & (bright < LAST)
        if not both.any():
            continue
        middle, spread = _medians(dark[both], bright[both])
        off = np.abs(bright - middle[dark]) > SLACK + OUTLIER * spread[dark]
        moved = off & both
        share = float(moved.sum() / both.sum())
        falls = float((both & (bright + SLACK < dark)).sum() / both.sum())
        if max(share, falls) > MOVED:
            raise CalibrationError(
                f"{100 * max(share, falls):.0f} % of the pixels do not show the same light in "
                f"{names[darker]} and {names[darker + 1]}: camera, scene or lamps changed between "
                "them; reshoot from a tripod, in steady light, with nothing moving"
            )
        still &= ~moved
    return still


def _medians(
    dark: NDArray[np.int64], bright: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median of the brighter code for each darker one, and the median distance from it."""
    order = np.argsort(dark, kind="stable")
    sorted_dark, sorted_bright = dark[order], bright[order]
    middle, spread = np.zeros(CODES), np.zeros(CODES)
    for code in np.unique(dark):
        first = np.searchsorted(sorted_dark, code - WINDOW)
        last = np.searchsorted(sorted_dark, code + WINDOW, side="right")
        near = sorted_bright[first:last]
        middle[code] = np.median(near)
        spread[code] = np.median(np.abs(near - middle[code]))
    return middle, spread
