"""An AgX-like tone curve: desaturating inset, logarithm, sigmoid, outset."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.colour import PRIMARIES, Colour, Matrix, rgb_to_rgb, rgb_to_xyz
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.same_bits import power as to_power
from isp.core.stage import Stage

MIDDLE_GREY = 0.18
BLACK_STOPS, WHITE_STOPS = -10.0, 6.5  # from middle grey
INSET = 0.2  # share by which the primaries move towards white
PIVOT = 0.5  # encoded middle grey
TOE_POWER, SHOULDER_POWER = 3.0, 3.25
DISPLAY_POWER = 2.2  # the curve ends in codes of this power, which we take back to light
RANGE_STOPS = WHITE_STOPS - BLACK_STOPS
PIVOT_LOG = -BLACK_STOPS / RANGE_STOPS


def tone_agx(
    linear: Float[Tensor, "b 3 h w"],
    to_inset: Float[Tensor, "b 3 3"],
    from_inset: Float[Tensor, "b 3 3"],
    contrast: float = 2.0,
) -> Float[Tensor, "b 3 h w"]:
    """Inset, log2 from 10 stops below middle grey to 6.5 above, sigmoid, outset, display light.

    linear: 0.18 is middle grey, which becomes 0.5^2.2 = 0.218; 16.3 and above become 1, and
        1.8e-4 and below 0. Colours lose saturation as they brighten.
    to_inset, from_inset: from the frame's RGB to the inset one, and back.
    contrast: slope of the sigmoid at middle grey, above 1.65 (steeper than the straight line
        from its ends).

    Source: T. Sobotka's AgX (sobotka/AgX, LUT generator: pivot 0.5, contrast 2, powers 3 and 3.25,
    range -10 to 6.5, inset 20 %), in the order of B. Wrensch, "Minimal AgX Implementation".
    """
    inset = torch.einsum("bij,bjhw->bihw", to_inset, linear)
    lowest = MIDDLE_GREY * 2**BLACK_STOPS
    stops = torch.log2(inset.clamp(min=lowest) / MIDDLE_GREY)
    encoded = sigmoid(((stops - BLACK_STOPS) / RANGE_STOPS).clamp(max=1.0), contrast)
    display = torch.einsum("bij,bjhw->bihw", OUTSET.to(linear), encoded).clamp(min=0)
    light = to_power(display, DISPLAY_POWER)
    return torch.einsum("bij,bjhw->bihw", from_inset, light)


def sigmoid(log: Float[Tensor, "*any"], contrast: float) -> Float[Tensor, "*any"]:
    """A curve through (0, 0), the pivot with the given slope, and (1, 1).

    Source: J. Smith's and T. Sobotka's tunable sigmoid, as in the AgX LUT generator: from the
    pivot s t / (1 + t^p)^(1/p) with t = slope (x - pivot) / s, and s such that the end is met.
    """
    distance = log - PIVOT_LOG
    toe = _arm(distance.clamp(max=0).neg(), contrast, PIVOT_LOG, PIVOT, TOE_POWER)
    shoulder = _arm(distance.clamp(min=0), contrast, 1 - PIVOT_LOG, 1 - PIVOT, SHOULDER_POWER)
    return PIVOT - toe + shoulder


def _arm(distance: Tensor, slope: float, width: float, height: float, power: float) -> Tensor:
    """From 0 with a slope to (width, height)."""
    straight = slope * width
    scale = float((straight**-power * ((straight / height) ** power - 1)) ** (-1 / power))
    term = slope * distance / scale
    return scale * term / to_power(1 + to_power(term, power), 1 / power)


def inset_matrix(inset: float = INSET) -> Matrix:
    """Linear BT.709 to the same light in primaries spread from white by 1 / (1 - inset)."""
    xy = np.reshape(PRIMARIES["bt709"], (4, 2))
    spread = xy[3] + (xy - xy[3]) / (1 - inset)
    wider = rgb_to_xyz(tuple(spread.flatten()))
    return np.asarray(np.linalg.inv(wider) @ rgb_to_xyz(PRIMARIES["bt709"]))


OUTSET = torch.as_tensor(np.linalg.inv(inset_matrix()), dtype=torch.float32)[None]


class AgxTone(Stage):
    """`tone_agx` for the frame's own colour space; its inset is that of BT.709."""

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def __init__(self, contrast: float = 2.0) -> None:
        super().__init__()
        steepest = max(PIVOT / PIVOT_LOG, (1 - PIVOT) / (1 - PIVOT_LOG))
        if not steepest < contrast <= 10:
            raise UsageError(f"contrast is {steepest:.3g} to 10, not {contrast}")
        self.contrast = contrast

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        primaries = (frame.colour or Colour()).primaries
        to_inset = inset_matrix() @ rgb_to_rgb(primaries, PRIMARIES["bt709"])
        back = rgb_to_rgb(PRIMARIES["bt709"], primaries)
        rows = [frame.data.new_tensor(m.tolist()) for m in (to_inset, back)]
        return frame.data, *(m.expand(frame.data.shape[0], 3, 3) for m in rows)

    def forward(
        self,
        linear: Float[Tensor, "b 3 h w"],
        to_inset: Float[Tensor, "b 3 3"],
        from_inset: Float[Tensor, "b 3 3"],
    ) -> Float[Tensor, "b 3 h w"]:
        return tone_agx(linear, to_inset, from_inset, self.contrast)

    def settings(self) -> dict[str, Any]:
        return {"contrast": self.contrast}
