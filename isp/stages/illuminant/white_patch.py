"""White patch: the brightest that was measured is white."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.stages.illuminant.cells import gains_of, measured_cells

PERCENT = 99


def white_patch(
    mosaic: Float[Tensor, "b 1 h w"], measured: Bool[Tensor, "b 1 h w"], cfa: Cfa
) -> Float[Tensor, "b 3"]:
    """Gains that make the 99th percentiles of R, G and B equal, green = 1.

    Over whole measured periods. The percentile is the smallest value that 99 % do not exceed: a
    maximum would be noise or the one specular reflection.

    Raises FrameError when nothing is measured or a colour sees no light.

    Source: Land and McCann, JOSA 61(1), 1971 (the maximum); the percentile is CONVENTIONS 1.5.
    """
    planes, whole = measured_cells(mosaic, measured, cfa, "white patch")
    sites = cfa.sites(mosaic.device).flatten()
    light = []
    for image, good in zip(planes, whole[:, 0] > 0, strict=True):
        values = image[:, good]  # (sites, n)
        light.append([_percentile(values[sites == c].flatten()) for c in range(3)])
    return gains_of(planes.new_tensor(light), "white patch")


def _percentile(values: Tensor) -> float:
    if not values.numel():  # a pattern without this colour
        return 0.0
    rank = math.ceil(values.numel() * PERCENT / 100)
    return float(torch.kthvalue(values.detach(), rank).values)
