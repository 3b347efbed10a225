"""What every estimate of the light starts from: whole measured periods, and gains at the end."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.errors import FrameError


def measured_cells(
    mosaic: Float[Tensor, "b 1 h w"], measured: Bool[Tensor, "b 1 h w"], cfa: Cfa, method: str
) -> tuple[Float[Tensor, "b s y x"], Float[Tensor, "b 1 y x"]]:
    """The mosaic's own planes in float64, one per site of the period, and 1 at usable periods.

    A period that holds an unmeasured photosite counts for no colour, since a highlight that is
    clipped in one colour would pull the balance.

    Raises FrameError, naming the method, when an image has no usable period.
    """
    planes = cfa.pack(mosaic).double()
    whole = cfa.pack(measured.float()).amin(dim=1, keepdim=True).double()
    if not bool((whole.sum(dim=(1, 2, 3)) > 0).all()):
        raise FrameError(f"{method} finds no measured photosites; pass gains with --wb R,G,B")
    return planes, whole


def by_colour(per_site: Float[Tensor, "b s"], cfa: Cfa) -> Float[Tensor, "b 3"]:
    """Mean over the sites of each colour, R, G, B."""
    sites = cfa.sites(per_site.device).flatten()
    return torch.stack([per_site[:, sites == c].mean(dim=1) for c in range(3)], dim=1)


def gains_of(light: Float[Tensor, "b 3"], method: str, lacks: str = "light") -> Tensor:
    """Gains R, G, B with green = 1 that make a light neutral, (b, 3) float32.

    Raises FrameError, naming the method, when a colour lacks what it looked for.
    """
    if not bool((light > 0).all()):
        raise FrameError(f"{method} finds a colour without {lacks}; pass gains with --wb R,G,B")
    return (light[:, 1:2] / light).float()
