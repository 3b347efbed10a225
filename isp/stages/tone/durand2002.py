"""Durand and Dorsey's tone mapping: a bilateral filter parts large contrasts from detail."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.luminance import luminance_weights
from isp.core.stage import Stage
from isp.stages.tone.luminance import lit_luminance, measured_or_all

SEGMENTS = 17  # of intensity: over the 4.8 decades that are kept, 0.3 apart, below sigma_r
NODES_PER_SIGMA = 3
FAINTEST = 1e-6  # weight below which no measured neighbour is like a pixel


def tone_durand2002(
    linear: Float[Tensor, "b 3 h w"],
    luminance_weights: Float[Tensor, "b 3"],
    measured: Float[Tensor, "b 1 h w"],
    *,
    contrast: float = 5.0,
    sigma_share: float = 0.02,
    sigma_decades: float = 0.4,
) -> Float[Tensor, "b 3 h w"]:
    """Compress the base layer of log10 luminance to a contrast, keep the detail and the colours.

    measured: 1 or 0; a pixel with 0 has no part in what becomes of others.
    contrast: of the base layer, whose brightest becomes 1; it is never raised. A ratio: at 5 the
        darkest of the base becomes 0.2, which is a bright picture. pfstools takes the logarithm
        of it, so that its 5 is exp(5), 148 here; at equal ratios the two agree (a test).
    sigma_share: of the longer side, the filter's sigma in space. sigma_decades: in log10 light.

    As in the paper the base's darkest and brightest pixel set the compression: one black corner
    lifts all shadows, for which a higher contrast is the remedy.

    Source: Durand and Dorsey, SIGGRAPH 2002, sections 5 and 6.
    """
    luminance = lit_luminance(linear, luminance_weights, measured)
    log = torch.log10(luminance)
    counts = measured_or_all(measured)
    base = bilateral(log, counts, sigma_share=sigma_share, sigma_range=sigma_decades)
    high, low = _extremes(base, counts)
    factor = (math.log10(contrast) / (high - low).clamp(min=1e-3)).clamp(max=1.0)
    return linear * torch.pow(10.0, (factor - 1) * base - factor * high)


def bilateral(
    values: Float[Tensor, "b 1 h w"],
    weights: Float[Tensor, "b 1 h w"],
    *,
    sigma_share: float,
    sigma_range: float,
) -> Float[Tensor, "b 1 h w"]:
    """Mean of near and similar values, each by its weight; fast.

    Space is sampled at three nodes per sigma and the range at 17 levels, where the Gaussian sums
    are whole; between them they are interpolated, numerator and denominator apart. A value that
    no weighted one is near and similar to stays as it is.

    Against the sum over all pairs, in decades: rms 0.0002 and at most 0.001 on drawn plains with
    texture, rms 0.004 and at most 0.03 on a real scene of 3.7 decades.

    Source: Durand and Dorsey 2002, section 5 (piecewise-linear in intensity), divided last as in
    Paris and Durand, ECCV 2006.
    """
    high, low = _extremes(values, weights)
    spacing = ((high - low) / (SEGMENTS - 1)).clamp(min=1e-6)
    sigma = sigma_share * max(values.shape[-2:])
    nodes = math.ceil(NODES_PER_SIGMA / sigma_share)
    down = _sampling(values[0, 0, :, 0], nodes, sigma)
    right = _sampling(values[0, 0, 0, :], nodes, sigma)
    total, weight = torch.zeros_like(values), torch.zeros_like(values)
    inside = torch.minimum(torch.maximum(values, low), high)
    for segment in range(SEGMENTS):
        level = low + segment * spacing
        similar = weights * torch.exp(-0.5 * ((inside - level) / sigma_range) ** 2)
        both = torch.cat([similar * (inside - low), similar], dim=1)
        coarse = down @ both @ right.T  # (b, 2, nodes, nodes)
        fine = F.interpolate(coarse, values.shape[-2:], mode="bilinear", align_corners=True)
        share = (1 - ((inside - level) / spacing).abs()).clamp(min=0)
        total, weight = total + share * fine[:, :1], weight + share * fine[:, 1:]
    mean = low + total / weight.clamp(min=FAINTEST)
    return torch.where(weight > FAINTEST, mean, values)


def _extremes(values: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Largest and smallest of the weighted values, (b, 1, 1, 1)."""
    high = torch.where(weights > 0, values, -1e9).amax(dim=(2, 3), keepdim=True)
    return high, torch.where(weights > 0, values, 1e9).amin(dim=(2, 3), keepdim=True)


def _sampling(line: Tensor, nodes: int, sigma: float) -> Tensor:
    """Gaussian weights from pixels to nodes spread from the first to the last: (nodes, n)."""
    pixels = torch.arange(line.shape[0], device=line.device).to(line.dtype)
    index = torch.arange(nodes, device=line.device).to(line.dtype)[:, None]
    step = pixels[-1].clamp(min=1) / (nodes - 1)
    return torch.exp(-0.5 * ((pixels - index * step) / sigma) ** 2)


class DurandTone(Stage):
    """`tone_durand2002` on the frame's measured pixels.

    whole_frame: its filter grows with the picture and its contrast is that of all of it.
    """

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR
    whole_frame = True

    def __init__(self, contrast: float = 5.0, sigma_share: float = 0.02) -> None:
        super().__init__()
        if not contrast > 1:
            raise UsageError(f"the contrast of the base layer is above 1, not {contrast}")
        if not 0.005 <= sigma_share <= 1:
            raise UsageError(f"sigma_share is 0.005 to 1 of the longer side, not {sigma_share}")
        self.contrast = contrast
        self.sigma_share = sigma_share

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        weights = luminance_weights(frame)
        return frame.data, weights, frame.measured.float()

    def forward(
        self,
        linear: Float[Tensor, "b 3 h w"],
        luminance_weights: Float[Tensor, "b 3"],
        measured: Float[Tensor, "b 1 h w"],
    ) -> Float[Tensor, "b 3 h w"]:
        return tone_durand2002(linear, luminance_weights, measured, **self.settings())

    def settings(self) -> dict[str, Any]:
        return {"contrast": self.contrast, "sigma_share": self.sigma_share}
