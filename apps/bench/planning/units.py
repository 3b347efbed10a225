"""Budgets with their units: times in milliseconds, memory in bytes."""

import math

from isp.core.errors import UsageError

TIMES = {"ms": 1.0, "s": 1000.0}  # in ms
MEMORY = {"MB": 1e6, "GB": 1e9, "MiB": 2.0**20, "GiB": 2.0**30}  # in bytes


def milliseconds(text: str) -> float:
    """Read a time.

    Raises UsageError for a number without a unit, one that is not above 0, and other units.

    >>> milliseconds("33.3ms"), milliseconds("0.5s")
    (33.3, 500.0)
    """
    return _read(text, TIMES, "--budget", "a time, as 33ms or 0.5s")


def bytes_of(text: str) -> float:
    """Read an amount of memory.

    Raises UsageError as `milliseconds` does; units are written as they are, GB and not gb.

    >>> bytes_of("2GB"), bytes_of("2GiB")
    (2000000000.0, 2147483648.0)
    """
    return _read(text, MEMORY, "--memory", "an amount, as 500MB, 2GB or 2GiB")


def _read(text: str, units: dict[str, float], option: str, wanted: str) -> float:
    refused = UsageError(f'{option} takes {wanted}, not "{text}"')
    unit = next((u for u in units if text.endswith(u)), None)
    if unit is None:
        raise refused
    number = text.removesuffix(unit)
    # float() would take blanks, underscores, exponents and "inf" too.
    if not number.replace(".", "", 1).isdecimal() or not number.isascii():
        raise refused
    value = float(number) * units[unit]
    if not (math.isfinite(value) and value > 0):
        raise refused
    return value
