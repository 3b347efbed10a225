"""Reinhard's global photographic tone curve."""

from typing import Any

from jaxtyping import Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.luminance import luminance_of, luminance_weights
from isp.core.stage import Stage


def tone_reinhard2002(
    linear: Float[Tensor, "b 3 h w"], luminance_weights: Float[Tensor, "b 3"], white: float
) -> Float[Tensor, "b 3 h w"]:
    """Compress luminance by L (1 + L / white^2) / (1 + L), colour ratios kept.

    luminance_weights: contribution of R, G, B to luminance in the frame's space.
    white: smallest luminance that becomes 1.

    Source: Reinhard et al., SIGGRAPH 2002, equation 4 (the key is the exposure stage's).
    """
    luminance = luminance_of(linear, luminance_weights).clamp(min=0)
    return linear * ((1 + luminance / white**2) / (1 + luminance))


class ReinhardTone(Stage):
    """`tone_reinhard2002` in the frame's own colour space."""

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def __init__(self, white: float = 4.0) -> None:
        super().__init__()
        if not white > 0:
            raise UsageError(f"the luminance that becomes white is positive, not {white}")
        self.white = white

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        return frame.data, luminance_weights(frame)

    def forward(
        self, linear: Float[Tensor, "b 3 h w"], luminance_weights: Float[Tensor, "b 3"]
    ) -> Float[Tensor, "b 3 h w"]:
        return tone_reinhard2002(linear, luminance_weights, self.white)

    def settings(self) -> dict[str, Any]:
        return {"white": self.white}
