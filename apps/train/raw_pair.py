"""A short and a long exposure of one scene as files: what a data set's folder promises."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from isp.core.errors import FileError

LARGEST_RATIO = 300.0  # of the published protocol; SID's 10 s / 0.033 s counts as 300
RAW_SUFFIXES = frozenset(
    (".arw", ".cr2", ".cr3", ".nef", ".raf", ".dng", ".rw2", ".orf", ".pef", ".srw")
)
NAMED = 8  # missing files that a message names before it only counts


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPair:
    """Two raw files of one scene, nothing of them read but names and tags.

    camera, scene: folders or numbers that the data set gives them. iso: of the short exposure;
    None where neither list nor tags say it. ratio: r, by which the long one is more exposed, a
    real number; factor: the whole number under which the data set's tables list it.
    """

    short: Path
    long: Path
    camera: str
    scene: str
    iso: float | None
    short_s: float
    long_s: float
    ratio: float
    factor: int

    @property
    def name(self) -> str:
        """Camera, scene and short file, as a table says them."""
        return f"{self.camera}/{self.scene}/{self.short.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairList:
    """Pairs in the order of the list or the folders, and what was left out and why."""

    pairs: tuple[RawPair, ...]
    notes: tuple[str, ...] = ()


def exposure_ratio(long: float, short: float) -> float:
    """Quotient of two exposures in one unit (seconds, or ISO times seconds), at most 300.

    Source: protocol of Wei et al. (ELD), CVPR 2020; there cut to whole numbers, here not.

    >>> exposure_ratio(10, 0.04), exposure_ratio(10, 0.033)
    (250.0, 300.0)
    """
    return min(long / short, LARGEST_RATIO)


def raw_files(folder: Path) -> Mapping[str, tuple[Path, ...]]:
    """The raw files of a folder by their stem: one data set has .ARW, its copy may have .dng."""
    found: dict[str, tuple[Path, ...]] = {}
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.suffix.lower() in RAW_SUFFIXES:
                found[path.stem] = (*found.get(path.stem, ()), path)
    return found


def raw_named(files: Mapping[str, Sequence[Path]], name: str) -> Path | None:
    """The file of that name, or the one raw file of its stem whatever its suffix; else None.

    Raises FileError where several would do.
    """
    known = name.lower().endswith(tuple(RAW_SUFFIXES))
    alike = files.get(Path(name).stem if known else name, ())
    exact = [path for path in alike if path.name == name]
    if exact or len(alike) == 1:
        return (exact or alike)[0]
    if not alike:
        return None
    others = ", ".join(path.name for path in alike)
    raise FileError(alike[0].parent, f"several raw files could be {name} ({others}); keep one")


def refuse_incomplete(root: Path, missing: Iterable[str], advice: str = "") -> None:
    """Refuse a folder that lacks files, all of them in one complaint.

    Raises FileError.
    """
    names = list(dict.fromkeys(missing))
    if not names:
        return
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    count = "1 raw file is" if len(names) == 1 else f"{len(names)} raw files are"
    said = f"{count} missing: {', '.join(names[:NAMED])}{more}"
    raise FileError(root, f"{said}; {advice}" if advice else said)
