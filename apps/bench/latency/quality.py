"""How far a variant's picture is from the reference, in the units of its domain."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.bench.metrics.delta_e import delta_e_2000
from apps.bench.metrics.psnr import psnr_db
from isp.core.domain import Domain
from isp.core.transfer import decode_srgb

Pixels = NDArray[np.float32]

SDR_CODES, LINEAR_CODES = 255, 4095  # 8 bits of what is shown, 12 bits of light
WINDOW = 256  # side of the middle part whose colours are compared


def codes_of(domain: Domain | None) -> float:
    """DN of 1.0: DN themselves in RAW, 8-bit codes in SDR, 12-bit codes of what is between."""
    if domain is Domain.RAW:
        return 1.0
    return SDR_CODES if domain is Domain.SDR else LINEAR_CODES


def max_dn(picture: Pixels, reference: Pixels, domain: Domain | None) -> float:
    """Largest difference in DN; infinite where one holds what is no number."""
    if picture.shape != reference.shape or not np.isfinite(picture).all():
        return math.inf
    return float(np.abs(picture - reference).max()) * codes_of(domain)


def quality(picture: Pixels, reference: Pixels, domain: Domain | None) -> dict[str, Any]:
    """What a variant costs in quality: PSNR, largest DN, in SDR the largest CIEDE2000.

    picture, reference: (1, c, h, w). psnr_db is None for equal pictures, delta_e_2000_max outside
    SDR; colours are compared in the middle 256 x 256.
    """
    peak = max(float(np.abs(reference).max()), 1e-6) if domain is Domain.RAW else 1.0
    planes = [p.reshape(-1, p.shape[-1], 1).repeat(3, 2) for p in (picture, reference)]
    ratio = psnr_db(planes[0], planes[1], peak=peak)
    colour = None
    if domain is Domain.SDR:
        linear = [_linear(_middle(p)) for p in (picture, reference)]
        colour = delta_e_2000(linear[0], linear[1]).max
    return {
        "psnr_db": ratio if math.isfinite(ratio) else None,
        "max_dn": max_dn(picture, reference, domain),
        "delta_e_2000_max": colour,
    }


def _middle(picture: Pixels) -> Pixels:
    height, width = picture.shape[-2:]
    top, left = max(0, (height - WINDOW) // 2), max(0, (width - WINDOW) // 2)
    return picture[0, :, top : top + WINDOW, left : left + WINDOW]


def _linear(codes: Pixels) -> NDArray[np.float64]:
    import torch

    light = decode_srgb(torch.from_numpy(np.ascontiguousarray(codes)).double().clamp(0, 1))
    return np.moveaxis(light.numpy(), 0, -1)
