"""`gbtf_root` alone in one compiled pass over the rows, equal to the stage within rounding."""

import numpy as np
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.fused import cpu
from isp.fused.demosaics import GBTF_ROOT
from isp.fused.shot_numbers import ShotNumbers
from isp.stages.demosaic.bayer_sites import need_bayer
from isp.stages.demosaic.gbtf_root import demosaic_gbtf_root
from isp.stages.demosaic.root_domain import TOE


def demosaic_gbtf_root_fused(mosaic: Tensor, cfa: Cfa, toe: float | None = TOE) -> Tensor:
    """`demosaic_gbtf_root` of float32 on the CPU: (b, 1, h, w) to (b, 3, h, w).

    Takes as many threads as torch does. Differs from the stage by float32's rounding alone; what
    the kernel does not take, `isp.fused.cpu.render`, the stage does.

    Raises ProfileError for a pattern that is not one of the four Bayer phases.
    """
    need_bayer(cfa, "gbtf_root")
    if not cpu.fits(mosaic):
        return demosaic_gbtf_root(mosaic, cfa, toe)
    batch, size = len(mosaic), (mosaic.shape[-2], mosaic.shape[-1])
    numbers = ShotNumbers.neutral(batch, size)
    numbers.demosaic = GBTF_ROOT
    numbers.toe = None if toe is None else np.full(batch, toe)
    nowhere = torch.zeros(1, dtype=torch.bool).expand(mosaic.shape)
    picture = cpu.render(mosaic, nowhere, cfa, numbers)
    return demosaic_gbtf_root(mosaic, cfa, toe) if picture is None else picture
