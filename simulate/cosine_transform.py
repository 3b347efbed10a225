"""Blur of a mirrored picture: each cosine of it multiplied by the blur's transfer."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def blur_by_transfer(
    light: Float[Tensor, "*b h w"], transfer: Float[Tensor, "h w"]
) -> Float[Tensor, "*b h w"]:
    """Convolve with a blur that is even along both axes; the picture is mirrored at its edges.

    A picture mirrored at the outer edges of its pixels is a sum of cosines, which an even blur
    only scales. So the blur may be as wide as it likes, and no light is lost: what leaves the
    picture comes back from the mirror.

    light: float64. transfer: of cosine k along an axis of n pixels, at k / 2n cycles per pixel;
        1 at (0, 0) keeps the energy.

    Source: Martucci, IEEE Trans. Signal Processing 42(5), 1994 (symmetric convolution).
    """
    return _inverse(_inverse(_forward(_forward(light, -1), -2) * transfer, -2), -1)


def cosine_frequencies(n: int, device: torch.device | None = None) -> Float[Tensor, "n"]:
    """Frequencies of the cosines of n pixels, cycles per pixel: 0, 1/2n, ..., below 1/2."""
    return torch.arange(n, dtype=torch.float64, device=device) / (2 * n)


def _forward(values: Tensor, axis: int) -> Tensor:
    """DCT-II along an axis by one real FFT of the same length.

    Source: Makhoul, IEEE Trans. ASSP 28(1), 1980.
    """
    x = values.movedim(axis, -1)
    n = x.shape[-1]
    turned = _turn(n, x.device)
    half = torch.fft.rfft(torch.cat([x[..., ::2], x[..., 1::2].flip(-1)], -1)) / turned
    tail = -2 * half.imag[..., 1 : (n + 1) // 2].flip(-1)
    return torch.cat([2 * half.real, tail], -1).movedim(-1, axis)


def _inverse(values: Tensor, axis: int) -> Tensor:
    """Undo `_forward`."""
    y = values.movedim(axis, -1)
    n = y.shape[-1]
    count = n // 2 + 1
    mirrored = torch.cat([torch.zeros_like(y[..., :1]), y[..., 1:].flip(-1)], -1)[..., :count]
    half = torch.complex(y[..., :count], -mirrored) * _turn(n, y.device) / 2
    v = torch.fft.irfft(half, n=n)
    x = torch.empty_like(v)
    x[..., ::2] = v[..., : (n + 1) // 2]
    x[..., 1::2] = v[..., (n + 1) // 2 :].flip(-1)
    return x.movedim(-1, axis)


def _turn(n: int, device: torch.device) -> Tensor:
    angle = math.pi / (2 * n) * torch.arange(n // 2 + 1, dtype=torch.float64, device=device)
    return torch.polar(torch.ones_like(angle), angle)
