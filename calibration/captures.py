"""Captures of one camera: stacks of frames taken alike, however they came."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from isp.core.cfa import Cfa
from isp.core.errors import CalibrationError

Frames = Callable[[], Iterable[NDArray[Any]]]
SAME_TIME = 1e-4  # relative
ROOM_C = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Frames of one exposure.

    dark: whether no light fell. photons: mean per pixel, None where nobody measured it.
    frames: opens them one after the other, (h, w) DN as stored; called once or twice.
    count: how many. name: for messages.
    """

    name: str
    dark: bool
    exposure_time_s: float
    iso: float
    photons: float | None
    temperature_c: float | None = None
    count: int
    frames: Frames


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSet:
    """All captures of one camera, and what its files say of it.

    black_level_dn: per site, as the files say; None where they do not. iso_stated: whether any
    file or name says an ISO; else the one setting there is goes by a number of ours.
    """

    camera: str
    cfa: Cfa
    bit_depth: int
    white_level_dn: float
    black_level_dn: tuple[float, ...] | None
    stacks: tuple[Stack, ...]
    iso_stated: bool = True

    def iso_name(self, iso: float) -> str:
        """What people are told of an ISO: whether the captures state it, too."""
        return iso_name(iso, stated=self.iso_stated)

    @property
    def isos(self) -> tuple[float, ...]:
        """Every ISO, rising."""
        return tuple(sorted({stack.iso for stack in self.stacks}))

    def at(self, iso: float) -> tuple[tuple[Stack, ...], tuple[Stack, ...]]:
        """Return the flats and the darks of one ISO.

        Raises CalibrationError when one of them is missing.
        """
        chosen = [stack for stack in self.stacks if stack.iso == iso]
        flats = tuple(stack for stack in chosen if not stack.dark)
        darks = tuple(stack for stack in chosen if stack.dark)
        for kind, found in (("flats", flats), ("darks", darks)):
            if not found:
                raise CalibrationError(
                    f"{self.camera}: there are no {kind} at ISO {iso:g}; put them into a folder "
                    f'named "{kind}", or name them in an EMVA descriptor file'
                )
        return flats, darks


def iso_name(iso: float, *, stated: bool) -> str:
    """An ISO in words.

    >>> iso_name(100.0, stated=False)
    'ISO 100 (none stated)'
    """
    return f"ISO {iso:g}" + ("" if stated else " (none stated)")


def levels_of(flats: Sequence[Stack]) -> tuple[Stack, ...]:
    """The stacks that photon transfer takes: pairs where there are five or more, else all of two.

    Source: the EMVA 1288 data sets, where two frames are temporal data and more are spatial.
    """
    pairs = tuple(stack for stack in flats if stack.count == 2)
    return pairs if len(pairs) >= 5 else tuple(stack for stack in flats if stack.count >= 2)


def dark_for(stack: Stack, darks: Sequence[Stack]) -> Stack:
    """The dark of a flat's exposure time: a pair before a stack; or the nearest time there is."""
    return min(
        darks,
        key=lambda dark: (
            round(abs(dark.exposure_time_s / stack.exposure_time_s - 1) / SAME_TIME)
            if stack.exposure_time_s
            else abs(dark.exposure_time_s),
            dark.count != 2,
        ),
    )


def as_warm_as(flats: Sequence[Stack], darks: Sequence[Stack]) -> tuple[Stack, ...]:
    """The darks of the flats' temperature; of the nearest one where there is none.

    Darks at other temperatures are there for the dark current only. Captures that do not say
    theirs were taken in a room, at 20 degC.
    """
    if not flats or not darks:
        return tuple(darks)
    wanted = _warmth(flats[0])
    nearest = min((_warmth(dark) for dark in darks), key=lambda warmth: abs(warmth - wanted))
    return tuple(dark for dark in darks if _warmth(dark) == nearest)


def _warmth(stack: Stack) -> float:
    return ROOM_C if stack.temperature_c is None else stack.temperature_c
