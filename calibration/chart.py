"""Where the patches of a chart lie in a picture, and what they hold there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.colour_checker import COLUMNS, ROWS, Values
from isp.core.errors import CalibrationError
from isp.core.frame import Frame

WINDOW = 0.25  # half the side of a patch's window, in distances between patches
LEAST_WINDOW_PX = 2
LEAST_MEASURED = 0.98


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chart:
    """A ColorChecker in a picture.

    corners: centres x, y of dark skin, bluish green, black and white: the chart's corners
        clockwise from its upper left, (4, 2) pixels; a centre of a pixel is an integer.
    """

    corners: Values

    @property
    def centres(self) -> Values:
        """Centres x, y of all patches in reading order, (24, 2): a plane seen in perspective."""
        square = np.array([[0, 0], [COLUMNS - 1, 0], [COLUMNS - 1, ROWS - 1], [0, ROWS - 1]])
        rows, columns = np.divmod(np.arange(ROWS * COLUMNS), COLUMNS)
        return project(homography(square, self.corners), np.stack([columns, rows], axis=1))

    @property
    def pitch(self) -> float:
        """Least distance between the centres of two neighbours, pixels."""
        grid = self.centres.reshape(ROWS, COLUMNS, 2)
        across = np.linalg.norm(np.diff(grid, axis=1), axis=-1).min()
        down = np.linalg.norm(np.diff(grid, axis=0), axis=-1).min()
        return float(min(across, down))

    def windows(self, size: tuple[int, int], share: float = WINDOW) -> NDArray[np.int64]:
        """Left, top, right, bottom of each patch's window, (24, 4); right and bottom excluded.

        size: height and width of the picture. share: half a window's side in pitches.

        Raises CalibrationError where a window is not inside, or too small to be a patch.
        """
        half = int(self.pitch * share)
        if half < LEAST_WINDOW_PX:
            raise CalibrationError(
                f"the patches are {self.pitch:.1f} pixels apart; "
                f"{LEAST_WINDOW_PX / share:.0f} are needed"
            )
        middle = np.rint(self.centres).astype(np.int64)
        windows = np.concatenate([middle - half, middle + half + 1], axis=1)
        if windows.min() < 0 or (windows[:, 2:] > (size[1], size[0])).any():
            raise CalibrationError(f"the chart does not lie inside {size[1]} x {size[0]} pixels")
        return windows


def patch_means(frame: Frame, chart: Chart) -> tuple[Values, NDArray[np.bool_]]:
    """Mean of each patch per channel, (24, 3), and whether it was measured.

    frame: one image of light in three channels, or of a mosaic, whose photosites are averaged by
        colour. A patch is measured when 98 % of its pixels are; only these are averaged.

    Raises CalibrationError where the chart does not fit, or a colour has no photosite in a window.
    """
    windows = chart.windows(frame.size)
    data = frame.data[0].double().cpu().numpy()
    measured = frame.measured[0].all(dim=0).cpu().numpy()
    height, width = frame.size
    if data.shape[0] == 1:
        sites = frame.need_profile().cfa.colour_map(height, width).cpu().numpy()
        counts = [measured & (sites == channel) for channel in range(3)]
        data = np.broadcast_to(data, (3, height, width))
    else:
        counts = [measured] * 3
    means, shares = np.zeros((len(windows), 3)), np.zeros(len(windows))
    for index, (left, top, right, bottom) in enumerate(windows):
        window = (slice(top, bottom), slice(left, right))
        shares[index] = measured[window].mean()
        for channel in range(3):
            chosen = data[channel][window][counts[channel][window]]
            means[index, channel] = chosen.mean() if chosen.size else 0.0
    return means, shares >= LEAST_MEASURED


def homography(source: Values, target: Values) -> Values:
    """The 3x3 matrix that takes four points to four others, (4, 2) each.

    Source: Hartley and Zisserman, Multiple View Geometry, 2nd edition, section 4.1 (with h33 = 1).

    Raises CalibrationError for points that are no quadrilateral.
    """
    equations, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        equations += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    system = np.array(equations, dtype=np.float64)
    if not np.isfinite(system).all() or np.linalg.cond(system) > 1e12:
        raise CalibrationError(f"four corners of a quadrilateral are needed, got {target.tolist()}")
    return np.append(np.linalg.solve(system, np.array(values)), 1.0).reshape(3, 3)


def project(matrix: Values, points: Values) -> Values:
    """Points (n, 2) through a homography."""
    lifted = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(lifted[:, :2] / lifted[:, 2:])
