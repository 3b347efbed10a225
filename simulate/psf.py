"""Point-spread functions as what they do to scene pixels: never negative, of sum 1.

A scene pixel holds the mean light of its square, before the blur and after it. So a kernel here is
the blur integrated over scene pixels, with that integration's own blur taken off again: the second
moment (for Airy, the transfer at 1/8 cycle per pixel) is the lens's alone. Lengths are in scene
pixels, frequencies in cycles per scene pixel.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from simulate.cosine_transform import cosine_frequencies

GRID = 256  # samples of the period of an undersampled Airy pattern
SHARP = 8.0  # cycles per scene pixel: above it an Airy pattern is a point with thin tails
MATCHED_AT = 0.125  # cycles per scene pixel: Nyquist of photosites 4 scene pixels wide
HALVINGS = 60


@lru_cache(maxsize=64)
def gaussian_taps(sigma: float) -> Float[Tensor, "k"]:
    """Half of a symmetric kernel, middle first, whose second moment is sigma^2.

    >>> [round(float(tap), 4) for tap in gaussian_taps(0.4)[:2]]
    [0.8401, 0.08]
    """
    reach = math.ceil(9 * sigma) + 2
    edges = torch.arange(reach + 1, dtype=torch.float64) - 0.5

    def taps(width: float) -> Tensor:
        below = torch.special.ndtr(-edges / width)  # of the mass beyond each edge
        kernel = below[:-1] - below[1:]
        whole: Tensor = kernel / (2 * kernel.sum() - kernel[0])
        return whole

    places = torch.arange(reach, dtype=torch.float64)
    width = _solve(lambda w: float(2 * (taps(w) * places**2).sum()), sigma**2, 0.01, sigma + 1)
    return taps(width)


@lru_cache(maxsize=64)
def disc_kernel(diameter: float) -> Float[Tensor, "k k"]:
    """Lower right quarter of a uniform disc's kernel, whose second moment along an axis is d^2/16.

    Each value is the exact area that disc and scene pixel share.
    """
    reach = math.ceil(diameter / 2 + 1) + 1
    places = torch.arange(reach, dtype=torch.float64)

    def kernel(radius: float) -> Tensor:
        edges = torch.arange(reach + 1, dtype=torch.float64) - 0.5
        corner = edges.sign().outer(edges.sign()) * _disc_corner(edges.abs(), radius)
        area = corner[1:, 1:] - corner[:-1, 1:] - corner[1:, :-1] + corner[:-1, :-1]
        return area / (math.pi * radius**2)

    def moment(radius: float) -> float:
        both_sides = torch.where(places > 0, 2.0, 1.0).double()
        return float(2 * (kernel(radius) * both_sides * places.unsqueeze(1) ** 2).sum())

    return kernel(_solve(moment, diameter**2 / 16, 0.4, diameter / 2 + 1)).clamp(min=0)


def airy_transfer(cutoff: float, height: int, width: int) -> Float[Tensor, "h w"]:
    """Transfer of an aberration-free round lens on a picture's cosines.

    cutoff: 1 / (lambda N). Up to half a cycle per scene pixel the pattern is sampled well enough,
        and the transfer is the exact one, 2/pi (acos v - v sqrt(1 - v^2)), v = frequency / cutoff.

    Source: Goodman, Introduction to Fourier Optics, section 6.3 (OTF of a circular pupil).
    """
    if cutoff <= 0.5:
        rows, columns = cosine_frequencies(height), cosine_frequencies(width)
        return _round_lens(torch.hypot(rows.unsqueeze(1), columns), cutoff)
    if cutoff > SHARP:  # what is not in the centre falls as 1 / cutoff
        share = SHARP / cutoff
        return 1 - share + share * kernel_transfer(_airy_kernel(SHARP), height, width)
    return kernel_transfer(_airy_kernel(cutoff), height, width)


def kernel_transfer(quarter: Float[Tensor, "k l"], height: int, width: int) -> Float[Tensor, "h w"]:
    """Transfer of an even kernel, given by its lower right quarter, on a picture's cosines."""
    return _cosines(quarter.shape[0], height) @ quarter @ _cosines(quarter.shape[1], width).T


