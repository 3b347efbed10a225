"""What every raw denoising network takes and gives, whatever is inside."""

from abc import abstractmethod

from jaxtyping import Float
from torch import Tensor, nn

from enhance.nets.adaptive_residual import Heads, mixed


class RawNet(nn.Module):
    """A network from packed noisy raw to an estimate of the clean one.

    Planes are R, G1, G2, B in reading order of an RGGB cell. `forward` exports: no draws, no
    loop over steps.

    halo, multiple: in packed pixels; see `isp.core.stage.Stage`. A network that pools over the
    frame has no halo that is enough, and says so.
    takes_capture: whether it must be given the capture beside the state.
    clip_max: see `mixed`.
    """

    halo: int
    multiple: int
    pools_frame: bool = False
    takes_capture: bool = False
    clip_max: float | None = None

    @abstractmethod
    def heads(
        self,
        amplified: Float[Tensor, "b 4 h w"],
        white_e: Float[Tensor, "b #s 1 1"],
        dark_variance_e2: Float[Tensor, "b #s 1 1"],
        capture: Float[Tensor, "b 4 h w"] | None = None,
    ) -> Heads:
        """What `forward` mixes, for losses and for looks inside."""

    def forward(
        self,
        amplified: Float[Tensor, "b 4 h w"],
        white_e: Float[Tensor, "b #s 1 1"],
        dark_variance_e2: Float[Tensor, "b #s 1 1"],
        capture: Float[Tensor, "b 4 h w"] | None = None,
    ) -> Float[Tensor, "b 4 h w"]:
        """The estimate of the reference, in the unit of `amplified`.

        amplified: x_t = s_t / E(lambda_t), black at 0 with its negatives, 1.0 = white of the
            reference.
        white_e: E(lambda_t), electrons of 1.0 in the state. dark_variance_e2: of all noise that
            is there without light. Both per image, or per image and plane.
        capture: x_T, the capture as bright as the reference; for networks that take it.
        """
        heads = self.heads(amplified, white_e, dark_variance_e2, capture)
        return mixed(heads, self.clip_max)
