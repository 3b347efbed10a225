"""Zipper effect: pixels that a demosaic made unlike their most similar neighbour."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from apps.bench.metrics.delta_e import lab_from_linear
from apps.bench.metrics.pixels import Values, paired
from isp.core.errors import FrameError

THRESHOLD: Final = 2.3  # Delta E*ab of a just noticeable difference (Lu and Tan)
NEIGHBOURS: Final = tuple((y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0))


def zipper_percent(
    picture: ArrayLike,
    truth: ArrayLike,
    *,
    threshold: float = THRESHOLD,
    measured: ArrayLike | None = None,
) -> float:
    """Share of pixels whose difference to the most similar neighbour grew by more than a threshold.

    picture, truth: (h, w, 3) in linear BT.709, 1.0 = the D65 white. Of the eight neighbours of
    a pixel the truth says which is the most similar, by CIE 1976 Delta E*ab; the difference to
    that one is compared. The outermost pixels, which have fewer neighbours, are left out.
    measured: mask (h, w), (h, w, 1) or (h, w, 3) of the pixels to count; None for all.

    Raises FrameError for pictures that cannot be compared or are smaller than 3 x 3.

    Source: Lu, Tan, IEEE Trans. Image Processing 12(10), 2003.
    """
    picture, truth, counts = paired(picture, truth, measured)
    if min(counts.shape) < 3:
        raise FrameError(
            f"zipper effect takes pictures of 3 x 3 pixels or more, not {counts.shape}"
        )
    if not counts[1:-1, 1:-1].any():
        raise FrameError("no pixel off the border is measured: nothing to compare")
    before, after = (_differences(lab_from_linear(p)) for p in (truth, picture))
    nearest = before.argmin(axis=0)[None]
    grown = np.take_along_axis(after - before, nearest, axis=0)[0]
    return float(100 * np.mean(grown[counts[1:-1, 1:-1]] > threshold))


def _differences(lab: Values) -> Values:
    """Delta E*ab to the eight neighbours: (8, h - 2, w - 2)."""
    height, width = lab.shape[:2]
    middle = lab[1:-1, 1:-1]
    beside = [lab[1 + y : height - 1 + y, 1 + x : width - 1 + x] for y, x in NEIGHBOURS]
    return np.stack([np.linalg.norm(neighbour - middle, axis=2) for neighbour in beside])
