"""Dark signal: electrons that heat frees while the shutter is open."""

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.rng import Draws, normal
from isp.core.sensor import SensorProfile


def warmth(profile: SensorProfile) -> float:
    """Factor on all dark current for the sensor's temperature: 2^((T - T0) / Td).

    Source: EMVA 1288 release 4.0, doubling temperature.
    """
    warmer = profile.temperature_c - profile.dark_current_temperature_c
    return float(2.0 ** (warmer / profile.doubling_temperature_k))


def dark_rate(profile: SensorProfile, exposure_time_s: Float[Tensor, "b"]) -> Float[Tensor, "b"]:
    """Mean dark electrons of an exposure: D0 2^((T - T0) / Td) t, e-.

    Source: EMVA 1288 release 4.0, dark current and its doubling temperature.
    """
    return exposure_time_s.double() * (profile.dark_current_e_per_s * warmth(profile))


def dark_spread(
    nonuniformity: float, height: int, width: int, draws: Draws, device: torch.device
) -> Float[Tensor, "1 1 h w"]:
    """Dark current of each photosite in proportion to the mean: 1 + N(0, nonuniformity), >= 0."""
    deviation = normal(draws.words(height, width, device))
    return torch.clamp(1 + nonuniformity * deviation, min=0)
