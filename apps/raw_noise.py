"""Noise of a raw whose camera nobody knows, out of the raw itself."""

from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import nnls
from torch import Tensor

from isp.core.cfa import Cfa

BLOCK = 8
LEVELS = 16
QUIET = 0.4  # quantile of a level's blocks that counts as having no texture
TO_SIGMA = 0.6745  # median absolute value of a normal of deviation 1


def measured_noise(
    mosaic: Float[Tensor, "1 1 h w"], cfa: Cfa, span_dn: float
) -> Float[Tensor, "1 3"]:
    """Coefficients c0, c1 and 0 of the variance c0 + c1 x of a mosaic's photosites.

    In blocks of 8 x 8 of one colour the median of |a - b - c + d| / 2 over squares of four gives
    the deviation: a slope has none. Of the blocks at each of 16 levels of light the quantile 0.4
    of the variance is taken, and a line of no negative coefficients is fitted to relative errors.
    It is an upper bound where every block of a level has texture.

    span_dn: DN between black and white; the variance is at least that of rounding, 1/12 DN^2.
    """
    light, variance = _blocks(cfa.pack(mosaic)[0].double().numpy())
    least = 1 / 12 / span_dn**2
    edges = np.quantile(light, np.linspace(0, 1, LEVELS + 1))
    levels, variances = [], []
    for low, high in pairwise(edges):
        inside = (light >= low) & (light <= high)
        levels.append(max(float(np.median(light[inside])), 1e-4))
        variances.append(max(float(np.quantile(variance[inside], QUIET)), least))
    rows = np.stack([levels, np.ones(LEVELS)], axis=1) / np.array(variances)[:, None]
    (slope, offset), _ = nnls(rows, np.ones(LEVELS))
    return torch.tensor([[max(offset, least), max(slope, 1e-9), 0.0]])


def _blocks(planes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean light and variance of each block that is not near white."""
    light, variance = [], []
    for plane in planes:
        crossed = (plane[:-1, :-1] - plane[1:, :-1] - plane[:-1, 1:] + plane[1:, 1:]) / 2
        rows, columns = (side // BLOCK * BLOCK for side in crossed.shape)
        blocks, lit = (
            picture[:rows, :columns]
            .reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK)
            .swapaxes(1, 2)
            .reshape(-1, BLOCK * BLOCK)
            for picture in (crossed, plane)
        )
        sound = lit.max(axis=1) < 0.98
        light.append(lit.mean(axis=1)[sound])
        variance.append((np.median(np.abs(blocks), axis=1)[sound] / TO_SIGMA) ** 2)
    return np.concatenate(light), np.concatenate(variance)
