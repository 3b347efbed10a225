"""Tables of companding converters: piecewise linear and square root.

A table goes into `SensorProfile.linearization_table_dn`; `isp.core.companding.compand` applies it.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from isp.core.errors import ProfileError


def piecewise_linear_table(
    knees: Sequence[tuple[int, int]], bits_in: int, bits_out: int
) -> tuple[int, ...]:
    """DN of each code of a converter whose steps grow from knee to knee.

    knees: (DN, code) between (0, 0) and (2^bits_in - 1, 2^bits_out - 1), both rising.
    bits_in: of the linear DN. bits_out: of the stored code.

    Raises ProfileError for knees that do not rise, or a part with more codes than DN.

    >>> piecewise_linear_table([(4, 4)], 4, 3)
    (0, 1, 2, 3, 4, 8, 11, 15)
    """
    _check_bits(bits_in, bits_out)
    points = [(0, 0), *knees, (2**bits_in - 1, 2**bits_out - 1)]
    for (dn, code), (next_dn, next_code) in pairwise(points):
        if next_code <= code or next_dn - dn < next_code - code:
            raise ProfileError(
                f"a companding table rises by at least one DN a code, but from DN {dn} to "
                f"{next_dn} it has the codes {code} to {next_code}"
            )
    codes = np.arange(2**bits_out)
    levels = np.interp(codes, [c for _, c in points], [d for d, _ in points])
    # Not half to even: levels at least 1 apart must stay apart.
    return tuple(int(v) for v in np.floor(levels + 0.5))


def square_root_table(bits_in: int, bits_out: int, black_level_dn: int = 0) -> tuple[int, ...]:
    """DN of each code of a square-root converter: its step grows as the shot noise does.

    The DN leave black quadratically, on both sides, so that the steps are finest where the signal
    has least noise; no step is below one DN.
    bits_in: of the linear DN. bits_out: of the stored code.

    Raises ProfileError for more codes than DN, or a black level outside the range.

    >>> square_root_table(6, 3)
    (0, 1, 5, 12, 21, 32, 46, 63)
    """
    _check_bits(bits_in, bits_out)
    white, codes = 2**bits_in - 1, 2**bits_out - 1
    if not 0 <= black_level_dn < white:
        raise ProfileError(f"black_level_dn {black_level_dn} is not in 0..{white - 1}")
    below, above = math.sqrt(black_level_dn), math.sqrt(white - black_level_dn)
    # Enough codes on either side to reach its end, and no more than it has DN.
    least = max(min(1, black_level_dn), codes - (white - black_level_dn))
    zero = round(codes * below / (below + above))
    zero = min(max(zero, least), black_level_dn, codes - 1)
    down = _quadratic(black_level_dn, zero)
    up = _quadratic(white - black_level_dn, codes - zero)
    return (*(black_level_dn - d for d in reversed(down[1:])), *(black_level_dn + d for d in up))


def _quadratic(span: int, steps: int) -> list[int]:
    """0 to span in `steps` steps that grow linearly, each at least 1."""
    return [max(k, math.floor(span * (k / steps) ** 2 + 0.5)) if k else 0 for k in range(steps + 1)]


def _check_bits(bits_in: int, bits_out: int) -> None:
    if not 1 <= bits_out <= 16 or not bits_out <= bits_in <= 32:
        raise ProfileError(
            f"companding goes from at most 32 bits to as many or fewer, at most 16, "
            f"not from {bits_in} to {bits_out}"
        )
