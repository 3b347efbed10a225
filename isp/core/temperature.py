"""Light by colour temperature: the white at a CCT and Duv, and back."""

from itertools import pairwise

import numpy as np

from isp.core.colour import ROBERTSON, XY
from isp.core.errors import UsageError

LOWEST_CCT_K, HIGHEST_CCT_K = 1e6 / 600, 1e5  # Robertson's table ends at 600 reciprocal megakelvin
LARGEST_DUV = 0.05  # CIE 15:2018, section 9.5: beyond it a correlated temperature says nothing


def cct_to_xy(cct_k: float, duv: float = 0.0) -> XY:
    """Chromaticity of the light of a correlated colour temperature.

    cct_k: kelvin, 1667 to 100 000. duv: distance from the Planckian locus in CIE 1960 u, v along
        the line of equal temperature, at most 0.05; above it, towards green, is positive.

    Raises UsageError outside these ranges.

    Source: Robertson 1968, JOSA 58(11), his table interpolated in reciprocal temperature.

    >>> [round(v, 3) for v in cct_to_xy(6504, 0.0032)]
    [0.313, 0.329]
    """
    if not LOWEST_CCT_K <= cct_k <= HIGHEST_CCT_K:
        raise UsageError(
            f"a colour temperature is {LOWEST_CCT_K:.0f} to {HIGHEST_CCT_K:.0f} K, not {cct_k:g}"
        )
    if not abs(duv) <= LARGEST_DUV:
        raise UsageError(f"Duv is within {LARGEST_DUV:g} of the Planckian locus, not {duv:+g}")
    u, v, du, dv = _locus(min(1e6 / cct_k, 600.0))
    u, v = u + duv * du, v + duv * dv
    total = 2 * u - 8 * v + 4
    return 3 * u / total, 2 * v / total


def xy_to_duv(xy: XY, cct_k: float) -> float:
    """Distance of a white from the Planckian locus in u, v, above it positive.

    cct_k: its correlated colour temperature, `isp.core.colour.xy_to_cct`; outside 1667 to
        100 000 K the end of that range.
    """
    x, y = xy
    u, v = 4 * x / (-2 * x + 12 * y + 3), 6 * y / (-2 * x + 12 * y + 3)
    u0, v0, du, dv = _locus(min(1e6 / min(cct_k, HIGHEST_CCT_K), 600.0))
    return float((u - u0) * du + (v - v0) * dv)


def _locus(mired: float) -> tuple[float, float, float, float]:
    """Point u, v of the locus, and the unit vector along the line of equal temperature."""
    pairs = list(pairwise(ROBERTSON))
    (m_1, u_1, v_1, t_1), (m_2, u_2, v_2, t_2) = next(p for p in pairs if mired <= p[1][0])
    weight = (m_2 - mired) / (m_2 - m_1)
    # The slopes are negative: the unit vector that points up, to green, points left.
    ups = np.array([[-1, -t] / np.hypot(1, t) for t in (t_1, t_2)])
    up = weight * ups[0] + (1 - weight) * ups[1]
    up /= np.hypot(*up)
    u, v = weight * u_1 + (1 - weight) * u_2, weight * v_1 + (1 - weight) * v_2
    return float(u), float(v), float(up[0]), float(up[1])
