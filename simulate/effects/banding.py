"""Banding: a sine along the rows, from a supply or a lamp out of step with the read-out."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.rng import Draws, uniform


def banding(
    height: int, amplitude_e: Float[Tensor, "#b"], cycles_per_row: float, draws: Draws
) -> Float[Tensor, "b 1 h 1"]:
    """A sin(2 pi f y + phi) electrons, phi uniform for each frame, y the absolute sensor row.

    amplitude_e: A per image, e-. cycles_per_row: f, 0..0.5.

    Source: CONVENTIONS section 5.4, source 8.
    """
    device = amplitude_e.device
    phase = uniform(draws.per_frame(device))  # (b, 1, 1, 1), in cycles
    rows = torch.arange(height, device=device, dtype=torch.float64) + draws.origin[0]
    cycles = cycles_per_row * rows.reshape(1, 1, -1, 1) + phase
    return amplitude_e.double().reshape(-1, 1, 1, 1) * torch.sin(2 * math.pi * cycles)
