"""Camera response curves: relative exposure to code value and back."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.errors import ProfileError
from isp.core.transfer import encode_srgb

SAMPLES = 4096  # with 1024 (CONVENTIONS 1.5) the inverse of sRGB's toe is off by half a code


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """A monotone curve from relative exposure 0..1 to code value 0..1, tabulated.

    curve: (n,), code values at n equally spaced exposures, rising from 0 to 1.
    name: for the history.

    Decoding inverts by linear interpolation; the two end codes carry no measurement, which the
    masks say (HOUSE: codes 0 and 255 are unmeasured).
    """

    curve: Float[Tensor, "n"]
    name: str = "response"

    def __post_init__(self) -> None:
        """Check that the curve can be inverted."""
        steps = torch.diff(self.curve)
        if self.curve.numel() < 2 or not bool((steps >= 0).all()):
            raise ProfileError(f'response "{self.name}" must rise with exposure')
        if abs(float(self.curve[0])) > 1e-6 or abs(float(self.curve[-1]) - 1) > 1e-6:
            raise ProfileError(f'response "{self.name}" must run from 0 to 1')

    @staticmethod
    def srgb() -> "Response":
        """The sRGB encoding as a camera response."""
        exposure = torch.linspace(0, 1, SAMPLES, dtype=torch.float64)
        return Response(encode_srgb(exposure), "srgb")

    @staticmethod
    def power(gamma: float) -> "Response":
        """Code = exposure ** (1 / gamma)."""
        exposure = torch.linspace(0, 1, SAMPLES, dtype=torch.float64)
        return Response(exposure ** (1 / gamma), f"power {gamma:g}")

    def encode(self, exposure: Tensor) -> Tensor:
        """Relative exposure to code value; exposures outside 0..1 end at the end codes.

        >>> Response.srgb().encode(torch.tensor([0.0, 2.0])).tolist()
        [0.0, 1.0]
        """
        return self._interpolate(exposure, self._grid(), self.curve)

    def decode(self, code: Tensor) -> Tensor:
        """Code value to relative exposure."""
        return self._interpolate(code, self.curve, self._grid())

    def _grid(self) -> Tensor:
        return torch.linspace(0, 1, self.curve.numel(), dtype=torch.float64)

    @staticmethod
    def _interpolate(values: Tensor, x: Tensor, y: Tensor) -> Tensor:
        # numpy's interp takes the last of equal knots, which is what a flat toe needs.
        flat = np.interp(values.detach().double().cpu().numpy(), x.cpu().numpy(), y.cpu().numpy())
        return torch.as_tensor(flat, dtype=values.dtype, device=values.device)
