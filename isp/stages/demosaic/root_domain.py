"""The square-root domain: where an average of linear light judges as an eye does."""

import math

from jaxtyping import Float
from torch import Tensor

TOE = 1e-3


def to_root(linear: Float[Tensor, "b c h w"], toe: float) -> Float[Tensor, "b c h w"]:
    """Odd square root: sign(x) (sqrt(|x| + toe) - sqrt(toe)).

    Interpolation filters that add a colour's gradient overshoot at edges by what the edge is high;
    in linear light that is small beside the bright side and huge beside the dark one. Under a root
    both sides weigh alike, and photon noise has one deviation everywhere (Anscombe 1948).
    toe: below about this value, in units of sensor white, the curve is a straight line, so that
        noise around black keeps its sign and nearly its mean. Above 0.
    """
    return linear.sign() * ((linear.abs() + toe).sqrt() - math.sqrt(toe))


def from_root(root: Float[Tensor, "b c h w"], toe: float) -> Float[Tensor, "b c h w"]:
    """Undo `to_root`."""
    return root * (root.abs() + 2 * math.sqrt(toe))
