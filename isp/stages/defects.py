"""Defect correction: listed photosites take the mean of their neighbours of the same colour."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isp.core.cfa import Cfa, reflect_whole_periods
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.stage import Stage


def correct_defects(
    mosaic: Float[Tensor, "b 1 h w"], defective: Float[Tensor, "b 1 h w"], cfa: Cfa
) -> Float[Tensor, "b 1 h w"]:
    """Replace defective photosites by the mean of the sound ones one CFA period away.

    defective: 1 at a defect, 0 elsewhere.
    The four neighbours along the axes count twice as much as the four diagonal ones. Where all
    eight are defective too, the value stays: there is nothing to correct it with.
    """
    rows, columns = cfa.period
    sound = 1 - defective
    kernel = mosaic.new_tensor([[1.0, 2.0, 1.0], [2.0, 0.0, 2.0], [1.0, 2.0, 1.0]])
    pad = (columns, columns, rows, rows)
    padded = reflect_whole_periods(torch.cat([mosaic * sound, sound], dim=1), cfa.period, pad)
    kernels = kernel.expand(2, 1, 3, 3)
    sums = F.conv2d(padded, kernels, dilation=(rows, columns), groups=2)  # (b, 2, h, w)
    total, weight = sums[:, :1], sums[:, 1:]
    mean = total / weight.clamp(min=1.0)
    return torch.where((defective > 0) & (weight > 0), mean, mosaic)


class Defects(Stage):
    """`correct_defects` for the photosites that the profile lists.

    A corrected photosite stays unmeasured: its value is its neighbours', not its own.
    """

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC
    counts = ("corrected",)

    def __init__(self, cfa: Cfa) -> None:
        super().__init__()
        self.cfa = cfa
        self.halo = max(cfa.period)

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        defective = torch.zeros_like(frame.data)
        height, width = frame.size
        top, left = (0, 0) if frame.window is None else (frame.window.top, frame.window.left)
        for defect in frame.need_profile().defects:
            row, column = defect.row - top, defect.column - left
            if 0 <= row < height and 0 <= column < width:
                defective[..., row, column] = 1.0
        return frame.data, defective

    def forward(
        self, mosaic: Float[Tensor, "b 1 h w"], defective: Float[Tensor, "b 1 h w"]
    ) -> Float[Tensor, "b 1 h w"]:
        return correct_defects(mosaic, defective, self.cfa)

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, int]:
        return {"corrected": int(inputs[1][0].sum())}
