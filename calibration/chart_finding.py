"""Find the ColorChecker in a picture by colour-checker-detection, and settle its patches."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from calibration.chart import Chart, homography, project
from calibration.colour_checker import COLUMNS, ROWS, Values, reference_linear
from isp.core.errors import CalibrationError, MissingError

WORKING_WIDTH = 1440  # pixels that the detector resizes a picture to
# How far beyond the outer patches' centres the found outline may lie, in distances of patches.
MARGINS = (0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75)
WHOLE_PATCH = 0.38  # half the side of the window by which an outline is settled; patches have 0.44
BY_HAND = "pass --corners X,Y,X,Y,X,Y,X,Y, the centres of the four corner patches"


def find_chart(picture: NDArray[np.float32]) -> Chart:
    """Return the chart in a picture (h, w, 3) of sRGB codes 0..1.

    The detector gives an outline; its corner and its margin are those with which the patches are
    most even and most like the reference.

    Raises MissingError without the detector, CalibrationError where no chart is found.
    """
    height, width = picture.shape[:2]
    outlines = _detected(picture if width >= height else np.rot90(picture))
    charts = []
    for outline in outlines:
        scale = max(width, height) / WORKING_WIDTH
        points = np.asarray(outline, np.float64) * scale + (scale - 1) / 2
        if width < height:  # back from the picture turned by a quarter
            points = np.stack([width - 1 - points[:, 1], points[:, 0]], axis=1)
        charts += [_settled(picture, points)]
    found = [chart for chart in charts if chart is not None]
    if not found:
        raise CalibrationError(
            "no ColorChecker is found in the picture; shoot it larger, with nothing over it, or "
            f"{BY_HAND}"
        )
    return min(found, key=lambda chart: _unlikeness(picture, chart))


def _detected(picture: NDArray[np.float32]) -> list[Values]:
    """Outlines in pixels of a picture WORKING_WIDTH wide, (4, 2) each."""
    try:
        from colour_checker_detection import detect_colour_checkers_segmentation
    except ImportError as error:
        raise MissingError(
            f'finding a chart needs colour-checker-detection (pip install "fullwell[charts]"), or '
            f"{BY_HAND}"
        ) from error
    found = detect_colour_checkers_segmentation(
        np.ascontiguousarray(picture), additional_data=True, working_width=WORKING_WIDTH
    )
    return [np.asarray(each.quadrilateral) for each in found]


def _settled(picture: NDArray[np.float32], outline: Values) -> Chart | None:
    """The chart inside an outline: of all corners and margins the best."""
    clockwise = _clockwise(outline)
    best: tuple[float, Chart] | None = None
    for turn in range(4):
        turned = np.roll(clockwise, turn, axis=0)
        chart = min(
            (_inside(turned, across, down) for across, down in product(MARGINS, MARGINS)),
            key=lambda chart: _unevenness(picture, chart),
        )
        unlike = _unlikeness(picture, chart)
        if np.isfinite(unlike) and (best is None or unlike < best[0]):
            best = unlike, chart
    return best[1] if best else None


def _clockwise(points: Values) -> Values:
    """As seen, with y downwards; the first is the one nearest the picture's upper left."""
    middle = points - points.mean(axis=0)
    ordered = points[np.argsort(np.arctan2(middle[:, 1], middle[:, 0]))]
    return np.roll(ordered, -int(ordered.sum(axis=1).argmin()), axis=0)


def _inside(outline: Values, across: float, down: float) -> Chart:
    """The corner patches' centres, margins inside the outline."""
    right, bottom = COLUMNS - 1, ROWS - 1
    frame = np.array(
        [[-across, -down], [right + across, -down],
         [right + across, bottom + down], [-across, bottom + down]]
    )  # fmt: skip
    centres = np.array([[0, 0], [right, 0], [right, bottom], [0, bottom]])
    return Chart(corners=project(homography(frame, outline), centres))


def _samples(
    picture: NDArray[np.float32], chart: Chart, share: float
) -> list[NDArray[np.float32]] | None:
    try:
        windows = chart.windows((picture.shape[0], picture.shape[1]), share)
    except CalibrationError:
        return None
    return [picture[top:bottom, left:right].reshape(-1, 3) for left, top, right, bottom in windows]


def _unevenness(picture: NDArray[np.float32], chart: Chart) -> float:
    """Mean standard deviation over whole patches, in codes; infinite outside the picture."""
    samples = _samples(picture, chart, WHOLE_PATCH)
    return float("inf") if samples is None else float(np.mean([s.std(axis=0) for s in samples]))


def _unlikeness(picture: NDArray[np.float32], chart: Chart) -> float:
    """Share of the references' variance that no 3x3 matrix explains; 1 for anything else."""
    samples = _samples(picture, chart, 0.2)
    if samples is None:
        return float("inf")
    codes = np.array([sample.mean(axis=0) for sample in samples], np.float64)
    light = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    wanted = reference_linear()
    fitted = light @ np.linalg.lstsq(light, wanted, rcond=None)[0]
    return float(((fitted - wanted) ** 2).sum() / ((wanted - wanted.mean(axis=0)) ** 2).sum())
