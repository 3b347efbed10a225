"""Reinhard and Devlin's tone curve after the answer of photoreceptors."""

import math
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.luminance import luminance_of, luminance_weights
from isp.core.same_bits import power
from isp.core.stage import Stage

TINY = 1e-12


def tone_reinhard_devlin2005(
    linear: Float[Tensor, "b 3 h w"],
    luminance_weights: Float[Tensor, "b 3"],
    adaptation: Float[Tensor, "b 4"],
    contrast: Float[Tensor, "b"],
    *,
    intensity: float = 0.0,
    light_adaptation: float = 0.0,
    colour_adaptation: float = 0.0,
) -> Float[Tensor, "b 3 h w"]:
    """V = I / (I + (f Ia)^m) on each channel, within 0..1.

    linear: negative values (out of gamut) become 0.
    adaptation: means of R, G, B and of luminance, to which the eye is adapted.
    contrast: m, from the picture's key (`adaptation_of`).
    intensity: f' of f = exp(-f'), -8 to 8; more is brighter.
    light_adaptation: 0 adapts to the picture, 1 to each pixel, which lowers the contrast.
    colour_adaptation: 0 to luminance, which keeps a cast; 1 to each channel for itself.

    Source: Reinhard and Devlin, IEEE TVCG 11(1), 2005, equations 1 to 7.
    """
    light = linear.clamp(min=0)
    luminance = luminance_of(light, luminance_weights)
    c, a = colour_adaptation, light_adaptation
    local = c * light + (1 - c) * luminance
    whole = (c * adaptation[:, :3] + (1 - c) * adaptation[:, 3:]).reshape(-1, 3, 1, 1)
    adapted = a * local + (1 - a) * whole
    half = power((math.exp(-intensity) * adapted).clamp(min=TINY), contrast)
    return light / (light + half)


def adaptation_of(
    linear: Float[Tensor, "b 3 h w"],
    measured: Bool[Tensor, "b 1 h w"],
    luminance_weights: Float[Tensor, "b 3"],
) -> tuple[Float[Tensor, "b 4"], Float[Tensor, "b"]]:
    """Means of R, G, B and luminance, and the exponent m = 0.3 + 0.7 k^1.4, of measured pixels.

    The key k = (log max - log average) / (log max - log min) is 0 for a bright picture and 1 for
    a dark one; a picture of one luminance counts as k = 1/2.

    Raises FrameError when no measured pixel has light.

    Source: Reinhard and Devlin 2005, equations 3 and 4.
    """
    light = linear.detach().double().clamp(min=0)
    luminance = luminance_of(light, luminance_weights.double())
    means, powers = [], []
    for image, bright, good in zip(light, luminance, measured, strict=True):
        lit = bright[good & (bright > 0)]
        if lit.numel() == 0:
            raise FrameError("no measured pixel has light; there is nothing to adapt to")
        inside = image[:, good[0]]
        means.append(torch.cat([inside.mean(dim=1), bright[good].mean()[None]]))
        logs = lit.log()
        low, high = logs.min(), logs.max()
        key = float((high - logs.mean()) / (high - low)) if high > low else 0.5
        powers.append(0.3 + 0.7 * max(key, 0.0) ** 1.4)
    return torch.stack(means).float(), torch.tensor(powers, device=linear.device).float()


class ReinhardDevlinTone(Stage):
    """`tone_reinhard_devlin2005`, adapted to the measured pixels of each frame.

    The eye adapts to the picture, so its result changes less with exposure than the light does,
    and middle grey is wherever the picture's mean puts it.
    """

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR
    surveys = True

    def __init__(
        self,
        intensity: float = 0.0,
        light_adaptation: float = 0.0,
        colour_adaptation: float = 0.0,
    ) -> None:
        super().__init__()
        if not -8 <= intensity <= 8:
            raise UsageError(f"intensity is -8 to 8, not {intensity}")
        for name, value in (("light", light_adaptation), ("colour", colour_adaptation)):
            if not 0 <= value <= 1:
                raise UsageError(f"{name}_adaptation is 0 to 1, not {value}")
        self.intensity = intensity
        self.light_adaptation = light_adaptation
        self.colour_adaptation = colour_adaptation

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        weights = luminance_weights(frame)
        return frame.data, weights, *adaptation_of(frame.data, frame.measured, weights)

    def forward(
        self,
        linear: Float[Tensor, "b 3 h w"],
        luminance_weights: Float[Tensor, "b 3"],
        adaptation: Float[Tensor, "b 4"],
        contrast: Float[Tensor, "b"],
    ) -> Float[Tensor, "b 3 h w"]:
        return tone_reinhard_devlin2005(
            linear, luminance_weights, adaptation, contrast, **self.settings()
        )

    def settings(self) -> dict[str, Any]:
        return {
            "intensity": self.intensity,
            "light_adaptation": self.light_adaptation,
            "colour_adaptation": self.colour_adaptation,
        }

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"adaptation": inputs[2].tolist(), "contrast": inputs[3].tolist()}
