"""What can be compared: a recipe or preset on a raw file, a dump of ours, another program's."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from apps.chosen_recipe import Choices
from apps.developing import pipeline_for
from apps.diff.alignment import Stop
from apps.diff.name_map import NameMap, is_name_map, read_entry, read_name_map
from apps.dump import RECIPE
from apps.dumped import FIRST, facts_of, read_dumped
from apps.presets import NAMES
from isp.core.domain import Domain
from isp.core.errors import FileError, UsageError
from isp.core.frame import Frame
from isp.core.pipeline import Pipeline


class Source(Protocol):
    """Frames in the order of their making, and what they will be before one is made."""

    @property
    def label(self) -> str:
        """What the user called it."""

    @property
    def stops(self) -> tuple[Stop, ...]:
        """Name and domain of every frame."""

    def frames(self) -> Iterator[Frame]:
        """Make or read them one by one."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A pipeline, run on a frame while it is looked at."""

    label: str
    pipeline: Pipeline
    start: Frame

    @property
    def stops(self) -> tuple[Stop, ...]:
        stages = (Stop(name, stage.domain_out) for name, stage in self.pipeline.stages)
        return (Stop(FIRST, self.start.domain), *stages)

    def frames(self) -> Iterator[Frame]:
        yield self.start
        yield from (tap.frame for tap in self.pipeline.tap(self.start))


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that `develop --dump` wrote."""

    label: str
    files: tuple[Path, ...]
    stops: tuple[Stop, ...]

    def frames(self) -> Iterator[Frame]:
        yield from (read_dumped(file).frame for file in self.files)


@dataclass(frozen=True, slots=True)
class Foreign:
    """Arrays of another program, as a name map lists them."""

    label: str
    folder: Path
    names: NameMap

    @property
    def stops(self) -> tuple[Stop, ...]:
        return tuple(Stop(entry.name, Domain[entry.domain]) for entry in self.names.frames)

    def frames(self) -> Iterator[Frame]:
        yield from (read_entry(self.folder, entry) for entry in self.names.frames)


def needs_raw(text: str) -> bool:
    """Whether a side is a recipe or a preset, which says nothing without a raw file."""
    path = Path(text)
    return not path.is_dir() and not (path.is_file() and is_name_map(path))


def open_source(text: str, start: Frame | None) -> Source:
    """Open one side of a comparison: a preset's name, a recipe, a dump folder or a name map.

    start: what a recipe or preset develops.

    Raises UsageError for what is none of them, FileError for one that cannot be read.
    """
    path = Path(text)
    if path.is_dir():
        return open_folder(path)
    if path.is_file() and is_name_map(path):
        return Foreign(text, path.parent, read_name_map(path))
    if not path.is_file() and text not in NAMES:
        raise UsageError(
            f"{text} is no preset ({', '.join(NAMES)}), recipe, dump folder or name map"
        )
    if start is None:
        raise UsageError(f"{text} says how to develop; name a raw file too")
    chosen = Choices(recipe=path) if path.is_file() else Choices(preset=text)
    return Run(text, pipeline_for(start, chosen), start)


def open_folder(folder: Path) -> Folder:
    """Open a dump by its files' facts; no array is read yet.

    Raises FileError when a file is no frame of ours.
    """
    files = tuple(
        sorted(f for f in folder.glob("[0-9][0-9]_*.npy") if not f.name.endswith(".masks.npy"))
    )
    if not files:
        raise FileError(
            folder,
            "no NN_name.npy is in it; another program's frames are compared by a map of their "
            "names (TOML or JSON with `frames`)",
        )
    stops = []
    for file in files:
        facts = facts_of(file)
        if facts["domain"] not in Domain.__members__:
            raise FileError(file.with_suffix(".json"), f'no domain is named "{facts["domain"]}"')
        stops.append(Stop(str(facts["name"]), Domain[facts["domain"]]))
    return Folder(str(folder), files, tuple(stops))


def start_of(text: str) -> Frame | None:
    """The frame that a dump of ours began with, which the other side can develop; else None."""
    path = Path(text)
    if not path.is_dir() or not (path / RECIPE).is_file():
        return None
    folder = open_folder(path)
    is_whole = folder.stops[0].name == FIRST
    return read_dumped(folder.files[0]).frame if is_whole else None
