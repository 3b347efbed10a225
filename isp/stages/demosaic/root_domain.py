"""The square-root domain: where an average of linear light judges as an eye does."""

from jaxtyping import Float
from torch import Tensor

TOE = 1e-3
Toe = float | Float[Tensor, "b"]  # one for all images, or each its own


def to_root(linear: Float[Tensor, "b c h w"], toe: Toe) -> Float[Tensor, "b c h w"]:
    """Odd square root: sign(x) (sqrt(|x| + toe) - sqrt(toe)).

    Interpolation filters that add a colour's gradient overshoot at edges by what the edge is high;
    in linear light that is small beside the bright side and huge beside the dark one. Under a root
    both sides weigh alike, and photon noise has one deviation everywhere (Anscombe 1948).
    toe: below about this value, in units of sensor white, the curve is a straight line, so that
        noise around black keeps its sign and nearly its mean. Above 0; see `noise_toe`.
    """
    level = _beside_pixels(toe)
    return linear.sign() * ((linear.abs() + level).sqrt() - level**0.5)


def from_root(root: Float[Tensor, "b c h w"], toe: Toe) -> Float[Tensor, "b c h w"]:
    """Undo `to_root`."""
    return root * (root.abs() + 2 * _beside_pixels(toe) ** 0.5)


def _beside_pixels(toe: Toe) -> float | Tensor:
    return toe.reshape(-1, 1, 1, 1) if isinstance(toe, Tensor) else toe
