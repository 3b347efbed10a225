"""Chroma denoising: colour differences made smooth along the luminance, which stays."""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.luminance import luminance_of, luminance_weights
from isp.core.stage import Stage

DARK = 1e-3  # luminance that contrast is not measured below


def denoise_chroma(
    linear: Float[Tensor, "b 3 h w"],
    measured: Float[Tensor, "b 1 h w"],
    weights: Float[Tensor, "b 3"],
    radius: int,
    contrast: float,
    strength: float = 1.0,
) -> Float[Tensor, "b 3 h w"]:
    """Filter R - Y and B - Y with Y as the guide; G follows, so that Y is what it was.

    measured: 1 where a pixel was measured; the others stay, and give nothing to their neighbours.
    weights: luminance of R, G, B, sum 1.
    radius: of the guided filter's windows, pixels; contrast: of luminance within a window, relative
        to its mean, from which colour follows it; strength: 0 none, 1 all of the filter.

    Source: He, Sun, Tang, IEEE TPAMI 35(6), 2013, equations 5, 6 and 8; the regulariser relative
    to each window's mean luminance is ours, so that exposure changes nothing.
    """
    guide = luminance_of(linear, weights)
    difference = torch.cat([linear[:, :1] - guide, linear[:, 2:] - guide], dim=1)
    count = _box(measured, radius).clamp(min=1.0)

    def mean(values: Tensor) -> Tensor:
        return _box(torch.where(measured > 0, values, 0.0), radius) / count

    centre, chroma = mean(guide), mean(difference)
    variance = (mean(guide * guide) - centre * centre).clamp(min=0.0)
    covariance = mean(guide * difference) - centre * chroma
    flat = (contrast * (centre.abs() + DARK)) ** 2
    slope = covariance / (variance + flat)
    base = chroma - slope * centre
    smooth = mean(slope) * guide + mean(base)
    mixed = difference + strength * (smooth - difference)
    red_weight, green_weight, blue_weight = (w.reshape(-1, 1, 1, 1) for w in weights.unbind(1))
    red, blue = mixed[:, :1], mixed[:, 1:]
    green = -(red_weight * red + blue_weight * blue) / green_weight
    filtered = torch.cat([red, green, blue], dim=1) + guide
    return torch.where(measured > 0, filtered, linear)


def _box(values: Tensor, radius: int) -> Tensor:
    """Sums over windows, cut at the border."""
    side = 2 * radius + 1
    rows = F.avg_pool2d(values, (side, 1), 1, (radius, 0))
    return F.avg_pool2d(rows, (1, side), 1, (0, radius)) * side**2


class ChromaDenoise(Stage):
    """`denoise_chroma` with the luminance of the frame's colour space.

    Colours that meet without a step of luminance run into each other over the radius.

    radius: pixels, 1 to 32. contrast: relative luminance contrast that holds colours apart.
    strength: 0..1. Every value rests on measured pixels only, so the masks stay.

    Raises UsageError for settings out of range.
    """

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def __init__(self, radius: int = 3, contrast: float = 0.03, strength: float = 1.0) -> None:
        super().__init__()
        if not (1 <= radius <= 32 and contrast > 0 and 0 <= strength <= 1):
            raise UsageError(
                "chroma denoising takes a radius of 1..32 pixels, a contrast above 0 and a "
                f"strength of 0..1, not {radius}, {contrast}, {strength}"
            )
        self.radius, self.contrast, self.strength = radius, contrast, strength
        self.halo = 2 * radius

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        return frame.data, frame.measured.float(), luminance_weights(frame)

    def forward(
        self,
        linear: Float[Tensor, "b 3 h w"],
        measured: Float[Tensor, "b 1 h w"],
        weights: Float[Tensor, "b 3"],
    ) -> Float[Tensor, "b 3 h w"]:
        return denoise_chroma(linear, measured, weights, self.radius, self.contrast, self.strength)

    def settings(self) -> dict[str, Any]:
        return {"radius": self.radius, "contrast": self.contrast, "strength": self.strength}
