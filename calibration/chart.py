"""Where the patches of a chart lie in a picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.colour_checker import COLUMNS, ROWS, Values
from isp.core.errors import CalibrationError

WINDOW = 0.25  # half the side of a patch's window, in distances between patches
LEAST_WINDOW_PX = 2


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
