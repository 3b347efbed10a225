"""Shading: light that steep rays lose on their way through microlens and filter."""

import math
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.cfa import Cfa


def shade(
    expected: Float[Tensor, "b 1 h w"],
    coefficients: Mapping[str, Sequence[float]],
    cfa: Cfa,
    sensor_size: tuple[int, int],
    origin: tuple[int, int] = (0, 0),
    centre: tuple[float, float] = (0.5, 0.5),
) -> Float[Tensor, "b 1 h w"]:
    """Multiply each photosite by its colour's polynomial in the distance from the axis.

    The chief ray's angle grows with that distance, and how much of it passes differs with the
    colour: so the corners of a picture change in colour, where a lens's vignetting only dims them.

    expected: mean photo-electrons; float64 keeps the rate chain exact.
    coefficients: per channel those of r^2, r^4, ... added to 1, r = 1 at half the sensor's
        diagonal from the axis; a channel that is not listed stays. Never below no light.
    cfa, origin: the sensor's pattern, and the row and column of the first photosite in it.
    centre: of the axis, as shares of the sensor's height and width.
    """
    if not coefficients:
        return expected
    height, width = expected.shape[-2:]
    square = _square_radius(sensor_size, origin, centre, (height, width), expected.device)
    seen = cfa.crop(*origin)
    longest = max(len(terms) for terms in coefficients.values())
    gain = torch.zeros(1, 1, height, width, dtype=torch.float64, device=expected.device)
    for power in reversed(range(longest)):
        terms = [_term(coefficients.get(channel, ()), power) for channel in seen.channels]
        values = torch.tensor([terms], dtype=torch.float64, device=expected.device)
        gain = (gain + seen.spread(values, height, width)) * square
    return (expected.double() * (1 + gain).clamp(min=0)).to(expected.dtype)


def _term(terms: Sequence[float], power: int) -> float:
    return terms[power] if power < len(terms) else 0.0


def _square_radius(
    sensor_size: tuple[int, int],
    origin: tuple[int, int],
    centre: tuple[float, float],
    size: tuple[int, int],
    device: torch.device,
) -> Float[Tensor, "h w"]:
    rows, columns = (
        torch.arange(n, dtype=torch.float64, device=device) + start + 0.5 - share * whole
        for n, start, share, whole in zip(size, origin, centre, sensor_size, strict=True)
    )
    half_diagonal = math.hypot(*sensor_size) / 2
    return (rows.unsqueeze(1) ** 2 + columns**2) / half_diagonal**2
