"""What a libcamera tuning cannot hold of a sensor profile: found before it is written."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import numpy as np

from isp.core.errors import ProfileError
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile

# What `isp.files.libcamera_profile` writes, what it was told, and words about where it is from.
WRITTEN = ("black_level_dn", "readings", "colour_matrices", "extra")
TOLD = ("name", "cfa", "bit_depth", "sources", "assumed")
SAME = 1e-6


def refuse_what_it_cannot_hold(
    profile: SensorProfile, before: SensorProfile, keys: Iterable[str]
) -> None:
    """Refuse a profile that differs from its tuning's where a tuning has no place for it.

    before: what the tuning gave. keys: those of `extra` that have their place.

    Raises ProfileError naming the fields.
    """
    changed = [
        f.name
        for f in fields(SensorProfile)
        if f.name not in (*WRITTEN, *TOLD) and getattr(profile, f.name) != getattr(before, f.name)
    ]
    known = set(keys)
    names = sorted((set(profile.extra) | set(before.extra)) - known)
    changed += [
        f"extra.{name}" for name in names if profile.extra.get(name) != before.extra.get(name)
    ]
    if changed:
        raise ProfileError(
            f"{profile.name}: a libcamera tuning cannot hold {', '.join(changed)}; undo the change "
            "before the export"
        )


@contextmanager
def values_of(place: str) -> Iterator[None]:
    """Say of values read by hand where they stand, when they are not what was expected.

    Raises ProfileError naming the place.
    """
    try:
        yield
    except ProfileError:
        raise
    except KeyError as error:
        raise ProfileError(f'{place}: "{error.args[0]}" is missing') from error
    except np.linalg.LinAlgError as error:
        raise ProfileError(f"{place}: a matrix cannot be inverted") from error
    except ArithmeticError as error:
        raise ProfileError(f"{place}: a value is 0 or too large") from error
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise ProfileError(
            f"{place}: a value is of the wrong kind, or a list has another length than expected"
        ) from error


def kept_curve(curve: Any) -> list[list[float]]:
    """Return the rows of a profile's AWB curve as numbers.

    Raises ProfileError for rows that are no triples.
    """
    rows = [[float(value) for value in row] for row in curve]
    if any(len(row) != 3 for row in rows):
        raise ProfileError("the AWB curve is triples of temperature, R/G and B/G")
    return rows


def check_noise_law(profile: SensorProfile) -> None:
    """Refuse readings that a tuning's noise cannot give back.

    A tuning has two numbers: K grows with the gain, the read noise falls with its root.

    Raises ProfileError naming the ISO and the field.
    """
    first = min(profile.readings, key=lambda r: r.iso)
    for reading in profile.readings:
        gain = reading.iso / first.iso
        law = {
            "system_gain_dn_per_e": first.system_gain_dn_per_e * gain,
            "read_noise_e": first.read_noise_e / math.sqrt(gain),
        }
        for field in fields(Reading):
            value = getattr(reading, field.name)
            wanted: Any = law.get(field.name, field.default)
            if field.name == "iso" or _alike(value, wanted):
                continue
            raise ProfileError(
                f"{profile.name}: a libcamera tuning has gain in proportion to ISO and read noise "
                f"to its root, and no other noise; {field.name} at ISO {reading.iso:g} is {value}"
            )


def black_parameters(
    profile: SensorProfile, known: dict[str, Any], scale_bits: int
) -> dict[str, int]:
    """Return the levels for a tuning's `rpi.black_level`.

    known: what it has; where it has keys of its own for R, G or B, those are what counts, and all
    that it reads are written.

    Raises ProfileError for two levels of one colour, and for colours that it has no key for.
    """
    scale = 2.0 ** (scale_bits - profile.bit_depth)
    sites = [c for row in profile.cfa.pattern for c in row]
    by_colour: dict[str, set[float]] = {}
    for colour, level in zip(sites, profile.black_level_dn, strict=True):
        by_colour.setdefault(colour, set()).add(level)
    uneven = [colour for colour, levels in by_colour.items() if len(levels) > 1]
    if uneven:
        raise ProfileError(
            f"{profile.name}: a libcamera tuning has one black level for each colour, but "
            f"black_level_dn of {', '.join(uneven)} has {sorted(by_colour[uneven[0]])}"
        )
    levels = {colour: round(scale * values.pop()) for colour, values in by_colour.items()}
    has_own = any(f"black_level_{colour.lower()}" in known for colour in "RGB")
    others = {level for colour, level in levels.items() if colour not in "RGB"}
    if len(others) > 1:
        raise ProfileError(
            f"{profile.name}: a libcamera tuning has black levels of R, G and B only, but "
            "black_level_dn differs between other colours"
        )
    found: dict[str, int] = {}
    if others or len(set(levels.values())) == 1:
        found["black_level"] = others.pop() if others else next(iter(levels.values()))
    if has_own or len(set(levels.values())) > 1:
        found |= {f"black_level_{c.lower()}": levels[c] for c in "RGB" if c in levels}
    return found


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, int | float):
        return bool(np.isclose(one, other, rtol=SAME, atol=0))
    return bool(one == other)
