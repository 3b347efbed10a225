"""A DNG's NoiseProfile out of measured sites: slope and offset for each colour."""

from collections.abc import Mapping

from calibration.photon_transfer import Transfer
from isp.core.cfa import Cfa

Site = tuple[int, int]


def noise_profile(
    sites: Mapping[Site, Transfer], cfa: Cfa, white_level_dn: float
) -> dict[str, tuple[float, float]]:
    """Return (S, O) of each colour: variance = S x + O, x = (DN - black) / (white - black).

    S = K / (W - B); O = dark variance / (W - B)^2, which holds the converter's 1/12 DN^2 and row
    noise, as a single frame does. Sites of one colour are averaged.

    Source: DNG 1.7.1, NoiseProfile.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for site, transfer in sites.items():
        figures = transfer.figures
        span = white_level_dn - (figures["black_level_dn"].value or 0.0)
        slope = (figures["system_gain_dn_per_e"].value or 0.0) / span
        offset = ((figures["dark_deviation_dn"].value or 0.0) / span) ** 2
        found.setdefault(cfa.pattern[site[0]][site[1]], []).append((slope, offset))
    return {
        name: (sum(s for s, _ in pairs) / len(pairs), sum(o for _, o in pairs) / len(pairs))
        for name, pairs in found.items()
    }