def taps_transfer(taps: Float[Tensor, "k"], height: int, width: int) -> Float[Tensor, "h w"]:
    """Transfer of half a symmetric kernel applied along both axes."""
    rows, columns = (_cosines(len(taps), n) @ taps for n in (height, width))
    return torch.outer(rows, columns)


def _cosines(count: int, n: int) -> Tensor:
    places = torch.arange(count, dtype=torch.float64)
    twice = torch.where(places > 0, 2.0, 1.0).double()
    return twice * torch.cos(2 * math.pi * torch.outer(cosine_frequencies(n), places))


def _disc_corner(edges: Tensor, radius: float) -> Tensor:
    """Area of the disc within 0..x and 0..y, for each y (rows) and x (columns)."""
    reach = edges.clamp(max=radius)
    chord = torch.sqrt((radius**2 - reach**2).clamp(min=0))  # x up to which y is inside

    def under(x: Tensor) -> Tensor:
        root = torch.sqrt((radius**2 - x**2).clamp(min=0))
        return (x * root + radius**2 * torch.asin((x / radius).clamp(max=1))) / 2

    straight = torch.minimum(reach.unsqueeze(0), chord.unsqueeze(1))
    return straight * reach.unsqueeze(1) + under(reach).unsqueeze(0) - under(straight)


def _round_lens(frequency: Tensor, cutoff: float) -> Tensor:
    v = (frequency / cutoff).clamp(max=1)
    return 2 / math.pi * (torch.acos(v) - v * torch.sqrt(1 - v**2))


@lru_cache(maxsize=32)
def _airy_kernel(cutoff: float) -> Tensor:
    """Quarter of an Airy pattern integrated over scene pixels, made sharper by what that blurs."""
    axis = torch.zeros(1, dtype=torch.float64)
    at = torch.full((1,), MATCHED_AT, dtype=torch.float64)
    wanted = float(_round_lens(at, cutoff))
    sharper = _solve(lambda c: float(_integrated(axis, at, c)), wanted, 0.9 * cutoff, 1.5 * cutoff)
    half = torch.arange(GRID // 2 + 1, dtype=torch.float64) / GRID
    spectrum = _integrated(half, half, sharper)
    whole = torch.cat([spectrum, spectrum[1:-1].flip(0)])
    kernel = torch.fft.irfft2(whole, s=(GRID, GRID))[: GRID // 2 + 1, : GRID // 2 + 1]
    kernel = kernel.clamp(min=0)  # round-off
    kernel[-1] /= 2  # shared with the other side of the period
    kernel[:, -1] /= 2
    twice = torch.full((GRID // 2 + 1,), 2.0, dtype=torch.float64)
    twice[0] = 1
    scaled: Tensor = kernel / (twice @ kernel @ twice)
    return scaled


def _integrated(rows: Tensor, columns: Tensor, cutoff: float) -> Tensor:
    """Transfer of an Airy pattern integrated over scene pixels, all its aliases summed."""
    aliases = torch.arange(-math.ceil(cutoff + 0.5), math.ceil(cutoff + 0.5) + 1).double()
    x = columns.unsqueeze(1) + aliases  # (w, aliases)
    total = torch.zeros(len(rows), len(columns), dtype=torch.float64)
    for down in aliases:
        y = (rows + down).reshape(-1, 1, 1)
        total += (torch.sinc(y) * torch.sinc(x) * _round_lens(torch.hypot(y, x), cutoff)).sum(-1)
    return total


def _solve(function: Callable[[float], float], value: float, low: float, high: float) -> float:
    """Where a rising function takes a value, by halving."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if function(middle) < value:
            low = middle
        else:
            high = middle
    return (low + high) / 2
