"""Planckian: an estimate of the light is kept near the colours that lights have."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.camera_matrices import white_from_neutral
from isp.core.sensor import SensorProfile
from isp.core.temperature import cct_to_xy, xy_to_cct, xy_to_duv
from isp.stages.illuminant.temperature import gains_at

LARGEST_DUV = 0.02  # fluorescent lamps, the greenest lights in use, stay within it
CCT_K = (2000.0, 20000.0)  # candle light to a clear blue sky


def near_planckian(
    gains: Float[Tensor, "b 3"], profile: SensorProfile, largest_duv: float = LARGEST_DUV
) -> Float[Tensor, "b 3"]:
    """Gains whose white lies within a Duv of the Planckian locus: the given ones, moved there.

    The white that the gains imply keeps its correlated colour temperature, limited to 2000 to
    20 000 K, and its distance from the locus is limited. Gains already there come back as they
    are. So that a meadow is not taken for a green light.

    Raises ProfileError without a colour matrix.

    Source: CONVENTIONS 1.5 ("projects the estimate onto the locus within Duv 0.02"); the white by
    DNG 1.7.1 chapter 6, the temperature by Robertson 1968.
    """
    moved = [_moved(row, profile, largest_duv) for row in gains.double().tolist()]
    return torch.tensor(moved, dtype=gains.dtype, device=gains.device)


def _moved(gains: list[float], profile: SensorProfile, largest_duv: float) -> list[float]:
    neutral = gains[1] / np.asarray(gains)
    white = white_from_neutral(neutral, profile.xyz_to_camera, profile.calibrations)
    seen = xy_to_cct(white)
    cct = float(np.clip(seen, *CCT_K))
    duv = xy_to_duv(white, seen)
    if cct == seen and abs(duv) <= largest_duv:
        return gains
    return list(gains_at(profile, cct_to_xy(cct, float(np.clip(duv, -largest_duv, largest_duv)))))
