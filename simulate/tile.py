"""What a tile of a sensor sees: its profile and its black level, counted from its first site."""

from dataclasses import replace

from jaxtyping import Float
from torch import Tensor

from isp.core.readings import SensorNoise
from isp.core.sensor import Defect, SensorProfile


def seen_from(profile: SensorProfile, origin: tuple[int, int]) -> SensorProfile:
    """The profile of a tile: colours, black levels and defects count from its first photosite.

    origin: sensor row and column of that photosite.
    """
    if origin == (0, 0):
        return profile
    y, x = origin
    rows, columns = profile.cfa.period
    places = [
        (y + i) % rows * columns + (x + j) % columns for i in range(rows) for j in range(columns)
    ]

    def moved(sites: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(sites[place] for place in places) if sites else ()

    return replace(
        profile,
        cfa=profile.cfa.crop(y, x),
        black_level_dn=moved(profile.black_level_dn),
        readings=tuple(
            replace(r, colour_bias_dn=moved(r.colour_bias_dn)) for r in profile.readings
        ),
        defects=tuple(
            Defect(row=d.row - y, column=d.column - x)
            for d in profile.defects
            if d.row >= y and d.column >= x
        ),
    )


def black_level(
    profile: SensorProfile, noise: SensorNoise, origin: tuple[int, int], size: tuple[int, int]
) -> Float[Tensor, "b 1 h w"]:
    """Black level of each photosite with its error, DN: one for each image, or one for all.

    profile: of the whole sensor. noise: its `colour_bias_dn` counts sites of the whole sensor.
    """
    device = noise.colour_bias_dn.device
    sites = profile.black_sites.to(device) + noise.colour_bias_dn
    rows, columns = profile.cfa.period
    cell = sites.reshape(-1, rows, columns).roll((-origin[0], -origin[1]), (1, 2))
    return profile.cfa.spread_sites(cell.flatten(1), *size)
