"""GainMap opcodes: a map of gains for each site of a mosaic, as a DNG's OpcodeList2 holds it."""

import struct

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import FrameError
from isp.files.dng_opcodes import Opcode

GAIN_MAP = 9
VERSION = (1, 3, 0, 0)  # the DNG in which the opcode came


def gain_map_opcodes(
    gains: NDArray[np.float64], period: tuple[int, int], size: tuple[int, int]
) -> tuple[Opcode, ...]:
    """Return one GainMap of list 2 for each site of the period.

    gains: (sites row-major, points down, points across), first and last points on the first and
        last photosite. size: height and width of the mosaic.

    Raises FrameError for as many maps as there are no sites, or gains that are not positive.

    Source: DNG 1.7.1, GainMap: a photosite lies at (index + 1/2) / size.
    """
    sites, down, across = gains.shape
    if sites != period[0] * period[1]:
        raise FrameError(f"{sites} maps of gains do not fit {period[0]} x {period[1]} sites")
    if not (np.isfinite(gains).all() and gains.min() > 0):
        raise FrameError("the gains of a map are positive numbers")
    spacing = [
        (n - 1) / n / max(points - 1, 1) for n, points in zip(size, (down, across), strict=True)
    ]
    origin = [0.5 / n for n in size]
    opcodes = []
    for site, own in enumerate(gains):
        top, left = divmod(site, period[1])
        area = struct.pack(">8I", top, left, *size, 0, 1, *period)
        places = struct.pack(">2I4dI", down, across, *spacing, *origin, 1)
        opcodes.append(
            Opcode(
                list_number=2,
                code=GAIN_MAP,
                version=VERSION,
                is_optional=False,
                parameters=area + places + own.astype(">f4").tobytes(),
            )
        )
    return tuple(opcodes)
