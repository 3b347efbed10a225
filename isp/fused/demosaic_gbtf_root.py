"""`gbtf_root` in one compiled pass over the rows, equal to the stage within rounding."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import no_type_check

import numpy as np
import torch
from torch import Tensor

from isp.core.cfa import Cfa, reflect_whole_periods
from isp.core.kernels.compiled import approximate
from isp.core.large_arrays import empty
from isp.fused.gbtf_root_rows import (
    across_change_row,
    across_row,
    colour_row,
    diagonal_row,
    down_change_row,
    down_row,
    root_row,
    sum_row,
    weigh_row,
)
from isp.stages.demosaic.bayer_sites import need_bayer
from isp.stages.demosaic.gbtf_root import HALO
from isp.stages.demosaic.root_domain import TOE

COLUMNS = 1024  # a tile's rows in flight, about seventy of them, stay in a core's own cache
BAND = 64  # rows that a thread takes at a time; 18 more are computed for their sake
RING, ROOTS = 8, 16  # rows kept of each step, and of the mosaic; powers of 2


def demosaic_gbtf_root_fused(mosaic: Tensor, cfa: Cfa, toe: float | None = TOE) -> Tensor:
    """`demosaic_gbtf_root` of float32 on the CPU: (b, 1, h, w) to (b, 3, h, w).

    Takes as many threads as torch does. Differs from the stage by float32's rounding alone.

    Raises ProfileError for a pattern that is not one of the four Bayer phases.
    """
    need_bayer(cfa, "gbtf_root")
    batch, _, height, width = mosaic.shape
    padded = reflect_whole_periods(mosaic, cfa.period, (HALO,) * 4).contiguous().numpy()
    picture = empty((batch, 3, height, width))
    sites = cfa.crop(-HALO, -HALO).sites().numpy().astype(np.int64)
    level = np.float32(0 if toe is None else toe)
    threads = torch.get_num_threads()
    bands = 1 if threads == 1 else max(1, height // BAND)
    edges = np.linspace(0, height, bands + 1).astype(int).tolist()
    tasks = [
        (padded[image, 0], sites, level, picture[image].numpy(), first, last)
        for image in range(batch)
        for first, last in pairwise(edges)
    ]
    if threads == 1 or len(tasks) == 1:
        for task in tasks:
            demosaic_rows(*task)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda task: demosaic_rows(*task), tasks))
    return picture


@approximate
@no_type_check
def demosaic_rows(padded, sites, toe, picture, first, last):
    """Rows first..last of a picture (3, h, w) from (h + 18, w + 18), tile by tile of columns.

    sites: channel at the first 2 x 2 photosites of `padded`.
    """
    width = picture.shape[2]
    side = COLUMNS + 2 * HALO
    roots = np.zeros((ROOTS, side), np.float32)
    across, across_change, beside_change = np.zeros((3, RING, side), np.float32)
    down, summed_change, difference, diagonal = np.zeros((4, RING, side), np.float32)
    shares = np.zeros((4, RING, side), np.float32)
    change = np.zeros(side, np.float32)
    signs = np.empty((2, side), np.float32)
    for y in range(2):
        for x in range(side):
            signs[y, x] = 1 if sites[y, x % 2] == 1 else -1
    for left in range(0, width, COLUMNS):
        n = min(COLUMNS, width - left) + 2 * HALO
        for t in range(first, last + 2 * HALO):
            linear, root = padded[t, left : left + n], roots[t % ROOTS, :n]
            root_row(linear, toe, root)
            across_row(root, signs[t % 2], across[t % RING, :n])
            across_change_row(across[t % RING, :n], across_change[t % RING, :n])
            if t >= first + 2:
                sum_row(
                    across_change[(t - 2) % RING, :n], across_change[(t - 1) % RING, :n],
                    across_change[t % RING, :n], beside_change[(t - 1) % RING, :n],
                )  # fmt: skip
            if t >= first + 4:
                down_row(
                    roots[(t - 4) % ROOTS, :n], roots[(t - 3) % ROOTS, :n],
                    roots[(t - 2) % ROOTS, :n], roots[(t - 1) % ROOTS, :n], root,
                    signs[t % 2], down[(t - 2) % RING, :n],
                )  # fmt: skip
            if t >= first + 6:
                down_change_row(
                    down[(t - 4) % RING, :n], down[(t - 2) % RING, :n],
                    change[:n], summed_change[(t - 3) % RING, :n],
                )  # fmt: skip
            if t >= first + 10:
                d = t - 5
                weigh_row(
                    summed_change[(d - 2) % RING, :n], summed_change[(d - 1) % RING, :n],
                    summed_change[d % RING, :n], summed_change[(d + 1) % RING, :n],
                    summed_change[(d + 2) % RING, :n], beside_change[d % RING, :n],
                    down[(d - 2) % RING, :n], down[(d - 1) % RING, :n], down[d % RING, :n],
                    down[(d + 1) % RING, :n], down[(d + 2) % RING, :n], across[d % RING, :n],
                    shares[0, d % RING, :n], shares[1, d % RING, :n], shares[2, d % RING, :n],
                    shares[3, d % RING, :n], difference[d % RING, :n],
                )  # fmt: skip
            if t >= first + 16:
                d = t - 8
                diagonal_row(
                    difference[(d - 3) % RING, :n], difference[(d - 1) % RING, :n],
                    difference[(d + 1) % RING, :n], difference[(d + 3) % RING, :n],
                    diagonal[d % RING, :n],
                )  # fmt: skip
            if t >= first + 2 * HALO:
                y = t - HALO
                own = max(sites[y % 2, 0], sites[y % 2, 1])
                if own == 1:
                    own = 0
                row = y - HALO
                end = left + n - 2 * HALO
                colour_row(
                    padded[y, left : left + n], roots[y % ROOTS, :n], signs[y % 2], toe,
                    shares[0, y % RING, :n], shares[1, y % RING, :n], shares[2, y % RING, :n],
                    shares[3, y % RING, :n], difference[(y - 1) % RING, :n],
                    difference[y % RING, :n], difference[(y + 1) % RING, :n],
                    diagonal[(y - 1) % RING, :n], diagonal[y % RING, :n],
                    diagonal[(y + 1) % RING, :n],
                    picture[own, row, left:end], picture[1, row, left:end],
                    picture[2 - own, row, left:end],
                )  # fmt: skip
