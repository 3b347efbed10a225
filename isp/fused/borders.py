"""Which photosites stand outside a Bayer mosaic's borders."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from isp.core.cfa import reflect_whole_periods

BAYER = (2, 2)
MARGIN = 3  # columns: two that a 5 x 5 kernel sees, one that completes a pair


def mirrored(size: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which rows stand at -2..h + 1 and which columns at -3..w + 2, as the stages pad a mosaic.

    The outermost columns only complete a pair; no result rests on them.
    """
    row_of, column_of = continued(size, 2)
    return row_of, np.concatenate([column_of[:1], column_of, column_of[-1:]])


def continued(size: tuple[int, int], halo: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which rows stand at -halo..h + halo - 1 and which columns, as the stages pad a mosaic."""
    height, width = size
    # Whether a mosaic is mirrored or continued depends on both sides, but a few are enough of one.
    few = halo + 1
    rows = torch.arange(float(height)).reshape(1, 1, -1, 1).expand(-1, -1, -1, min(width, few))
    columns = torch.arange(float(width)).reshape(1, 1, 1, -1).expand(-1, -1, min(height, few), -1)
    row_of = _padded(rows, halo)[:, halo].astype(np.int64)
    return row_of, _padded(columns, halo)[halo].astype(np.int64)


def _padded(positions: Tensor, halo: int) -> NDArray[np.float32]:
    padded = reflect_whole_periods(positions.contiguous(), BAYER, (halo,) * 4)
    result: NDArray[np.float32] = padded[0, 0].numpy()
    return result
