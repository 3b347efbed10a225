"""What a grid of wavelengths may be; free of torch, for decoders."""

import math
from collections.abc import Sequence
from itertools import pairwise


def check_wavelengths(wavelengths_nm: Sequence[float]) -> str | None:
    """Say what is wrong with a wavelength grid; None for a sound one.

    >>> check_wavelengths((0.4, 0.5, 0.6))
    'wavelengths are nanometres in 100..5000, but these run from 0.4 to 0.6'
    """
    if len(wavelengths_nm) < 2:
        return f"at least 2 wavelengths are needed, but {len(wavelengths_nm)} came"
    if not all(math.isfinite(w) for w in wavelengths_nm):
        return "a wavelength is not a finite number"
    if min(wavelengths_nm) < 100 or max(wavelengths_nm) > 5000:
        return (
            "wavelengths are nanometres in 100..5000, but these run from "
            f"{min(wavelengths_nm):g} to {max(wavelengths_nm):g}"
        )
    for one, two in pairwise(wavelengths_nm):
        if not two > one:
            return f"wavelengths rise, but {two:g} nm follows {one:g} nm"
    return None
