"""Transfer curves between linear light and display codes, as torch functions."""

from collections.abc import Callable

import torch
from torch import Tensor


def encode_srgb(linear: Tensor) -> Tensor:
    """Linear light to sRGB code value, both 0..1; continued below 0 and above 1.

    Source: IEC 61966-2-1.

    >>> round(float(encode_srgb(torch.tensor(0.18))), 4)
    0.4614
    """
    toe = 12.92 * linear
    shoulder = 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(linear <= 0.0031308, toe, shoulder)


def decode_srgb(code: Tensor) -> Tensor:
    """Undo `encode_srgb`.

    >>> round(float(decode_srgb(torch.tensor(0.5))), 4)
    0.214
    """
    toe = code / 12.92
    shoulder = ((code.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4
    return torch.where(code <= 0.04045, toe, shoulder)


def encode_linear(linear: Tensor) -> Tensor:
    """Linear light to itself."""
    return linear


ENCODERS: dict[str, Callable[[Tensor], Tensor]] = {"srgb": encode_srgb, "linear": encode_linear}
DECODERS: dict[str, Callable[[Tensor], Tensor]] = {"srgb": decode_srgb, "linear": encode_linear}
