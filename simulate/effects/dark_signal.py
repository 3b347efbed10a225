"""Dark signal: electrons that heat frees while the shutter is open."""

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.sensor import SensorProfile


def dark_rate(profile: SensorProfile, exposure_time_s: Float[Tensor, "b"]) -> Float[Tensor, "b"]:
    """Mean dark electrons of an exposure: D0 2^((T - T0) / Td) t, e-.

    Source: EMVA 1288 release 4.0, dark current and its doubling temperature.
    """
    warmth = profile.temperature_c - profile.dark_current_temperature_c
    doublings = torch.tensor(warmth / profile.doubling_temperature_k, dtype=torch.float64)
    rate = profile.dark_current_e_per_s * torch.exp2(doublings)
    return exposure_time_s.double() * rate.to(exposure_time_s.device)
