"""Where a number stands in JSON values that is none: NaN, an infinity, or beyond a float."""

import math
import sys
from collections.abc import Mapping
from typing import Any


def first_not_finite(values: Any) -> str | None:
    """Return the place of a number that is not finite as keys joined by dots, or None.

    JSON has no such number, but Python reads `NaN`, makes an infinity of 2E947, and has whole
    numbers that no float holds.

    >>> first_not_finite({"a": [1.0, {"b": float("nan")}]})
    'a.1.b'
    """
    left: list[tuple[str, Any]] = [("", values)]
    while left:
        place, value = left.pop()
        if isinstance(value, float) and not math.isfinite(value):
            return place
        if isinstance(value, int) and abs(value) > sys.float_info.max:
            return place
        parts: list[tuple[Any, Any]] = []
        if isinstance(value, Mapping):
            parts = list(value.items())
        elif isinstance(value, list | tuple):
            parts = list(enumerate(value))
        left += [(f"{place}.{name}" if place else str(name), part) for name, part in parts]
    return None
