"""Encoding: linear light to display codes."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.colour import PRIMARIES, Colour, rgb_to_rgb
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.stage import Stage
from isp.core.transfer import ENCODERS


def encode_display(
    linear: Float[Tensor, "b 3 h w"], to_display: Float[Tensor, "b 3 3"], transfer: str = "srgb"
) -> Float[Tensor, "b 3 h w"]:
    """Convert to the display's primaries, clip to 0..1 and apply a transfer curve.

    to_display: matrix from the frame's linear space to the display's.
    transfer: a name of `isp.core.transfer.ENCODERS`; `linear` gives codes proportional to light.

    Source: IEC 61966-2-1 for sRGB.
    """
    display = torch.einsum("bij,bjhw->bihw", to_display, linear)
    return ENCODERS[transfer](display.clamp(0, 1))


class Encode(Stage):
    """`encode_display` for `bt709` or `p3` primaries, with the `srgb` or the `linear` curve."""

    domain_in = Domain.LINEAR
    domain_out = Domain.SDR

    def __init__(self, space: str = "bt709", transfer: str = "srgb") -> None:
        super().__init__()
        if space not in ("bt709", "p3"):
            raise UsageError(f'a display space is bt709 or p3, not "{space}"')
        if transfer not in ENCODERS:
            raise UsageError(f'a transfer curve is {" or ".join(ENCODERS)}, not "{transfer}"')
        self.space = space
        self.transfer = transfer

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        matrix = rgb_to_rgb((frame.colour or Colour()).primaries, PRIMARIES[self.space])
        row = torch.as_tensor(matrix, dtype=torch.float32, device=frame.data.device)
        return frame.data, row.expand(frame.data.shape[0], 3, 3)

    def forward(
        self, linear: Float[Tensor, "b 3 h w"], to_display: Float[Tensor, "b 3 3"]
    ) -> Float[Tensor, "b 3 h w"]:
        return encode_display(linear, to_display, self.transfer)

    def changes(self, frame: Frame, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"colour": Colour(primaries=PRIMARIES[self.space], transfer=self.transfer)}

    def settings(self) -> dict[str, Any]:
        return {"space": self.space, "transfer": self.transfer}
