"""Gain and read noise out of a table of var = slope x + offset, as DNG and darktable keep it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from isp.core.cfa import Cfa
from isp.core.errors import ProfileError
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile

QUANTISATION_DN2 = 1 / 12


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseRow:
    """Temporal variance of one photosite at an ISO: slope x + offset.

    x = (DN - black) / (white - black), 0..1, and the variance is in the square of that unit.
    Source: DNG 1.7.1, NoiseProfile (S and O).
    """

    iso: float
    slope: float
    offset: float


def reading_of(row: NoiseRow, span_dn: float, *, holds_quantisation: bool = True) -> Reading:
    """One reading: K = slope span DN/e-, sigma_read = sqrt(offset span^2 - 1/12) / K e-.

    span_dn: white - black, DN; it gives the normalised unit its size.
    holds_quantisation: the variance is of stored codes, whose rounding (1/12 DN^2) is taken out,
        for the simulator rounds by itself. An offset below that is no read noise.

    Raises ProfileError for a slope that is not positive, or numbers that are not finite.

    >>> row = NoiseRow(iso=400, slope=0.8 / 959, offset=(4 + 1 / 12) / 959**2)
    >>> reading = reading_of(row, 1023 - 64)
    >>> round(reading.system_gain_dn_per_e, 9), round(reading.read_noise_e, 9)
    (0.8, 2.5)
    """
    if not (math.isfinite(row.slope) and row.slope > 0 and math.isfinite(row.offset)):
        raise ProfileError(
            f"a noise table at ISO {row.iso:g} needs a slope above 0 and a finite offset, "
            f"got {row.slope:g} and {row.offset:g}; leave that ISO out"
        )
    gain = row.slope * span_dn
    variance_dn = row.offset * span_dn**2 - (QUANTISATION_DN2 if holds_quantisation else 0.0)
    return Reading(
        iso=row.iso, system_gain_dn_per_e=gain, read_noise_e=math.sqrt(max(variance_dn, 0.0)) / gain
    )


def profile_from_noise_table(
    rows: Iterable[NoiseRow],
    *,
    name: str,
    cfa: Cfa,
    bit_depth: int,
    black_level_dn: Sequence[float],
    white_level_dn: float,
    source: str = "a table of var = slope x + offset",
    holds_quantisation: bool = True,
    **fields: Any,
) -> SensorProfile:
    """Make a profile of a noise table; see `reading_of` for the units.

    A table knows nothing of the well: without `full_well_e` among the fields, it is the charge
    that the converter holds at the lowest gain, and `assumed` says so.

    Raises ProfileError for an empty table, an ISO that comes twice, or a row that is not sound.
    """
    ordered = sorted(rows, key=lambda row: row.iso)
    isos = [row.iso for row in ordered]
    if not ordered or len(set(isos)) < len(isos):
        raise ProfileError(f'a noise table needs one row per ISO, got {isos} (sensor "{name}")')
    if not black_level_dn or not white_level_dn > max(black_level_dn):
        raise ProfileError(
            f"a noise table needs black below white, got {list(black_level_dn)} and "
            f'{white_level_dn:g} DN (sensor "{name}")'
        )
    span = white_level_dn - sum(black_level_dn) / len(black_level_dn)
    readings = tuple(
        reading_of(row, span, holds_quantisation=holds_quantisation) for row in ordered
    )
    sources = {"readings": f"{source}; K = slope (white - black), with {span:g} DN between them"}
    assumed = set(fields.pop("assumed", ()))
    lost = [f"{r.iso:g}" for r in readings if r.read_noise_e == 0]
    if lost:
        sources["readings.read_noise_e"] = (
            f"0 at ISO {', '.join(lost)}: the table's offset is not above the quantisation there"
        )
        assumed.add("readings.read_noise_e")
    return profile_of_readings(
        readings, sources, assumed, name=name, cfa=cfa, bit_depth=bit_depth,
        black_level_dn=black_level_dn, white_level_dn=white_level_dn, **fields,
    )  # fmt: skip


def profile_of_readings(
    readings: tuple[Reading, ...],
    sources: dict[str, str],
    assumed: set[str],
    /,  # the caller's fields may hold names of these
    *,
    black_level_dn: Sequence[float],
    white_level_dn: float,
    **fields: Any,
) -> SensorProfile:
    """Make a profile of readings that say nothing of the well, and where its numbers come from.

    Without `full_well_e` among the fields, the well is what the converter holds at the lowest
    gain, and `assumed` says so.
    """
    if fields.get("full_well_e") is None and readings:
        span = white_level_dn - sum(black_level_dn) / len(black_level_dn)
        fields["full_well_e"] = span / min(r.system_gain_dn_per_e for r in readings)
        sources = sources | {
            "full_well_e": "derived: (white_level_dn - black_level_dn) / K at the lowest K"
        }
        assumed = assumed | {"full_well_e"}
    return SensorProfile(
        black_level_dn=tuple(black_level_dn),
        white_level_dn=white_level_dn,
        readings=readings,
        sources=sources | dict(fields.pop("sources", {})),
        assumed=tuple(sorted(assumed)),
        **fields,
    )
