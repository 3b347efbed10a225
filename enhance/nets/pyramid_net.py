"""One backbone from coarse to fine: light added up four by four is a capture of less noise."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from enhance.nets.adaptive_residual import Heads, mixed
from enhance.nets.raw_net import RawNet
from enhance.nets.stabilised_net import BLUR, heads_about
from enhance.nets.stabiliser import stabilised


class PyramidNet(RawNet):
    """The backbone of `StabilisedNet` on every level of a pyramid, with the same weights on all.

    The mean of 2 x 2 packed pixels is a capture too: four times the electrons of white, four
    times the dark variance, and in the stabilised values noise of 1 again. So one backbone
    serves every level. On the coarsest it sees each value beside the mean around it; on the
    others beside what the level above says, which it corrects. A few thousand weights see as
    far as `levels` doublings reach.

    backbone: 9 channels in, 9 out; has `halo` and `multiple`.
    """

    def __init__(self, backbone: nn.Module, levels: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.levels = levels
        coarsest = 1 << (levels - 1)
        self.multiple = int(backbone.multiple) * coarsest  # type: ignore[arg-type]  # nn.Module
        reach = int(backbone.halo) + 1  # type: ignore[arg-type]  # and one of the level above
        self.halo = reach * (2 * coarsest - 1) + (BLUR // 2 + 1) * coarsest

    def heads(
        self,
        amplified: Float[Tensor, "b 4 h w"],
        white_e: Float[Tensor, "b #s 1 1"],
        dark_variance_e2: Float[Tensor, "b #s 1 1"],
        capture: Float[Tensor, "b 4 h w"] | None = None,
    ) -> Heads:
        levels = [amplified]
        while len(levels) < self.levels:
            levels.append(F.avg_pool2d(levels[-1], 2))
        above: Tensor | None = None
        for level in reversed(range(self.levels)):
            summed = 4.0**level
            heads = self._level(levels[level], above, white_e * summed, dark_variance_e2 * summed)
            above = mixed(heads, self.clip_max)
        return heads

    def _level(
        self, amplified: Tensor, above: Tensor | None, white_e: Tensor, dark_variance_e2: Tensor
    ) -> Heads:
        even = stabilised(amplified * white_e, dark_variance_e2)
        if above is None:
            guess = F.avg_pool2d(even, BLUR, stride=1, padding=BLUR // 2, count_include_pad=False)
        else:
            finer = F.interpolate(above, scale_factor=2.0, mode="bilinear", align_corners=False)
            guess = stabilised(finer * white_e, dark_variance_e2)
        return heads_about(self.backbone, even, guess, white_e, dark_variance_e2)
