"""Walk two developments side by side, and find the first stage where they part."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from apps.diff.alignment import align
from apps.diff.comparison import Difference, Roi, compare, crop
from apps.diff.sources import Source, needs_raw, open_source, start_of
from isp.core.errors import FullwellError, UsageError
from isp.core.frame import Frame
from isp.files.dump import DumpFlags

Watch = Callable[[Difference, Frame | None, Frame | None], None]
TOLERANCE = 1e-6  # of the range: what a tile may differ from its whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two developments, stop by stop.

    raw: of the file that was developed, None where only dumps were read.
    error: why this one of several raw files could not be compared, in a sentence.
    """

    first: str
    second: str
    raw: str | None
    tolerance: float
    stops: tuple[Difference, ...]
    error: str | None = None

    @property
    def departure(self) -> Difference | None:
        """The first stop beyond the tolerance."""
        return next((stop for stop in self.stops if stop.departs), None)

    def record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        departure = self.departure
        return {
            "first": self.first,
            "second": self.second,
            "raw": self.raw,
            "tolerance": self.tolerance,
            "departs_at": departure.label if departure else None,
            "error": self.error,
            "stops": [stop.record() for stop in self.stops],
        }


def diff(
    first: Source,
    second: Source,
    *,
    raw: str | None = None,
    tolerance: float = TOLERANCE,
    roi: Roi | None = None,
    watch: Watch | None = None,
) -> Comparison:
    """Compare two sources stop by stop; only the frames at hand are held.

    tolerance: share of each domain's range. roi: x, y, width, height of the window to compare.
    watch: called with each difference and the frames (cropped) it is between.

    Raises UsageError when no stop of one stands beside one of the other, or for a roi outside.
    """
    pairs = align(first.stops, second.stops)
    if not any(a is not None and b is not None for a, b in pairs):
        raise UsageError(f"{first.label} and {second.label} have no stage or domain in common")
    sides = _Walk(first, roi), _Walk(second, roi)
    found = []
    for a, b in pairs:
        frames = tuple(
            None if index is None else side.at(index)
            for index, side in zip((a, b), sides, strict=True)
        )
        difference = _difference(first, second, a, b, frames, tolerance)
        found.append(difference)
        if watch:
            watch(difference, *frames)
    return Comparison(
        first=first.label, second=second.label, raw=raw, tolerance=tolerance, stops=tuple(found)
    )


def diff_files(
    first: str,
    second: str,
    raws: Sequence[Path] = (),
    *,
    camera: str | None = None,
    flags: DumpFlags | None = None,
    tolerance: float = TOLERANCE,
    roi: Roi | None = None,
    begin: Callable[[str | None], Watch | None] = lambda raw: None,
) -> list[Comparison]:
    """Compare what a user names: presets, recipes, dumps and name maps, over raw files.

    Where a recipe stands against a dump of ours and no raw file is named, the dump's first frame
    is developed. begin: called before each raw file, and gives what watches its stops. Of several
    raw files one that fails is a comparison with an `error`; the others go on.

    Raises UsageError when raw files are missing or cannot be meant, FullwellError as it came where
    every raw file fails with the same sentence.
    """
    hungry = [text for text in (first, second) if needs_raw(text)]
    if raws and not hungry:
        raise UsageError("two dumps are compared without raw files; leave them out")
    if len(raws) > 1 and len(hungry) < 2:
        raise UsageError("a dump is of one raw file; compare it with one")
    results: list[Comparison] = []
    troubles: list[FullwellError] = []
    each: Sequence[Path | None] = raws or (None,)
    for raw in each:
        name = None if raw is None else str(raw)
        try:
            start = _start(raw, (first, second) if hungry else (), camera, flags)
            sides = open_source(first, start), open_source(second, start)
            watch = begin(name)
            results.append(diff(*sides, raw=name, tolerance=tolerance, roi=roi, watch=watch))
        except FullwellError as error:
            said = str(error) if name is None or name in str(error) else f"{name}: {error}"
            failed = Comparison(
                first=first, second=second, raw=name, tolerance=tolerance, stops=(), error=said
            )
            results.append(failed)
            troubles.append(error)
    if len(troubles) == len(each) and len({str(error) for error in troubles}) == 1:
        raise troubles[0]
    return results


class _Walk:
    """The frames of a source, asked for by rising index."""

    def __init__(self, source: Source, roi: Roi | None) -> None:
        self.frames: Iterator[Frame] = source.frames()
        self.next = 0
        self.roi = roi

    def at(self, index: int) -> Frame:
        frame = next(islice(self.frames, index - self.next, None))
        self.next = index + 1
        return crop(frame, self.roi)


def _difference(
    first: Source,
    second: Source,
    a: int | None,
    b: int | None,
    frames: tuple[Frame | None, ...],
    tolerance: float,
) -> Difference:
    if a is not None and b is not None and frames[0] is not None and frames[1] is not None:
        names = first.stops[a].name, second.stops[b].name
        return compare(names, frames[0], frames[1], tolerance=tolerance)
    stop = first.stops[a] if a is not None else second.stops[b or 0]
    return Difference(
        first=stop.name if a is not None else None,
        second=stop.name if b is not None else None,
        domain=stop.domain.name,
    )


def _start(
    raw: Path | None, sides: Sequence[str], camera: str | None, flags: DumpFlags | None
) -> Frame | None:
    if raw is not None:
        from isp.files.profile import load_profile
        from isp.files.raw import read_raw

        return read_raw(raw, flags=flags, profile=load_profile(camera) if camera else None)
    return next((start for start in map(start_of, sides) if start is not None), None)
