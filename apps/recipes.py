"""Recipes: the table of our own stages, and pipelines written down as data."""

import inspect
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from isp.core.cfa import Cfa
from isp.core.errors import FileError, UsageError
from isp.core.pipeline import Pipeline
from isp.core.stage import Stage
from isp.stages.black_level import BlackLevel
from isp.stages.colour_matrix import ColourMatrix
from isp.stages.defects import Defects
from isp.stages.demosaic.bilinear import BilinearDemosaic
from isp.stages.demosaic.malvar2004 import MalvarDemosaic
from isp.stages.encode import Encode
from isp.stages.exposure import Exposure
from isp.stages.highlights import Highlights
from isp.stages.rebuild_highlights import RebuildHighlights
from isp.stages.tone.agx import AgxTone
from isp.stages.tone.durand2002 import DurandTone
from isp.stages.tone.filmic import FilmicTone
from isp.stages.tone.local_laplacian import LocalLaplacianTone
from isp.stages.tone.none import NoTone
from isp.stages.tone.reinhard2002 import ReinhardTone
from isp.stages.tone.reinhard_devlin2005 import ReinhardDevlinTone
from isp.stages.white_balance import WhiteBalance

FORMAT_VERSION = 1

STAGES: dict[str, type[Stage]] = {
    "black_level": BlackLevel,
    "defects": Defects,
    "white_balance": WhiteBalance,
    "bilinear": BilinearDemosaic,
    "malvar2004": MalvarDemosaic,
    "highlights": Highlights,
    "rebuild_highlights": RebuildHighlights,
    "colour_matrix": ColourMatrix,
    "exposure": Exposure,
    "none": NoTone,
    "reinhard2002": ReinhardTone,
    "reinhard_devlin2005": ReinhardDevlinTone,
    "durand2002": DurandTone,
    "local_laplacian": LocalLaplacianTone,
    "filmic": FilmicTone,
    "agx": AgxTone,
    "encode": Encode,
}
DEMOSAICS = ("bilinear", "malvar2004")
HIGHLIGHTS = {"cut": "highlights", "rebuild": "rebuild_highlights"}
TONES = (
    "none", "reinhard2002", "reinhard_devlin2005", "durand2002", "local_laplacian", "filmic", "agx",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stage of a recipe: its name in the pipeline, which stage it is, how it is set."""

    name: str
    stage: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A pipeline as data: what `--recipe` reads and what is written beside an output."""

    steps: tuple[Step, ...]
    format_version: int = FORMAT_VERSION

    def set(self, name: str, **settings: Any) -> "Recipe":
        """Return the recipe with settings of one step changed.

        Raises UsageError for a step that is not there.
        """
        self._need(name)
        steps = tuple(
            replace(s, settings={**s.settings, **settings}) if s.name == name else s
            for s in self.steps
        )
        return replace(self, steps=steps)

    def choose(self, name: str, stage: str) -> "Recipe":
        """Return the recipe with another of our stages under a step's name, at its defaults."""
        self._need(name)
        steps = tuple(Step(name=s.name, stage=stage) if s.name == name else s for s in self.steps)
        return replace(self, steps=steps)

    def until(self, name: str) -> "Recipe":
        """Return the recipe cut after a step."""
        self._need(name)
        last = [s.name for s in self.steps].index(name)
        return replace(self, steps=self.steps[: last + 1])

    def without(self, name: str) -> "Recipe":
        """Return the recipe without a step."""
        self._need(name)
        return replace(self, steps=tuple(s for s in self.steps if s.name != name))

    def then(self, step: Step) -> "Recipe":
        """Return the recipe with a step added at its end."""
        return replace(self, steps=(*self.steps, step))

    def build(self, cfa: Cfa) -> Pipeline:
        """Make the pipeline for a sensor's pattern.

        Raises UsageError for an unknown stage or setting.
        """
        return Pipeline(*((step.name, _make(step, cfa)) for step in self.steps))

    def as_json(self) -> str:
        """The recipe as JSON text, which `read_recipe` reads again."""
        return json.dumps(asdict(self), indent=1)

    def _need(self, name: str) -> None:
        names = [s.name for s in self.steps]
        if name not in names:
            raise UsageError(f'no stage is named "{name}"; stages: {", ".join(names)}')


def read_recipe(path: Path) -> Recipe:
    """Read a recipe from TOML or JSON.

    Raises FileError naming the file and what is wrong in it.
    """
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
        version = raw["format_version"]
        steps = tuple(_step(s) for s in raw["steps"])
    except (OSError, ValueError, RecursionError) as error:
        raise FileError(path, f"it is not a readable recipe ({_reason(error)})") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise FileError(path, f"a recipe has format_version and steps ({error!r})") from error
    if version != FORMAT_VERSION or isinstance(version, bool):
        raise FileError(path, f"recipe format {version!r} is not {FORMAT_VERSION}")
    unknown = sorted(set(raw) - {"format_version", "steps"})
    unknown += sorted({key for s in raw["steps"] for key in set(s) - {"name", "stage", "settings"}})
    if unknown:
        raise FileError(path, f"a recipe has no {', '.join(unknown)}")
    if not steps:
        raise FileError(path, "a recipe needs at least one step")
    return Recipe(steps=steps)


def make(cls: type[Stage], cfa: Cfa, settings: Mapping[str, Any]) -> Stage:
    """Make a stage, handing it the pattern when its constructor takes `cfa`.

    Raises UsageError naming the settings it takes when one is unknown.
    """
    accepted = inspect.signature(cls).parameters
    named = [n for n, p in accepted.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    unknown = sorted(set(settings) - set(named) | set(settings) & {"cfa"})
    if unknown:
        takes = ", ".join(n for n in named if n != "cfa") or "no settings"
        raise UsageError(f"{cls.__name__} has no {', '.join(unknown)}; it takes {takes}")
    for name, value in settings.items():
        _check(f"{cls.__name__}.{name}", value, accepted[name].annotation)
    pattern = {"cfa": cfa} if "cfa" in named else {}
    try:
        return cls(**settings, **pattern)
    except TypeError as error:
        raise UsageError(f"{cls.__name__} cannot be made: {error}") from error


def _check(what: str, value: Any, annotation: Any) -> None:
    """Refuse a value that is not of the annotated type, or a number that is not finite."""
    try:
        from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
    except ImportError:  # not where only training runs; the constructor judges
        return
    if annotation is inspect.Parameter.empty:
        return
    try:
        adapter = TypeAdapter(annotation, config=ConfigDict(strict=True, allow_inf_nan=False))
    except (PydanticUserError, NameError):  # a user's own type, which pydantic does not know
        return
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        wanted = getattr(annotation, "__name__", None) or str(annotation)
        raise UsageError(f"{what} takes {wanted}, not {value!r}") from error


def _step(values: Mapping[str, Any]) -> Step:
    name, settings = values["name"], values.get("settings", {})
    stage = values.get("stage", name)
    if not (isinstance(name, str) and isinstance(stage, str) and isinstance(settings, dict)):
        raise ValueError(f"a step has a name, a stage and a table of settings, not {values}")
    return Step(name=name, stage=stage, settings=settings)


def _reason(error: Exception) -> str:
    return str(error.strerror if isinstance(error, OSError) else error)


def _make(step: Step, cfa: Cfa) -> Stage:
    if step.stage not in STAGES:
        raise UsageError(f'no stage "{step.stage}"; stages: {", ".join(STAGES)}')
    settings = {k: tuple(v) if isinstance(v, list) else v for k, v in step.settings.items()}
    return make(STAGES[step.stage], cfa, settings)
