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
    height, width = size
    # Whether a mosaic is mirrored or continued depends on both sides, but three are enough of one.
    rows = torch.arange(float(height)).reshape(1, 1, -1, 1).expand(-1, -1, -1, min(width, 3))
    columns = torch.arange(float(width)).reshape(1, 1, 1, -1).expand(-1, -1, min(height, 3), -1)
    row_of = _padded(rows)[:, 2].astype(np.int64)
    column_of = _padded(columns)[2].astype(np.int64)
    return row_of, np.concatenate([column_of[:1], column_of, column_of[-1:]])


def _padded(positions: Tensor) -> NDArray[np.float32]:
    padded = reflect_whole_periods(positions.contiguous(), BAYER, (2, 2, 2, 2))
    result: NDArray[np.float32] = padded[0, 0].numpy()
    return result
