"""What the numbers of crosstalk, shading and the rolling shutter may be."""

import math
from typing import Any

from isp.core.errors import ProfileError

LARGEST = 1e6
STEPS = 256  # places between axis and corner at which a shading polynomial is looked at


def check_light(profile: Any) -> None:
    """Check how a SensorProfile spreads, shades and times the light.

    Raises ProfileError naming field, value and sensor.
    """
    where = f'(sensor "{profile.name}")'
    for name in ("optical_crosstalk", "electrical_crosstalk"):
        for channel, kernel in getattr(profile, name).items():
            _check_channel(name, channel, profile, where)
            _check_kernel(f"{name} of {channel}", kernel, where)
    for channel, terms in profile.shading.items():
        _check_channel("shading", channel, profile, where)
        _check_polynomial(f"shading of {channel}", terms, where)
    if not (math.isfinite(profile.row_time_s) and profile.row_time_s >= 0):
        raise ProfileError(f"row_time_s must be >= 0, got {profile.row_time_s} {where}")


def _check_channel(name: str, channel: str, profile: Any, where: str) -> None:
    if channel not in profile.cfa.channels:
        raise ProfileError(
            f"{name} names the channel {channel}, but {profile.cfa.name} has "
            f"{', '.join(profile.cfa.channels)} {where}"
        )


def _check_kernel(name: str, kernel: tuple[float, ...], where: str) -> None:
    if len(kernel) != 9:
        raise ProfileError(f"{name} is 3 x 3 = 9 weights, but {len(kernel)} came {where}")
    if not all(math.isfinite(w) and w >= 0 for w in kernel):
        raise ProfileError(f"{name} has a weight that is not >= 0: {kernel} {where}")
    if sum(kernel) > 1 + 1e-9:
        raise ProfileError(f"{name} sums to {sum(kernel):g}, which would make light {where}")


def _check_polynomial(name: str, terms: tuple[float, ...], where: str) -> None:
    if not all(abs(t) <= LARGEST for t in terms):
        raise ProfileError(f"{name} must be finite numbers within {LARGEST:g}, got {terms} {where}")
    for step in range(STEPS + 1):
        square = step / STEPS
        share = 1 + sum(t * square ** (i + 1) for i, t in enumerate(terms))
        if share < 0:
            raise ProfileError(
                f"{name} leaves less than no light at {math.sqrt(square):.2f} of half the "
                f"diagonal, got {terms} {where}"
            )
