"""Exposure: brighten or darken linear light by stops."""

import math
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.colour import Colour, rgb_to_xyz
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.stage import Stage

MIDDLE_GREY = 0.18
HIGHLIGHT_PERCENT = 99


def expose_linear(
    linear: Float[Tensor, "b 3 h w"], ev: Float[Tensor, "b"]
) -> Float[Tensor, "b 3 h w"]:
    """Multiply by 2 to the power of ev, stops."""
    return linear * torch.exp2(ev).reshape(-1, 1, 1, 1)


def automatic_ev(
    linear: Float[Tensor, "b 3 h w"], measured: Bool[Tensor, "b 1 h w"], colour: Colour
) -> Float[Tensor, "b"]:
    """Stops that bring the log-average luminance of the measured pixels to middle grey, 0.18.

    Raises FrameError when no measured pixel has light.

    Source: Reinhard et al., SIGGRAPH 2002, equations 1 and 2.
    """
    weights = torch.as_tensor(rgb_to_xyz(colour.primaries)[1], device=linear.device)
    luminance = torch.einsum("c,bchw->bhw", weights, linear.double())
    stops = []
    for image, good in zip(luminance, measured[:, 0], strict=True):
        lit = image[good & (image > 0)]
        if lit.numel() == 0:
            raise FrameError("automatic exposure finds no measured light; pass --exposure EV")
        stops.append(torch.log2(MIDDLE_GREY / torch.exp(torch.log(lit + 1e-6).mean())))
    return torch.stack(stops).float()


def highlight_ev(
    linear: Float[Tensor, "b 3 h w"], measured: Bool[Tensor, "b 1 h w"], colour: Colour
) -> Float[Tensor, "b"]:
    """`automatic_ev`, but no more than brings 99 % of the measured pixels within 1.

    A pixel is within 1 when its brightest channel is, so that no colour breaks at white.

    Raises FrameError when no measured pixel has light.

    Source: ours; the percentile is CONVENTIONS 1.5's white patch.
    """
    stops = automatic_ev(linear, measured, colour)
    limits = []
    for image, good in zip(linear.amax(dim=1), measured[:, 0], strict=True):
        inside = image[good]
        rank = math.ceil(inside.numel() * HIGHLIGHT_PERCENT / 100)
        bright = torch.kthvalue(inside, rank).values.clamp(min=1e-12)
        limits.append(-torch.log2(bright))
    return torch.minimum(stops, torch.stack(limits).to(stops))


ESTIMATES = {"auto": automatic_ev, "highlights": highlight_ev}


class Exposure(Stage):
    """`expose_linear` by a given number of stops, or by an estimate.

    ev: stops, `auto` (`automatic_ev`) or `highlights` (`highlight_ev`).
    baseline: whether the stops that the file asks for (DNG's BaselineExposure) come first: ev is
        beside them, and so is an estimate, whose sum with them is the estimate alone.

    Source: DNG 1.7.1, BaselineExposure.
    """

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def __init__(self, ev: float | str = 0.0, baseline: bool = True) -> None:
        super().__init__()
        if isinstance(ev, str) and ev not in ESTIMATES:
            raise UsageError(f'exposure is a number of stops, "auto" or "highlights", not "{ev}"')
        self.ev = ev
        self.baseline = baseline
        self.surveys = isinstance(ev, str)

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        asked = frame.shot.baseline_exposure_ev if self.baseline else None
        baseline = frame.data.new_zeros(frame.data.shape[0]) if asked is None else asked
        if isinstance(self.ev, str):
            estimate = ESTIMATES[self.ev]
            ev = estimate(frame.data, frame.measured, frame.colour or Colour()) - baseline
        else:
            ev = frame.data.new_full((frame.data.shape[0],), self.ev)
        return frame.data, ev, baseline

    def forward(
        self,
        linear: Float[Tensor, "b 3 h w"],
        ev: Float[Tensor, "b"],
        baseline_ev: Float[Tensor, "b"],
    ) -> Float[Tensor, "b 3 h w"]:
        return expose_linear(linear, ev + baseline_ev)

    def settings(self) -> dict[str, Any]:
        estimated = isinstance(self.answers.get("ev", self.ev), str)
        return {"automatic": estimated, "baseline": self.baseline}

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"ev": inputs[1].tolist(), "baseline_ev": inputs[2].tolist()}
