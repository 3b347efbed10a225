"""Grey world: the mean of the scene is grey."""

from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.stages.illuminant.cells import by_colour, gains_of, measured_cells


def grey_world(
    mosaic: Float[Tensor, "b 1 h w"], measured: Bool[Tensor, "b 1 h w"], cfa: Cfa
) -> Float[Tensor, "b 3"]:
    """Gains that make the means of R, G and B equal, green = 1, over whole measured periods.

    Raises FrameError when nothing is measured or a colour sees no light.

    Source: Buchsbaum, Journal of the Franklin Institute 310(1), 1980.
    """
    planes, whole = measured_cells(mosaic, measured, cfa, "grey world")
    site_means = (planes * whole).sum(dim=(2, 3)) / whole.sum(dim=(2, 3))  # (b, sites)
    return gains_of(by_colour(site_means, cfa), "grey world")
