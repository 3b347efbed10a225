"""Mean squared error of each image in decibels: every noise level weighs alike."""

import math

from jaxtyping import Float
from torch import Tensor

FLOOR = 1e-7  # 70 dB: an image better than that asks for no more


def decibels(
    estimate: Float[Tensor, "b c h w"], clean: Float[Tensor, "b c h w"]
) -> Float[Tensor, "b"]:
    """10 log10 of the mean squared error of each image, at least -70.

    1.0 = white: it is the PSNR with its sign turned. A plain mean of squares is ruled by the
    noisiest images of a batch whose noise differs a thousandfold.
    """
    error = (estimate.float() - clean).square().mean(dim=(1, 2, 3))
    return (error + FLOOR).log() * (10 / math.log(10))
