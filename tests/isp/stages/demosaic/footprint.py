"""Which colours a photosite reaches, found by trying: what the masks of a demosaic must say."""

import torch
from torch import Tensor

from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.stage import Stage

SIDE = 41
TRIALS = 40


def reached(stage: Stage, row: int, column: int) -> Tensor:
    """Outputs (c, h, w) that change with one photosite of a random mosaic, in any of the trials."""
    generator = torch.Generator().manual_seed(4)
    mosaic = torch.rand(TRIALS, 1, SIDE, SIDE, generator=generator, dtype=torch.float64)
    changed = mosaic.clone()
    other = torch.rand(TRIALS, 1, generator=generator, dtype=torch.float64)
    changed[..., row, column] = 20 * other - 10
    return ((stage(mosaic) - stage(changed)).abs() > 1e-12).any(dim=0)


def claimed(stage: Stage, row: int, column: int) -> Tensor:
    """Outputs (c, h, w) that the masks call unmeasured when that photosite is."""
    measured = torch.ones(1, 1, SIDE, SIDE, dtype=torch.bool)
    measured[..., row, column] = False
    mosaic = torch.zeros(1, 1, SIDE, SIDE)
    return ~stage.develop(Frame.start(mosaic, Domain.MOSAIC, measured=measured)).measured[0]
