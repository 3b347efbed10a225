"""A filmic tone curve with toe and shoulder."""

from typing import Any, TypeVar

from jaxtyping import Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.stage import Stage

# Hable, "Filmic Tonemapping for Real-time Rendering", SIGGRAPH 2010 course: shoulder strength,
# linear strength, linear angle, toe strength, toe numerator, toe denominator, exposure bias.
A, B, C, D, E, F = 0.15, 0.50, 0.10, 0.20, 0.02, 0.30
BIAS = 2.0

Value = TypeVar("Value", Tensor, float)

Light = TypeVar("Light", Tensor, float)


def tone_filmic(linear: Float[Tensor, "b 3 h w"], white: float) -> Float[Tensor, "b 3 h w"]:
    """Hable's curve on each channel, scaled so that `white` becomes 1 and 0 stays 0.

    linear: 0.18 is middle grey; negative values (out of gamut) become 0 first, as the curve has
        a pole below 0.
    white: linear value that becomes 1. At 2, one stop above sensor white, middle grey stays at
        0.18 within 1 %.

    Source: Hable, SIGGRAPH 2010 course notes, with his constants.
    """
    return _curve(BIAS * linear.clamp(min=0)) / _curve(BIAS * white)


def _curve(x: Value) -> Value:
    return (x * (A * x + C * B) + D * E) / (x * (A * x + B) + D * F) - E / F


class FilmicTone(Stage):
    """`tone_filmic` with a fixed white."""

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def __init__(self, white: float = 2.0) -> None:
        super().__init__()
        if not white > 0:
            raise UsageError(f"the light that becomes white is positive, not {white}")
        self.white = white

    def forward(self, linear: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        return tone_filmic(linear, self.white)

    def settings(self) -> dict[str, Any]:
        return {"white": self.white}
