"""Sharpening: an unsharp mask on the luminance that may not leave its surroundings' range."""

import math
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

FAR = 1e30
DARK = 1e-3  # luminance that the threshold is not relative to below


def sharpen(
    linear: Float[Tensor, "b 3 h w"],
    measured: Float[Tensor, "b 1 h w"],
    weights: Float[Tensor, "b 3"],
    amount: float,
    radius: float,
    threshold: float,
    overshoot: float,
) -> Float[Tensor, "b 3 h w"]:
    """Add the luminance's own detail to all three channels, within limits.

    measured: 1 where a pixel was measured; the others stay, and give nothing to their neighbours.
    weights: luminance of R, G, B, sum 1.
    amount: factor on the detail, what a Gaussian of standard deviation `radius` pixels takes away.
    threshold: detail below this share of the local luminance is noise and is not added; above it,
        the rest is.
    overshoot: how far the result may pass the largest and smallest luminance of the 3 x 3 pixels
        around, as a share of their difference; 0 makes no halo at all.
    Colour differences stay as they were.
    """
    light = luminance_of(linear, weights)
    blurred = _blurred(light, measured, radius)
    detail = light - blurred
    noise = threshold * (blurred.abs() + DARK)
    detail = torch.sign(detail) * (detail.abs() - noise).clamp(min=0.0)
    top = F.max_pool2d(torch.where(measured > 0, light, -FAR), 3, 1, 1)
    bottom = -F.max_pool2d(torch.where(measured > 0, -light, -FAR), 3, 1, 1)
    margin = overshoot * (top - bottom)
    wanted = light + amount * detail
    limited = torch.minimum(torch.maximum(wanted, bottom - margin), top + margin)
    return torch.where(measured > 0, linear + (limited - light), linear)


def _blurred(light: Tensor, measured: Tensor, radius: float) -> Tensor:
    """Gaussian mean of the measured pixels around each, those inside the frame."""
    reach = reach_of(radius)
    place = torch.arange(-reach, reach + 1, dtype=torch.float64)
    taps = torch.exp(-(place**2) / (2 * radius**2))
    taps = (taps / taps.sum()).to(light)
    pair = torch.cat([torch.where(measured > 0, light, 0.0), measured], dim=1)
    down = taps.reshape(1, 1, -1, 1).expand(2, 1, -1, 1)
    across = taps.reshape(1, 1, 1, -1).expand(2, 1, 1, -1)
    rows = F.conv2d(pair, down, padding=(reach, 0), groups=2)
    sums = F.conv2d(rows, across, padding=(0, reach), groups=2)
    share = sums[:, 1:]
    return sums[:, :1] / torch.where(share > 0, share, 1.0)


def reach_of(radius: float) -> int:
    """Pixels on each side that the Gaussian is cut at: three standard deviations."""
    return math.ceil(3 * radius)


class Sharpen(Stage):
    """`sharpen` with the luminance of the frame's colour space; see there for the settings.

    Every value rests on measured pixels only, so the masks stay.

    Raises UsageError for settings out of range.
    """

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def __init__(
        self,
        amount: float = 1.0,
        radius: float = 0.8,
        threshold: float = 0.01,
        overshoot: float = 0.1,
    ) -> None:
        super().__init__()
        if not (0 <= amount <= 10 and 0.2 <= radius <= 10 and threshold >= 0 and overshoot >= 0):
            raise UsageError(
                "sharpening takes an amount of 0..10, a radius of 0.2..10 pixels, a threshold and "
                f"an overshoot of at least 0, not {amount}, {radius}, {threshold}, {overshoot}"
            )
        self.amount, self.radius = amount, radius
        self.threshold, self.overshoot = threshold, overshoot
        self.halo = reach_of(radius)

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        return frame.data, frame.measured.float(), luminance_weights(frame)

    def forward(
        self,
        linear: Float[Tensor, "b 3 h w"],
        measured: Float[Tensor, "b 1 h w"],
        weights: Float[Tensor, "b 3"],
    ) -> Float[Tensor, "b 3 h w"]:
        return sharpen(
            linear, measured, weights, self.amount, self.radius, self.threshold, self.overshoot
        )

    def settings(self) -> dict[str, Any]:
        return {
            "amount": self.amount, "radius": self.radius,
            "threshold": self.threshold, "overshoot": self.overshoot,
        }  # fmt: skip
