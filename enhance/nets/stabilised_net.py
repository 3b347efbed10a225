"""Our conditioning: the network sees electrons whose noise has been made even, and nothing else."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from enhance.nets.adaptive_residual import Heads
from enhance.nets.raw_net import RawNet
from enhance.nets.stabiliser import destabilised, stabilised

SCALE = 0.2  # of stabilised values, so that a convolution sees numbers of about one
BLUR = 9  # side of the mean that says how bright it is around
BRIGHT = 16.0  # stabilised, where light is no longer told from more light
NOISY_E2 = 4.0  # dark variance at which shot and read noise weigh alike, about
CHANNELS_IN = 9  # four differences, four levels, one noise map


class StabilisedNet(RawNet):
    """A backbone between `stabilised` and `destabilised`.

    It sees the difference of each value from its surroundings in units of its noise, how bright
    the surroundings are as far as noise is not yet even there, and the share of read noise.
    Gain and exposure ratio are in the electrons: at one pass a picture's estimate is the same
    electrons at any ratio, by construction. A level of light that drifts through the network
    would have to pass the mean, which goes around it.

    backbone: 9 channels in, 9 out; has `halo` and `multiple`.
    """

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.multiple = int(backbone.multiple)  # type: ignore[arg-type]  # nn.Module says Any
        self.halo = int(backbone.halo) + BLUR // 2  # type: ignore[arg-type]
        self.pools_frame = bool(getattr(backbone, "pools_frame", False))

    def heads(
        self,
        amplified: Float[Tensor, "b 4 h w"],
        white_e: Float[Tensor, "b #s 1 1"],
        dark_variance_e2: Float[Tensor, "b #s 1 1"],
        capture: Float[Tensor, "b 4 h w"] | None = None,
    ) -> Heads:
        even = stabilised(amplified * white_e, dark_variance_e2)
        around = F.avg_pool2d(even, BLUR, stride=1, padding=BLUR // 2, count_include_pad=False)
        return heads_about(self.backbone, even, around, white_e, dark_variance_e2)


def heads_about(
    backbone: nn.Module,
    even: Float[Tensor, "b 4 h w"],
    around: Float[Tensor, "b 4 h w"],
    white_e: Float[Tensor, "b #s 1 1"],
    dark_variance_e2: Float[Tensor, "b #s 1 1"],
) -> Heads:
    """The backbone's word on stabilised values beside what they are taken to lie about.

    It paints anew from `around` and corrects from `even`.
    """
    output = backbone(_planes(even, around, dark_variance_e2))
    direct = destabilised(around + output[:, 1:5] / SCALE, dark_variance_e2) / white_e
    kept = destabilised(even + output[:, 5:] / SCALE, dark_variance_e2) / white_e
    return Heads(share=torch.sigmoid(output[:, :1]), direct=direct, corrected=kept)


def _planes(
    even: Float[Tensor, "b 4 h w"],
    around: Float[Tensor, "b 4 h w"],
    dark_variance_e2: Float[Tensor, "b #s 1 1"],
) -> Float[Tensor, "b 9 h w"]:
    """What a backbone sees: differences in units of noise, how bright it is, the noise map."""
    share = (dark_variance_e2 / (dark_variance_e2 + NOISY_E2)).sqrt().mean(dim=1, keepdim=True)
    noise_map = share.expand(-1, 1, even.shape[-2], even.shape[-1])
    return torch.cat([(even - around) * SCALE, torch.tanh(around / BRIGHT) * 2, noise_map], dim=1)
