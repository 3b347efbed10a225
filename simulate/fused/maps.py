"""What a kernel of the whole sensor is given, and which sensors one knows."""

from dataclasses import dataclass

import torch
from torch import Tensor

from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from simulate.effects.dark_signal import dark_rate, warmth
from simulate.fixed_pattern import FixedPattern

GAUSSIAN, LOGISTIC, TUKEY = 0, 1, 2  # laws of the read noise, as kernels count them


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KernelMaps:
    """Light, and what turns it into a rate; None for an effect that is not there.

    light: (b, 1, h, w). gain, dark_e_per_s: as in `FixedPattern`.
    dark_e: mean dark signal of each image, (b,); dark_factor: of the map, seconds, (b,).
    """

    light: Tensor
    gain: Tensor | None = None
    dark_e_per_s: Tensor | None = None
    dark_e: Tensor | None = None
    dark_factor: Tensor | None = None

    @staticmethod
    def of(pattern: FixedPattern, expected: Frame, profile: SensorProfile) -> "KernelMaps":
        """Make the rates of an expected frame from a body's pattern."""
        dark = factor = None
        if pattern.dark_e_per_s is not None or profile.dark_current_e_per_s > 0:
            time = expected.shot.need("exposure_time_s").double()
            dark, factor = dark_rate(profile, time), time * warmth(profile)
        return KernelMaps(
            light=expected.data, gain=pattern.gain, dark_e_per_s=pattern.dark_e_per_s,
            dark_e=dark, dark_factor=factor,
        )  # fmt: skip

    @staticmethod
    def whole(rate: Tensor) -> "KernelMaps":
        """Rates that are finished."""
        return KernelMaps(light=rate)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KernelReadOut:
    """What the read-out adds; a leading 1 is one for all images.

    offset_e: (b or 1, 1, h, w), or None. column_gain: (1, 1, 1, w), or None.
    rows_e: (b or 1, 1, h, 1); columns_e: (b or 1, 1, 1, w).
    black_dn: (b or 1, 1, p, w) over one period of rows.
    """

    offset_e: Tensor | None
    column_gain: Tensor | None
    rows_e: Tensor
    columns_e: Tensor
    black_dn: Tensor


def known(profile: SensorProfile, expected: Frame) -> bool:
    """Whether a kernel knows every effect of the profile, and no gradient is asked for."""
    return (
        not expected.data.requires_grad
        and expected.data.dtype is torch.float32
        and expected.data.shape[0] > 0
        and profile.full_well_knee >= 1
        and profile.full_well_spread_percent == 0
        and profile.blooming_fraction == 0
        and not profile.linearization_table_dn
        and not profile.electrical_crosstalk
    )
