"""Chroma denoising: colour differences made smooth between edges, luma kept."""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.linear_noise import linear_noise
from isp.core.luminance import luminance_of, luminance_weights
from isp.core.same_bits import evenly, power
from isp.core.stage import Stage
from isp.core.transfer import decode_srgb, encode_srgb

TAPS = (1 / 16, 1 / 4, 3 / 8, 1 / 4, 1 / 16)  # cubic B-spline
TOE = 12.92  # codes per light in the dark, IEC 61966-2-1
BEND = 0.0031308  # light at which sRGB's curve leaves its straight toe
# Chosen on four Kodak photographs at 200, 1000 and 10000 electrons, as the default contrast was.
SIGMAS = 6.0  # of the noise that the range of luma takes in
CHROMA = 2.0  # range of the colour differences over that of luma, in the first step
UNMEASURED = -200.0  # exponent between a measured pixel and one that is not: weight 0 in float32
NARROWER = 0.2  # what a step's range of colour differences is of the step's before


def denoise_chroma(
    linear: Float[Tensor, "b 3 h w"],
    measured: Float[Tensor, "b 1 h w"],
    weights: Float[Tensor, "b 3"],
    noise: Float[Tensor, "b 2"],
    radius: int,
    contrast: float,
    strength: float = 1.0,
) -> Float[Tensor, "b 3 h w"]:
    """Average R' - Y' and B' - Y' of sRGB's codes over pixels alike in luma and in colour.

    Steps of 5 x 5 pixels, 1, 2, 4 ... apart, each with the differences that the one before left;
    the weight of a pixel falls with its distance, its step of luma and its step of colour. G'
    follows, so that luma Y' is what it was. Light below 0 counts as none; what is further below
    than the range of luma is in light, a colour outside the space, is put back.

    measured: 1 where a pixel was measured; the others stay, and give nothing to their neighbours.
    weights: of R, G, B in luma, sum 1.
    noise: offset and slope of the variance of a grey's light; 0, 0 where nobody knows it.
    radius: how far a colour may come from, pixels; 2, 6, 14 and 30 are 1 to 4 steps.
    contrast: step of luma, code values, at which a pixel weighs 0.6 without noise; noise adds to
        it as squares add.
    strength: 0 none, 1 all of the filter.

    Source: Hanika, Dammertz, Lensch, Computer Graphics Forum 30(7), 2011 (edge-avoiding a-trous
    steps); Petschnigg et al., SIGGRAPH 2004, equation 4 (joint bilateral). Ranges are ours.
    """
    known = measured > 0
    light = torch.where(known, linear, 0.0).clamp(min=0.0)
    codes = encode_srgb(light)
    luma = luminance_of(codes, weights)
    difference = torch.cat([codes[:, :1], codes[:, 2:]], dim=1) - luma
    reach, steepness = _range(luminance_of(light, weights), noise, contrast)
    smooth, width, apart = difference, CHROMA * reach, 1
    while 2 * (2 * apart - 1) <= radius:
        smooth = _step(smooth, luma, measured, (reach, width), apart)
        width, apart = NARROWER * width, 2 * apart
    mixed = difference + strength * (smooth - difference)
    red_weight, green_weight, blue_weight = (w.reshape(-1, 1, 1, 1) for w in weights.unbind(1))
    red, blue = mixed[:, :1], mixed[:, 1:]
    green = -(red_weight * red + blue_weight * blue) / green_weight
    filtered = decode_srgb(torch.cat([red, green, blue], dim=1) + luma)
    below = (linear + strength * reach / steepness).clamp(max=0.0)
    return torch.where(known, filtered + below, linear)


def _range(
    luminance: Float[Tensor, "b 1 h w"], noise: Float[Tensor, "b 2"], contrast: float
) -> tuple[Float[Tensor, "b 1 h w"], Float[Tensor, "b 1 h w"]]:
    """Step of luma that noise and `contrast` explain, code values, and codes per light there."""
    offset, slope = (c.reshape(-1, 1, 1, 1) for c in noise.unbind(dim=1))
    steepness = 1.055 / 2.4 * power(luminance.clamp(min=BEND), 1 / 2.4 - 1)
    steepness = torch.where(luminance <= BEND, TOE, steepness)
    variance = (SIGMAS * steepness) ** 2 * (offset + slope * luminance)
    return torch.sqrt(contrast**2 + variance), steepness


def _step(
    difference: Float[Tensor, "b 2 h w"],
    luma: Float[Tensor, "b 1 h w"],
    measured: Float[Tensor, "b 1 h w"],
    ranges: tuple[Tensor, Tensor],
    apart: int,
) -> Float[Tensor, "b 2 h w"]:
    """One pass of 5 x 5 neighbours that far apart; beyond the border nothing was measured."""
    margin = 2 * apart
    here = torch.cat([difference, luma, measured], dim=1)
    padded = F.pad(here, (margin,) * 4)
    narrow, wide = (-0.5 / reach**2 for reach in ranges)
    unlike = torch.cat([wide, wide, narrow, torch.full_like(narrow, UNMEASURED)], dim=1)
    total = torch.zeros_like(here)
    # Whole pixels from either end: sizes that an exporter need not reason about. Few steps a tap:
    # there are 25 of them, and an export takes as long as the graph.
    ends = [(step * apart, -(4 - step) * apart or None) for step in range(5)]
    for (top, bottom), down in zip(ends, TAPS, strict=True):
        row = padded[..., top:bottom, :]
        for (left, right), across in zip(ends, TAPS, strict=True):
            near = row[..., left:right]
            exponent = ((near - here).square() * unlike).sum(dim=1, keepdim=True)
            total = total + down * across * evenly(torch.exp, exponent) * near
    weight = total[:, 3:]
    # An unmeasured pixel may have no weight at all; it stays as it is.
    return total[:, :2] / torch.where(weight > 0, weight, 1.0)


class ChromaDenoise(Stage):
    """`denoise_chroma` with the weights of the frame's colour space, and its noise where known.

    The noise is what the profile's readings say (see `linear_noise`); the history has it, zeros
    where nobody knows it, and then `contrast` alone tells noise from edges. Made for light whose
    white is 1. Colours that meet with neither a step of luma nor one of colour above the noise
    run into each other.

    radius: how far a colour may come from, pixels, 2 to 62. contrast: step of luma, code values,
    that is no edge even without noise. strength: 0..1. Every value rests on measured pixels
    only, so the masks stay.

    Raises UsageError for settings out of range.
    """

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def __init__(self, radius: int = 14, contrast: float = 0.15, strength: float = 1.0) -> None:
        super().__init__()
        if not (2 <= radius <= 62 and contrast > 0 and 0 <= strength <= 1):
            raise UsageError(
                "chroma denoising takes a radius of 2..62 pixels, a contrast above 0 and a "
                f"strength of 0..1, not {radius}, {contrast}, {strength}"
            )
        self.radius, self.contrast, self.strength = radius, contrast, strength
        self.halo = radius

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        return frame.data, frame.measured.float(), luminance_weights(frame), linear_noise(frame)

    def forward(
        self,
        linear: Float[Tensor, "b 3 h w"],
        measured: Float[Tensor, "b 1 h w"],
        weights: Float[Tensor, "b 3"],
        noise: Float[Tensor, "b 2"],
    ) -> Float[Tensor, "b 3 h w"]:
        return denoise_chroma(
            linear, measured, weights, noise, self.radius, self.contrast, self.strength
        )

    def settings(self) -> dict[str, Any]:
        return {"radius": self.radius, "contrast": self.contrast, "strength": self.strength}

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"noise": inputs[3].tolist()}
