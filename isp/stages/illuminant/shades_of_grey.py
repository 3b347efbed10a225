"""Shades of grey: the Minkowski norm of the scene is grey, which bright parts lead."""

from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.stages.illuminant.cells import by_colour, gains_of, measured_cells

NORM = 6  # best of the paper's, and what CONVENTIONS section 1.5 fixes


def shades_of_grey(
    mosaic: Float[Tensor, "b 1 h w"], measured: Bool[Tensor, "b 1 h w"], cfa: Cfa
) -> Float[Tensor, "b 3"]:
    """Gains that make (mean |x|^6)^(1/6) of R, G and B equal, green = 1.

    Over whole measured periods. Norm 1 would be grey world, an infinite one the brightest patch.

    Raises FrameError when nothing is measured or a colour sees no light.

    Source: Finlayson and Trezzi, Color Imaging Conference 2004, equation 6 with p = 6.
    """
    planes, whole = measured_cells(mosaic, measured, cfa, "shades of grey")
    powers = (planes.abs().pow(NORM) * whole).sum(dim=(2, 3)) / whole.sum(dim=(2, 3))
    return gains_of(by_colour(powers, cfa).pow(1 / NORM), "shades of grey")
