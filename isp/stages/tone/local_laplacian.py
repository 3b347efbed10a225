"""Tone mapping by local Laplacian filters: edges are compressed, detail is kept, without halos."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.luminance import luminance_of, luminance_weights
from isp.core.stage import Stage
from isp.stages.pyramid import LEVELS, expand, fill_in, gaussian_pyramid
from isp.stages.tone.luminance import (
    lit_luminance,
    measured_or_all,
)

DETAIL_STOPS = math.log2(2.5)  # Paris et al. 2011, section 5.2: sigma_r = log 2.5
SPACING_STOPS = DETAIL_STOPS / 2  # of references: Aubry et al. ask for sigma_r or less
TOGETHER = 6  # references that are worked on as channels: memory against passes
MIDDLE_GREY = 0.18
BRIGHT_PERCENT = 99.9


def tone_local_laplacian(
    linear: Float[Tensor, "b 3 h w"],
    luminance_weights: Float[Tensor, "b 3"],
    measured: Float[Tensor, "b 1 h w"],
    edge_slope: Float[Tensor, "b"],
    strength: float = 1.0,
) -> Float[Tensor, "b 3 h w"]:
    """Compress what exceeds 1.3 stops around it by a slope, at every scale; keep the colours.

    Slow changes of light are no edges. What they leave above white is then compressed in the
    logarithm, above middle grey, so that the 99.9th percentile of the measured becomes 1.

    measured: 1 or 0. A pixel with 0 has no part in what becomes of others: for them it is filled
        in from around; its own difference from that is compressed by the slope.
    edge_slope: of log luminance beyond the detail; 1 leaves edges as they are.
    strength: share of that last compression, 0 to 1.

    Source: Paris, Hasinoff and Kautz, SIGGRAPH 2011, sections 4 and 5.2, computed as Aubry et al.,
    ACM TOG 33(5), 2014, section 4: remapped pyramids half of sigma_r apart, interpolated; 26 for
    the 16 stops that are kept, fewer where the picture has fewer.
    """
    log = torch.log2(lit_luminance(linear, luminance_weights, measured))
    counts = measured_or_all(measured)
    known = fill_in(torch.where(counts > 0, log, 0.0), counts)
    slope = edge_slope.reshape(-1, 1, 1, 1)
    toned = local_laplacian(known, slope) + slope * (log - known)
    return linear * torch.exp2(_below_white(toned, counts, strength) - log)


def _below_white(toned: Tensor, counts: Tensor, strength: float) -> Tensor:
    """Bring the bright percentile of log2 light to 0 by a slope above middle grey."""
    grey = math.log2(MIDDLE_GREY)
    slopes = []
    for image, good in zip(toned, counts > 0, strict=True):
        bright = _bright(image[good])
        slopes.append(1 - strength * (1 - grey / (grey - bright)) if bright > 0 else 1.0)
    slope = toned.new_tensor(slopes).reshape(-1, 1, 1, 1)
    return torch.minimum(toned, toned.new_tensor(grey)) + slope * (toned - grey).clamp(min=0)


def _bright(values: Tensor) -> float:
    rank = math.ceil(values.numel() * BRIGHT_PERCENT / 100)
    return float(torch.kthvalue(values.detach(), rank).values)


def local_laplacian(
    values: Float[Tensor, "b 1 h w"],
    slope: Float[Tensor, "b 1 1 1"],
    detail: float = DETAIL_STOPS,
    spacing: float = SPACING_STOPS,
) -> Float[Tensor, "b 1 h w"]:
    """Values whose edges, steps of more than `detail` at any scale, keep `slope` of the rest.

    Each level of the result's Laplacian pyramid is interpolated between those of pictures in which
    everything further than `detail` from a reference was drawn to it.
    spacing: between the references, from the lowest value to past the highest. At half of sigma_r
        ten stops of noise differ from the definition by 0.03 stops at most, rms 0.006.
    """
    low = values.amin(dim=(2, 3), keepdim=True)
    span = float((values.amax(dim=(2, 3), keepdim=True) - low).detach().max())
    references = math.ceil(span / spacing) + 1
    levels = gaussian_pyramid(values)
    out = [torch.zeros_like(level) for level in levels[:-1]]
    for first in range(0, references, TOGETHER):
        numbers = torch.arange(first, min(first + TOGETHER, references), device=values.device)
        reference = low + numbers.to(values.dtype).reshape(1, -1, 1, 1) * spacing  # (b, t, 1, 1)
        # What is beyond the detail, less all but a slope of it.
        beyond = F.softshrink(values - reference, detail)
        pyramid = gaussian_pyramid(torch.addcmul(values, beyond, slope - 1))
        for level in range(LEVELS):
            share = (1 - ((levels[level] - reference) / spacing).abs()).clamp(min=0)
            band = pyramid[level] - expand(pyramid[level + 1], pyramid[level])
            out[level] = out[level] + (share * band).sum(dim=1, keepdim=True)
    result = levels[-1]
    for level in range(LEVELS - 1, -1, -1):
        result = out[level] + expand(result, out[level])
    return result


def edge_slope_of(
    linear: Float[Tensor, "b 3 h w"],
    measured: Bool[Tensor, "b 1 h w"],
    weights: Float[Tensor, "b 3"],
) -> Float[Tensor, "b"]:
    """The slope at which an edge from middle grey to the 99.9th percentile of light ends at 1.

    1, so no change, where that percentile of the measured pixels is below 1 already.

    Raises FrameError when no measured pixel has light.
    """
    room = math.log2(1 / MIDDLE_GREY) - DETAIL_STOPS
    slopes = []
    for bright, good in zip(luminance_of(linear, weights), measured, strict=True):
        lit = bright[good & (bright > 0)]
        if lit.numel() == 0:
            raise FrameError("no measured pixel has light; there is nothing to map")
        above = math.log2(_bright(lit) / MIDDLE_GREY) - DETAIL_STOPS
        slopes.append(1.0 if above <= room else room / above)
    return torch.tensor(slopes, device=linear.device)


class LocalLaplacianTone(Stage):
    """`tone_local_laplacian`, compressing as much as the frame's bright parts need.

    strength: 1 brings the 99.9th percentile of a picture that exceeds white to 1; 0 does nothing.
    whole_frame: its pyramids end in one pixel. Not exportable: a size that the graph does not
    know, halved and rounded up twelve times, takes the exporter minutes, and ONNX Runtime 1.31
    then takes different sizes for one ("Shape mismatch attempting to re-use buffer").
    """

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR
    whole_frame = True
    exportable = False

    def __init__(self, strength: float = 1.0) -> None:
        super().__init__()
        if not 0 <= strength <= 1:
            raise UsageError(f"strength is 0 to 1, not {strength}")
        self.strength = strength

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        weights = luminance_weights(frame)
        slope = edge_slope_of(frame.data, frame.measured, weights)
        return frame.data, weights, frame.measured.float(), 1 - self.strength * (1 - slope)

    def forward(
        self,
        linear: Float[Tensor, "b 3 h w"],
        luminance_weights: Float[Tensor, "b 3"],
        measured: Float[Tensor, "b 1 h w"],
        edge_slope: Float[Tensor, "b"],
    ) -> Float[Tensor, "b 3 h w"]:
        return tone_local_laplacian(linear, luminance_weights, measured, edge_slope, self.strength)

    def settings(self) -> dict[str, Any]:
        return {"strength": self.strength}

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"edge_slope": inputs[3].tolist()}
