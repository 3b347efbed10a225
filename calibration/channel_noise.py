"""Gain and dark noise of each colour of the filters, where they differ by more than chance."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from calibration.photon_transfer import Transfer
from calibration.uncertainty import Replicates, jackknife
from isp.core.cfa import Cfa

SURE = 2.0  # half widths of 95 %, about four standard errors: 1 in 10,000 by chance
GAIN, DARK = "system_gain_dn_per_e", "dark_deviation_dn"

Site = tuple[int, int]
ChannelNoise = tuple[tuple[str, float, float], ...]


def channel_noise(sites: Mapping[Site, Transfer], cfa: Cfa) -> ChannelNoise:
    """Return name, gain in DN/e- and dark deviation in DN of each colour; nothing if they agree.

    Sites of one colour are averaged. Two colours differ where the jackknife interval of the
    difference, twice as wide as for 95 %, leaves out 0: rows are left out of both at once, so
    what they share does not count.
    """
    found = {
        channel: [
            np.mean([transfer.replicates[name] for transfer in transfers], axis=0)
            for name in (GAIN, DARK)
        ]
        for channel, transfers in _by_channel(sites, cfa).items()
    }
    if not any(
        _differ(one, other)
        for a, b in combinations(found.values(), 2)
        for one, other in zip(a, b, strict=True)
    ):
        return ()
    return tuple(
        (channel, float(gain[0]), float(dark[0])) for channel, (gain, dark) in found.items()
    )


def _by_channel(sites: Mapping[Site, Transfer], cfa: Cfa) -> dict[str, list[Transfer]]:
    channels: dict[str, list[Transfer]] = {}
    for (row, column), transfer in sites.items():
        channels.setdefault(cfa.pattern[row][column], []).append(transfer)
    return channels


def _differ(one: Replicates, other: Replicates) -> bool:
    figure = jackknife(one - other)
    return abs(figure.value or 0.0) > SURE * (figure.half_width or 0.0)
