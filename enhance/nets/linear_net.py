"""The paper's conditioning: the state in linear light, and beside it what says how noisy it is."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from enhance.nets.adaptive_residual import CHANNELS, Heads, linear_heads
from enhance.nets.raw_net import RawNet
from isp.core.errors import UsageError

WHITE_E = 16383 - 800  # one span for all cameras, as ExposureDiffusion's released options have it
SMALLEST_VARIANCE = 1e-12  # of the noise map: where it would be 0, its root has no slope
CONDITIONINGS = ("photon", "noise_map", "none")
HEADS = {"arl": CHANNELS, "plain": 4, "direct": 4}


class LinearNet(RawNet):
    """A backbone that sees x_t, four planes that condition it, and the capture where asked.

    backbone: from channels in and out to a module with `halo` and `multiple`.
    conditioning: `photon`, the electrons of the state over a fixed number of about a well, by
        which the paper tells exposures apart; `noise_map`, the standard deviation of x_t; `none`.
    head: `arl`, equation 12; `plain`, one correction to x_t; `direct`, one value painted anew.
    takes_capture: whether x_T comes too, so that late passes see what was captured.
    clip_max: see `mixed`; None to clip at neither end.

    Raises UsageError for another conditioning or head.

    Source: Wang et al., ICCV 2023 (ExposureDiffusion), section 3.3; the noise map is ours.
    """

    def __init__(
        self,
        backbone: Callable[[int, int], nn.Module],
        conditioning: str = "photon",
        head: str = "arl",
        takes_capture: bool = False,
        clip_max: float | None = 1.0,
    ) -> None:
        super().__init__()
        if conditioning not in CONDITIONINGS:
            raise UsageError(
                f'a network is conditioned by {", ".join(CONDITIONINGS)}, not "{conditioning}"'
            )
        if head not in HEADS:
            raise UsageError(f'heads are {" or ".join(HEADS)}, not "{head}"')
        sets = 1 + (conditioning != "none") + takes_capture
        self.backbone = backbone(4 * sets, HEADS[head])
        self.conditioning, self.head = conditioning, head
        self.takes_capture, self.clip_max = takes_capture, clip_max
        self.multiple = int(self.backbone.multiple)  # type: ignore[arg-type]  # Module says Any
        self.halo = int(self.backbone.halo)  # type: ignore[arg-type]
        self.pools_frame = bool(getattr(self.backbone, "pools_frame", False))

    def heads(
        self,
        amplified: Float[Tensor, "b 4 h w"],
        white_e: Float[Tensor, "b #s 1 1"],
        dark_variance_e2: Float[Tensor, "b #s 1 1"],
        capture: Float[Tensor, "b 4 h w"] | None = None,
    ) -> Heads:
        planes = [amplified]
        if self.conditioning == "photon":
            planes.append(photons(amplified, white_e))
        elif self.conditioning == "noise_map":
            planes.append(noise_map(amplified, white_e, dark_variance_e2))
        if self.takes_capture:
            if capture is None:
                raise UsageError("this network takes the capture beside its state; give it too")
            planes.append(capture)
        output = self.backbone(torch.cat(planes, dim=1))
        if self.head == "arl":
            return linear_heads(output, amplified)
        value = output if self.head == "direct" else amplified + output
        return Heads(share=torch.zeros_like(output[:, :1]), direct=value, corrected=value)


def photons(
    amplified: Float[Tensor, "b 4 h w"], white_e: Float[Tensor, "b #s 1 1"]
) -> Float[Tensor, "b 4 h w"]:
    """s_t / 15583: the electrons of the state, the same number for every camera.

    Source: ExposureDiffusion, released options, where it divides by the span of its one camera.
    """
    return amplified * white_e / WHITE_E


def noise_map(
    amplified: Float[Tensor, "b 4 h w"],
    white_e: Float[Tensor, "b #s 1 1"],
    dark_variance_e2: Float[Tensor, "b #s 1 1"],
) -> Float[Tensor, "b 4 h w"]:
    """Standard deviation of x_t as far as x_t tells it: sqrt(max(x, 0) / E + sigma^2 / E^2).

    Shot noise of x E electrons and noise of the dark, both over E. Read off the noisy value itself.
    """
    variance = amplified.clamp(min=0.0) / white_e + dark_variance_e2 / white_e**2
    return variance.clamp(min=SMALLEST_VARIANCE).sqrt()
