"""Transfer curves between linear light and display codes, as torch functions."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from isp.core.same_bits import power


def encode_srgb(linear: Tensor) -> Tensor:
    """Linear light to sRGB code value, both 0..1; continued below 0 and above 1.

    Source: IEC 61966-2-1.

    >>> round(float(encode_srgb(torch.tensor(0.18))), 4)
    0.4614
    """
    toe = 12.92 * linear
    shoulder = 1.055 * power(linear.clamp(min=0.0031308), 1 / 2.4) - 0.055
    return torch.where(linear <= 0.0031308, toe, shoulder)


def decode_srgb(code: Tensor) -> Tensor:
    """Undo `encode_srgb`.

    >>> round(float(decode_srgb(torch.tensor(0.5))), 4)
    0.214
    """
    toe = code / 12.92
    shoulder = power((code.clamp(min=0.04045) + 0.055) / 1.055, 2.4)
    return torch.where(code <= 0.04045, toe, shoulder)


def encode_linear(linear: Tensor) -> Tensor:
    """Linear light to itself."""
    return linear


# ITU-R BT.2020-2 table 4, to the precision that makes the two pieces meet.
BT709_ALPHA, BT709_BETA = 1.09929682680944, 0.018053968510807


def encode_bt709(linear: Tensor) -> Tensor:
    """Linear light to the signal of BT.709 and BT.2020, both 0..1.

    Source: ITU-R BT.2020-2 table 4 (BT.709-6 prints the same curve to three digits).
    """
    toe = 4.5 * linear
    shoulder = BT709_ALPHA * power(linear.clamp(min=BT709_BETA), 0.45) - (BT709_ALPHA - 1)
    return torch.where(linear < BT709_BETA, toe, shoulder)


def decode_bt709(code: Tensor) -> Tensor:
    """Undo `encode_bt709`."""
    joint = 4.5 * BT709_BETA
    shoulder = power((code.clamp(min=joint) + (BT709_ALPHA - 1)) / BT709_ALPHA, 1 / 0.45)
    return torch.where(code < joint, code / 4.5, shoulder)


# SMPTE ST 2084:2014, equations 4.1 and 5.1.
PQ_PEAK_CD_M2 = 10000.0
M1, M2 = 2610 / 16384, 2523 / 4096 * 128
C1, C2, C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32


def encode_pq(light: Tensor) -> Tensor:
    """Luminance in units of 10000 cd/m2 (0..1) to PQ code value.

    Source: SMPTE ST 2084:2014 equation 5.2.

    >>> round(float(encode_pq(torch.tensor(0.0203, dtype=torch.float64))), 6)
    0.580689
    """
    cone = power(light, M1)
    return power((C1 + C2 * cone) / (1 + C3 * cone), M2)


def decode_pq(code: Tensor) -> Tensor:
    """Undo `encode_pq` (SMPTE ST 2084:2014 equation 4.1)."""
    cone = power(code, 1 / M2)
    return power((cone - C1).clamp(min=0) / (C2 - C3 * cone), 1 / M1)


# ITU-R BT.2100-2 table 5.
HLG_PEAK_CD_M2 = 1000.0
HLG_GAMMA = 1.2  # of the OOTF at a nominal peak of 1000 cd/m2
HLG_A = 0.17883277
HLG_B = 1 - 4 * HLG_A
HLG_C = 0.5 - HLG_A * math.log(4 * HLG_A)


def encode_hlg(scene: Tensor) -> Tensor:
    """Scene light 0..1 to HLG code value: the OETF of BT.2100, not that of ARIB STD-B67.

    >>> round(float(encode_hlg(torch.tensor(1 / 12, dtype=torch.float64))), 6)
    0.5
    """
    root = (3 * scene).clamp(min=0).sqrt()
    logarithm = HLG_A * torch.log(12 * scene.clamp(min=1 / 12) - HLG_B) + HLG_C
    return torch.where(scene <= 1 / 12, root, logarithm)


def decode_hlg(code: Tensor) -> Tensor:
    """Undo `encode_hlg`."""
    bright = (torch.exp((code - HLG_C) / HLG_A) + HLG_B) / 12
    return torch.where(code <= 0.5, code**2 / 3, bright)


Curve = Callable[[Tensor], Tensor]
ENCODERS: dict[str, Curve] = {
    "srgb": encode_srgb, "linear": encode_linear, "bt709": encode_bt709, "pq": encode_pq,
    "hlg": encode_hlg,
}  # fmt: skip
DECODERS: dict[str, Curve] = {
    "srgb": decode_srgb, "linear": encode_linear, "bt709": decode_bt709, "pq": decode_pq,
    "hlg": decode_hlg,
}  # fmt: skip
