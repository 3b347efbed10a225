"""Light by colour temperature: the white at a CCT and Duv, and back."""

from itertools import pairwise

import numpy as np

from isp.core.colour import XY
from isp.core.errors import UsageError

LOWEST_CCT_K, HIGHEST_CCT_K = 1e6 / 600, 1e5  # Robertson's table ends at 600 reciprocal megakelvin
LARGEST_DUV = 0.05  # CIE 15:2018, section 9.5: beyond it a correlated temperature says nothing

# Isotemperature lines: reciprocal megakelvin, u, v, slope. Robertson 1968, JOSA 58(11), table 1.
ROBERTSON = (
    (0, 0.18006, 0.26352, -0.24341), (10, 0.18066, 0.26589, -0.25479),
    (20, 0.18133, 0.26846, -0.26876), (30, 0.18208, 0.27119, -0.28539),
    (40, 0.18293, 0.27407, -0.30470), (50, 0.18388, 0.27709, -0.32675),
    (60, 0.18494, 0.28021, -0.35156), (70, 0.18611, 0.28342, -0.37915),
    (80, 0.18740, 0.28668, -0.40955), (90, 0.18880, 0.28997, -0.44278),
    (100, 0.19032, 0.29326, -0.47888), (125, 0.19462, 0.30141, -0.58204),
    (150, 0.19962, 0.30921, -0.70471), (175, 0.20525, 0.31647, -0.84901),
    (200, 0.21142, 0.32312, -1.0182), (225, 0.21807, 0.32909, -1.2168),
    (250, 0.22511, 0.33439, -1.4512), (275, 0.23247, 0.33904, -1.7298),
    (300, 0.24010, 0.34308, -2.0637), (325, 0.24792, 0.34655, -2.4681),
    (350, 0.25591, 0.34951, -2.9641), (375, 0.26400, 0.35200, -3.5814),
    (400, 0.27218, 0.35407, -4.3633), (425, 0.28039, 0.35577, -5.3762),
    (450, 0.28863, 0.35714, -6.7262), (475, 0.29685, 0.35823, -8.5955),
    (500, 0.30505, 0.35907, -11.324), (525, 0.31320, 0.35968, -15.628),
    (550, 0.32129, 0.36011, -23.325), (575, 0.32931, 0.36038, -40.770),
    (600, 0.33724, 0.36051, -116.45),
)  # fmt: skip


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


def xy_to_cct(xy: XY) -> float:
    """Correlated colour temperature in kelvin (Robertson 1968)."""
    x, y = xy
    u, v = 4 * x / (-2 * x + 12 * y + 3), 6 * y / (-2 * x + 12 * y + 3)
    distances = [((v - v0) - t * (u - u0)) / np.hypot(1, t) for _, u0, v0, t in ROBERTSON]
    for (above, below), (d0, d1) in zip(pairwise(ROBERTSON), pairwise(distances), strict=True):
        if d0 >= 0 > d1 or d1 == 0:
            weight = d0 / (d0 - d1)
            mired = above[0] + weight * (below[0] - above[0])
            return float(1e6 / max(mired, 1e-3))
    return 1e9 if distances[0] < 0 else 1e6 / ROBERTSON[-1][0]


def xy_to_duv(xy: XY, cct_k: float) -> float:
    """Distance of a white from the Planckian locus in u, v, above it positive.

    cct_k: its correlated colour temperature, `xy_to_cct`; outside 1667 to
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
