"""Stages that installed packages bring: entry points of the group `fullwell.stages`."""

import importlib.metadata
from importlib.metadata import EntryPoint

from isp.core.errors import MissingError, UsageError
from isp.core.stage import Stage

GROUP = "fullwell.stages"


def installed_names() -> tuple[str, ...]:
    """Return the names of all stages that installed packages bring, sorted."""
    return tuple(sorted({point.name for point in _points()}))


def installed_stage(name: str) -> type[Stage] | None:
    """Return the Stage class that an installed package brings under a name, or None.

    A package says in its metadata, for instance:
    [project.entry-points."fullwell.stages"] denoise_mine = "mine.stages:Denoise"

    Raises UsageError when two packages bring the name or it is no Stage class, MissingError when
    its package cannot be imported.
    """
    found = [point for point in _points() if point.name == name]
    if not found:
        return None
    if len({point.value for point in found}) > 1:
        owners = ", ".join(sorted(_owner(point) for point in found))
        raise UsageError(f'more than one package brings a stage "{name}": {owners}')
    try:
        loaded = found[0].load()
    except (Exception, SystemExit) as error:  # a package's import may raise anything; name it
        raise MissingError(
            f'the stage "{name}" of {_owner(found[0])} cannot be imported '
            f"({type(error).__name__}: {error})"
        ) from error
    if not (isinstance(loaded, type) and issubclass(loaded, Stage)):
        raise UsageError(f'"{name}" of {_owner(found[0])} ({found[0].value}) is no Stage class')
    return loaded


def _points() -> tuple[EntryPoint, ...]:
    return tuple(importlib.metadata.entry_points(group=GROUP))


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value
