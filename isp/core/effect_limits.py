"""What the numbers of a sensor's effects may be."""

import math
from itertools import pairwise
from typing import Any

from isp.core.errors import ProfileError
from isp.core.light_limits import check_light
from isp.core.readings import SHAPES

NOT_NEGATIVE = (
    "full_well_spread_percent", "prnu_percent", "dsnu_e", "column_gain_percent", "column_fpn_e",
    "row_fpn_e", "dark_current_e_per_s", "dark_current_nonuniformity",
    "hot_pixel_dark_current_e_per_s", "hot_pixel_log_spread", "rts_amplitude_e",
)  # fmt: skip
SHARES = (
    "full_well_knee", "blooming_fraction", "prnu_column_share", "dsnu_column_share",
    "hot_pixel_fraction", "dead_pixel_fraction", "rts_fraction", "rts_occupancy",
)  # fmt: skip
LARGEST = 1e9  # electrons, DN, percent: beyond any sensor, and far from float32's end
LARGEST_WELL = 2.0**23
LARGEST_PITCH_UM = 1e4
MOST_DOUBLINGS = 40
READING_NOT_NEGATIVE = ("read_noise_e", "row_noise_e", "column_noise_e", "banding_amplitude_e")


def check_effects(profile: Any) -> None:
    """Check the numbers of every effect of a SensorProfile.

    Raises ProfileError naming field, value and sensor.
    """
    where = f'(sensor "{profile.name}")'
    for name in NOT_NEGATIVE:
        value = getattr(profile, name)
        _check_amount(name, value, where)
    _check_levels(profile, where)
    for name in ("temperature_c", "dark_current_temperature_c"):
        if not math.isfinite(getattr(profile, name)):
            raise ProfileError(f"{name} must be finite, got {getattr(profile, name)} {where}")
    for name in SHARES:
        value = getattr(profile, name)
        if not 0 <= value <= 1:
            raise ProfileError(f"{name} is a share in 0..1, got {value} {where}")
    warmer = profile.temperature_c - profile.dark_current_temperature_c
    if abs(warmer / profile.doubling_temperature_k) > MOST_DOUBLINGS:
        raise ProfileError(
            f"temperature_c {profile.temperature_c:g} is more than {MOST_DOUBLINGS} doublings of "
            f"dark current from dark_current_temperature_c {where}"
        )
    if not profile.full_well_knee > 0:
        raise ProfileError(f"full_well_knee must be above 0 {where}")
    if not 0 < profile.banding_frequency_cycles_per_row <= 0.5:
        raise ProfileError(
            f"banding_frequency_cycles_per_row is in 0..0.5, got "
            f"{profile.banding_frequency_cycles_per_row} {where}"
        )
    if profile.read_out_order not in ("emva", "eld"):
        raise ProfileError(f'read_out_order is emva or eld, got "{profile.read_out_order}" {where}')
    _check_rts(profile, where)
    _check_table(profile, where)
    check_light(profile)
    sites = profile.cfa.period[0] * profile.cfa.period[1]
    for reading in profile.readings:
        _check_reading(reading, sites, where)


def _check_amount(label: str, value: float, where: str) -> None:
    if not (math.isfinite(value) and value >= 0):
        raise ProfileError(f"{label} must be >= 0, got {value} {where}")
    if value > LARGEST:
        raise ProfileError(f"{label} is at most {LARGEST:g}, got {value:g} {where}")


def _check_levels(profile: Any, where: str) -> None:
    if not all(v >= 0 for v in profile.black_level_dn if math.isfinite(v)):
        raise ProfileError(f"black_level_dn is 0 or above, got {profile.black_level_dn} {where}")
    if profile.pixel_pitch_um is not None and profile.pixel_pitch_um > LARGEST_PITCH_UM:
        raise ProfileError(
            f"pixel_pitch_um is at most {LARGEST_PITCH_UM:g}, "
            f"got {profile.pixel_pitch_um:g} {where}"
        )
    levels = (*profile.black_level_dn, profile.white_level_dn)
    if not all(math.isfinite(v) and abs(v) <= LARGEST for v in levels):
        raise ProfileError(f"black and white levels must be finite, got {levels} {where}")
    if profile.full_well_e is not None and profile.full_well_e > LARGEST_WELL:
        raise ProfileError(
            f"full_well_e is at most 2^23, beyond which whole electrons are lost in float32, got "
            f"{profile.full_well_e:g} {where}"
        )


def _check_rts(profile: Any, where: str) -> None:
    if profile.rts_fraction == 0:
        return
    if not 0 < profile.rts_occupancy < 1:
        raise ProfileError(f"rts_occupancy is between 0 and 1, got {profile.rts_occupancy} {where}")
    least = 1 / (1 - profile.rts_occupancy)
    if not profile.rts_dwell_frames >= least * (1 - 1e-12):
        raise ProfileError(
            f"rts_dwell_frames {profile.rts_dwell_frames} is below {least:g}, what independent "
            f"frames of occupancy {profile.rts_occupancy} would give {where}"
        )


def _check_table(profile: Any, where: str) -> None:
    table = profile.linearization_table_dn
    if not table:
        return
    if len(table) < 2 or any(b <= a for a, b in pairwise(table)) or table[0] < 0:
        raise ProfileError(f"linearization_table_dn must rise from 0 or above {where}")
    if len(table) > 65536 or table[-1] > 2**profile.bit_depth - 1:
        raise ProfileError(
            f"linearization_table_dn ends at DN {table[-1]}, which does not fit "
            f"{profile.bit_depth} bits {where}"
        )


def _check_reading(reading: Any, sites: int, where: str) -> None:
    label = f"at ISO {reading.iso:g}"
    for name in READING_NOT_NEGATIVE:
        value = getattr(reading, name)
        _check_amount(f"{name} {label}", value, where)
    if not reading.system_gain_dn_per_e <= LARGEST or not reading.iso <= LARGEST:
        raise ProfileError(f"gain and ISO {label} must be at most {LARGEST:g} {where}")
    if reading.branch < 0:
        raise ProfileError(f"branch {label} counts from 0, got {reading.branch} {where}")
    shape, scale = reading.tukey_lambda_shape, reading.tukey_lambda_scale_e
    if (shape is None) != (scale is None):
        raise ProfileError(f"a Tukey lambda {label} needs shape and scale {where}")
    if scale is not None and not (0 <= scale <= LARGEST and SHAPES[0] <= shape <= SHAPES[1]):
        raise ProfileError(
            f"a Tukey lambda {label} needs a scale >= 0 and a shape in {SHAPES[0]}..{SHAPES[1]}, "
            f"whose tails a 32-bit word can draw, got {scale} and {shape} {where}"
        )
    for channel, gain, deviation in reading.channel_noise:
        if not (0 < gain <= LARGEST and 0 <= deviation <= LARGEST):
            raise ProfileError(
                f"channel_noise {label} is a gain above 0 and a deviation from 0, got {gain} and "
                f"{deviation} for {channel} {where}"
            )
    if len(reading.colour_bias_dn) not in (0, sites):
        raise ProfileError(
            f"colour_bias_dn {label} needs {sites} values, "
            f"got {len(reading.colour_bias_dn)} {where}"
        )
    if not all(abs(v) <= LARGEST for v in reading.colour_bias_dn):
        raise ProfileError(f"colour_bias_dn {label} must be finite {where}")
