"""Encoding: linear light to display codes."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.colour import PRIMARIES, Colour, rgb_to_rgb
from isp.core.display_light import (
    HDR_TRANSFERS,
    PEAKS_CD_M2,
    REFERENCE_WHITE_CD_M2,
    check_signal,
    check_white,
    relative_light,
)
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.stage import Stage
from isp.core.transfer import ENCODERS


def encode_display(
    linear: Float[Tensor, "b 3 h w"],
    to_display: Float[Tensor, "b 3 3"],
    transfer: str = "srgb",
    white_cd_m2: float = REFERENCE_WHITE_CD_M2,
) -> Float[Tensor, "b 3 h w"]:
    """Convert to the display's primaries, clip to what it has, and apply a transfer curve.

    to_display: matrix from the frame's linear space to the display's.
    transfer: a name of `isp.core.transfer.ENCODERS`; `linear` gives codes proportional to light.
    white_cd_m2: luminance of linear 1.0, for `pq` and `hlg`, see `relative_light`.

    Source: IEC 61966-2-1 for sRGB, ITU-R BT.709-6, SMPTE ST 2084, ITU-R BT.2100-2.
    """
    display = torch.einsum("bij,bjhw->bihw", to_display, linear)
    return ENCODERS[transfer](relative_light(display, transfer, white_cd_m2).clamp(0, 1))


class Encode(Stage):
    """`encode_display` for `bt709`, `p3` or `bt2020` primaries and one of the curves.

    transfer: `srgb`, `linear`, `bt709`, `pq`, or `hlg` (in bt2020 only).
    white_cd_m2: luminance of linear 1.0 for `pq` and `hlg`; the others are relative.

    Raises UsageError for a pair that no display is told.
    """

    domain_in = Domain.LINEAR
    domain_out = Domain.SDR

    def __init__(
        self,
        space: str = "bt709",
        transfer: str = "srgb",
        white_cd_m2: float = REFERENCE_WHITE_CD_M2,
    ) -> None:
        super().__init__()
        check_signal(space, transfer)
        check_white(white_cd_m2)
        self.space = space
        self.transfer = transfer
        self.white_cd_m2 = white_cd_m2

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        matrix = rgb_to_rgb((frame.colour or Colour()).primaries, PRIMARIES[self.space])
        row = torch.as_tensor(matrix, dtype=torch.float32, device=frame.data.device)
        return frame.data, row.expand(frame.data.shape[0], 3, 3)

    def forward(
        self, linear: Float[Tensor, "b 3 h w"], to_display: Float[Tensor, "b 3 3"]
    ) -> Float[Tensor, "b 3 h w"]:
        return encode_display(linear, to_display, self.transfer, self.white_cd_m2)

    def changes(self, frame: Frame, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        colour = Colour(
            primaries=PRIMARIES[self.space],
            transfer=self.transfer,
            anchor_cd_m2=PEAKS_CD_M2.get(self.transfer),
        )
        return {"colour": colour}

    def settings(self) -> dict[str, Any]:
        said: dict[str, Any] = {"space": self.space, "transfer": self.transfer}
        return said | ({"white_cd_m2": self.white_cd_m2} if self.transfer in HDR_TRANSFERS else {})
