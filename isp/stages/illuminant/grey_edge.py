"""Grey edge: the differences between neighbours are grey."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.stages.illuminant.cells import by_colour, gains_of, measured_cells

NORM = 6
SIGMA_CELLS = 1.0  # of the smoothing, in periods of the pattern
RADIUS = 3
ROUNDING = 1e-9  # a plain wall's gradient in float64, of its level, is below 1e-15


def grey_edge(
    mosaic: Float[Tensor, "b 1 h w"], measured: Bool[Tensor, "b 1 h w"], cfa: Cfa
) -> Float[Tensor, "b 3"]:
    """Gains that make (mean |gradient|^6)^(1/6) of R, G and B equal, green = 1.

    Each site's plane is smoothed over its measured periods (Gaussian, sigma 1 period) and
    differentiated to first order, half the difference of the neighbours on either side; a period
    that was not measured gives no gradient, and to its neighbours' the mean around it. A
    plain wall has no edges and no estimate.

    Raises FrameError when nothing is measured or a colour has no edges.

    Source: van de Weijer, Gevers and Gijsenij, IEEE TIP 16(9), 2007, equation 12, n = 1, p = 6.
    """
    planes, whole = measured_cells(mosaic, measured, cfa, "grey edge")
    weights = _smooth(whole)
    smooth = _smooth(planes * whole) / weights.clamp(min=1e-12)
    squared = _difference(smooth, 3).square() + _difference(smooth, 2).square()
    powers = (squared.pow(NORM / 2) * whole).sum(dim=(2, 3)) / whole.sum(dim=(2, 3))
    edges = by_colour(powers, cfa).pow(1 / NORM)
    rounding = ROUNDING * (planes * whole).abs().amax(dim=(1, 2, 3))[:, None]
    return gains_of(torch.where(edges > rounding, edges, 0.0), "grey edge", "edges")


def _smooth(planes: Tensor) -> Tensor:
    """Gaussian along both axes, nothing outside."""
    steps = torch.arange(-RADIUS, RADIUS + 1, dtype=planes.dtype, device=planes.device)
    kernel = torch.exp(-0.5 * (steps / SIGMA_CELLS) ** 2)
    kernel = (kernel / kernel.sum()).expand(planes.shape[1], 1, 1, -1)
    groups = planes.shape[1]
    across = F.conv2d(planes, kernel, padding=(0, RADIUS), groups=groups)
    return F.conv2d(across, kernel.transpose(2, 3), padding=(RADIUS, 0), groups=groups)


def _difference(planes: Tensor, dim: int) -> Tensor:
    """Half of next minus previous along an axis; the border stands for what is beyond it."""
    index = torch.arange(planes.shape[dim], device=planes.device)
    last = planes.shape[dim] - 1
    after = planes.index_select(dim, (index + 1).clamp(max=last))
    return (after - planes.index_select(dim, (index - 1).clamp(min=0))) / 2
