"""Parsing of values that several verbs share."""

import json
import math
from fractions import Fraction
from typing import Any

import typer

LAST_SEED = 2**64 - 1


def seconds(text: str) -> float:
    """Read a time in seconds, as 0.5 or 1/60.

    >>> seconds("1/4")
    0.25
    """
    return _positive(text, "a time in seconds, as 0.5 or 1/60")


def positive(text: str) -> float:
    """Read a positive number."""
    return _positive(text, "a positive number")


def assignment(text: str) -> tuple[str, Any]:
    """Read `name=value`; the value is JSON where it can be, else text.

    >>> assignment("full_well_e=6000"), assignment("gains=2,1,1.5"), assignment("ev=auto")
    (('full_well_e', 6000), ('gains', [2, 1, 1.5]), ('ev', 'auto'))
    """
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f'expected name=value, got "{text}"')
    return name, _value(value)


def balance(text: str) -> str | tuple[float, float, float]:
    """Read a white balance: a method's name, a temperature (`5200K,+0.003`), or gains R,G,B.

    >>> balance("5200K,+0.003"), balance("2,1,1.5")
    ('5200K,+0.003', (2.0, 1.0, 1.5))
    """
    if "," not in text or "k" in text.lower():
        return text
    try:
        red, green, blue = (float(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f'gains are three numbers R,G,B, got "{text}"') from error
    if not all(math.isfinite(gain) and gain > 0 for gain in (red, green, blue)):
        raise typer.BadParameter(f'gains are three positive numbers R,G,B, got "{text}"')
    return red, green, blue


def stops(text: str) -> float | str:
    """Read an exposure in stops, or `auto` or `highlights`."""
    if text in ("auto", "highlights"):
        return text
    try:
        ev = float(text)
    except ValueError as error:
        raise typer.BadParameter(f'expected stops, auto or highlights, got "{text}"') from error
    if not math.isfinite(ev):
        raise typer.BadParameter(f'expected stops, auto or highlights, got "{text}"')
    return ev


def size_of(text: str) -> tuple[int, int]:
    """Read --size, WIDTHxHEIGHT, as height and width.

    Raises UsageError.

    >>> size_of("1200x800")
    (800, 1200)
    """
    from isp.core.errors import UsageError

    width, times, height = text.lower().partition("x")
    if not (times and width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise UsageError(f'--size is WIDTHxHEIGHT in photosites, as 1200x800, not "{text}"')
    return int(height), int(width)


def _value(text: str) -> Any:
    for candidate in (text, f"[{text}]" if "," in text else text):
        try:
            return json.loads(candidate)
        except ValueError:
            continue
    return text


def _positive(text: str, what: str) -> float:
    try:
        value = float(Fraction(text.strip()))
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise typer.BadParameter(f'expected {what}, got "{text}"') from error
    if not value > 0:
        raise typer.BadParameter(f'expected {what}, got "{text}"')
    return value
