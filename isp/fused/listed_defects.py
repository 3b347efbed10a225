"""Listed defects without a pass over the picture: where they are, and what takes their place."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isp.core.sensor import SensorProfile
from isp.fused.borders import MARGIN, mirrored


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ListedDefects:
    """Distinct defects inside the picture in reading order: (n,) rows and columns."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    size: tuple[int, int]

    @staticmethod
    def of(profile: SensorProfile | None, size: tuple[int, int]) -> "ListedDefects":
        """Those of a profile; none without one."""
        height, width = size
        listed = [] if profile is None else profile.defects
        inside = {d.row * width + d.column for d in listed if d.row < height and d.column < width}
        rows, columns = np.divmod(np.array(sorted(inside), dtype=np.int64), width)
        return ListedDefects(rows=rows, columns=columns, size=size)

    @property
    def first_of_row(self) -> NDArray[np.int64]:
        """Where the defects of each row begin, and where the last ones end: (h + 1,)."""
        return np.searchsorted(self.rows, np.arange(self.size[0] + 1))

    def corrected(
        self, dn: NDArray[np.float32], black: NDArray[np.float32], scale: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Values in place of the defects, (n,): `isp.stages.defects.correct_defects`.

        dn: (h, w). black, scale: (2, 2) for each site: DN, and mosaic per DN.
        """
        row_of, column_of = mirrored(self.size)
        steps = np.array([-2, 0, 2])
        rows = row_of[self.rows[:, None, None] + steps[:, None] + 2]  # (n, 3, 1)
        columns = column_of[self.columns[:, None, None] + steps + MARGIN]  # (n, 1, 3)
        site = rows & 1, columns & 1
        values = (dn[rows, columns] - black[site]) * scale[site]
        width = self.size[1]
        sound = ~np.isin(rows * width + columns, self.rows * width + self.columns)
        weights = np.array([[1, 2, 1], [2, 0, 2], [1, 2, 1]], np.float32) * sound
        weight = weights.sum(axis=(1, 2))
        mean = (values * weights).sum(axis=(1, 2)) / np.maximum(weight, 1)
        chosen: NDArray[np.float32] = np.where(weight > 0, mean, values[:, 1, 1])
        return chosen.astype(np.float32)
