"""Luminance of a LINEAR frame: what its colour space weighs its channels by."""

from jaxtyping import Float
from torch import Tensor

from isp.core.colour import Colour, rgb_to_xyz
from isp.core.frame import Frame


def luminance_weights(frame: Frame) -> Float[Tensor, "b 3"]:
    """Y of R, G and B of each image, sum 1; BT.709 where the frame has no colour.

    Source: SMPTE RP 177 (primaries and white to XYZ).
    """
    weights = frame.data.new_tensor(rgb_to_xyz((frame.colour or Colour()).primaries)[1])
    return (weights / weights.sum()).expand(frame.data.shape[0], 3)


def luminance_of(
    linear: Float[Tensor, "b 3 h w"], weights: Float[Tensor, "b 3"]
) -> Float[Tensor, "b 1 h w"]:
    """Y of each pixel, in the unit of the channels."""
    return (linear * weights.reshape(-1, 3, 1, 1)).sum(dim=1, keepdim=True)
