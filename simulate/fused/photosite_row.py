"""What a row of photosites goes through between the rate and its DN, compiled."""

from typing import no_type_check

import numpy as np

from isp.core.kernels.compiled import approximate, compiled
from isp.core.kernels.functions import F, logistic, normal, tukey_lambda
from simulate.fused.maps import GAUSSIAN, LOGISTIC

ZERO, ENDLESS_E = F(0), np.float64(1e30)  # of light, as `simulate.photosites`


@compiled
@no_type_check
def rate_row(expected, gain, dark_map, dark_time, dark_e, cap, n, rate):
    """Mean electrons, in float64 and rounded once; True when all are numbers >= 0."""
    has_gain, has_map = gain.size > 0, dark_map.size > 0
    if has_gain or has_map or dark_e != 0.0:
        for i in range(n):
            value = np.float64(expected[i])
            if has_gain:
                # Not min(): it would turn nan into a number.
                value = (ENDLESS_E if value > ENDLESS_E else value) * np.float64(gain[i])
            value += np.float64(dark_map[i]) * dark_time if has_map else dark_e
            rate[i] = F(value)
    else:
        for i in range(n):
            rate[i] = expected[i]
    strange = 0
    for i in range(n):
        strange += not (rate[i] >= ZERO)
        rate[i] = min(rate[i], cap)
    return strange == 0


@approximate
@no_type_check
def noise_row(words, law, scale, shape, row_e, columns_e, n, noise):
    """Electrons of read noise by one word each, with the row's and the columns' noise."""
    if law == GAUSSIAN:
        for i in range(n):
            noise[i] = scale * normal(words[i]) + (row_e + columns_e[i])
    elif law == LOGISTIC:
        for i in range(n):
            noise[i] = scale * logistic(words[i]) + (row_e + columns_e[i])
    else:
        for i in range(n):
            noise[i] = scale * tukey_lambda(words[i], shape) + (row_e + columns_e[i])


@compiled
@no_type_check
def convert_row(
    counts, well, offset, noise, column_gain, noise_is_gained, gain, black, top, limit, n,
    dn, measured, clipped,
):  # fmt: skip
    """Full well, offsets, gain, black level, ADC and masks; float64 before the rounding."""
    has_offset = offset.size > 0
    for i in range(n):
        held = min(counts[i], well)
        signal = np.float64(held)
        if has_offset:
            signal += np.float64(offset[i])
        if noise_is_gained:
            signal = (signal + np.float64(noise[i])) * np.float64(column_gain[i])
        else:
            signal = signal * np.float64(column_gain[i]) + np.float64(noise[i])
        level = np.rint(np.float64(black[i]) + gain * signal)
        code = F(min(max(level, 0.0), top))
        dn[i] = code
        lost = (code >= limit) | (code <= ZERO) | (held >= well)
        clipped[i] = lost
        measured[i] = not lost
