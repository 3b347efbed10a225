"""Slotting a user's own stage into a pipeline: `[before:|after:]NAME=SPEC`."""

import importlib
import importlib.util
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.deploy.onnx_stage import OnnxStage
from apps.recipes import ROUNDING, make, stage_named
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import MissingError, PipelineError, StageError, UsageError
from isp.core.pipeline import Pipeline
from isp.core.quantise import Quantised
from isp.core.stage import ArrayFunction, FunctionStage, Stage, as_stage, snake_case

PLACES = ("before", "after")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the pipeline and what goes there; `name` is None when the spec must say."""

    place: str  # replace, before or after
    name: str | None
    spec: str


def parse_slot(text: str) -> Slot:
    """Read `NAME=SPEC`, `before:NAME=SPEC`, `after:NAME=SPEC` or `SPEC` alone.

    >>> parse_slot("after:demosaic=mine.py:sharpen")
    Slot(place='after', name='demosaic', spec='mine.py:sharpen')
    >>> parse_slot("my.module:WhiteBalance").name is None
    True

    Raises UsageError when the place is named by half.
    """
    head, separator, spec = text.partition("=")
    place, colon, name = head.partition(":")
    is_around = bool(colon) and place in PLACES
    if not separator or head.startswith("exec:"):
        if is_around or not text:
            raise UsageError(f'--stage takes [before:|after:]NAME=SPEC or SPEC, got "{text}"')
        return Slot("replace", None, text)
    if not (name if is_around else head) or not spec:
        raise UsageError(f'--stage takes [before:|after:]NAME=SPEC or SPEC, got "{text}"')
    return Slot(place, name, spec) if is_around else Slot("replace", head, spec)


Settings = dict[str, dict[str, Any]]  # by the name that a stage has in the pipeline


def own_names(slots: Sequence[str]) -> set[str]:
    """Names of steps that users' stages replace, whose settings are theirs."""
    names = set()
    for slot in (parse_slot(text) for text in slots):
        if slot.place == "replace":
            names.add(slot.name or snake_case(slot.spec.rpartition(":")[2]))
    return names


def slot_in(pipeline: Pipeline, text: str, cfa: Cfa, settings: Settings | None = None) -> Pipeline:
    """Return the pipeline with a user's stage in its place.

    settings: by the stage's name in the pipeline, or by its class's; those of this stage are taken
        out.

    SPEC is the name of a stage of ours or of an installed package, `module:Class` (a Stage),
    `module:function` (array in, array out), a `file.onnx`, or `exec:PROGRAM {in} {out}` with .npy
    files.

    Raises UsageError when the place or the spec cannot be understood or the stage does not fit
    its place, MissingError when the module or program is not there.
    """
    slot = parse_slot(text)
    settings = {} if settings is None else settings
    try:
        if slot.name is None:
            stage = _replacement(slot.spec, pipeline, cfa)
            own = _taken(settings, stage.name, stage)
            return pipeline.replace(stage.name, _set(stage, slot.spec, cfa, own))
        return _placed(pipeline, slot, slot.name, cfa, settings)
    except PipelineError as error:
        raise UsageError(f"--stage {text}: {error}") from error


def _placed(pipeline: Pipeline, slot: Slot, name: str, cfa: Cfa, settings: Settings) -> Pipeline:
    around = pipeline[name]
    if slot.place == "replace":
        stage = resolve(slot.spec, (around.domain_in, around.domain_out), cfa)
        return pipeline.replace(name, _set(stage, slot.spec, cfa, _taken(settings, name, stage)))
    domain = around.domain_in if slot.place == "before" else around.domain_out
    stage = resolve(slot.spec, (domain, domain), cfa)
    label = stage.name if stage.name not in pipeline.names else f"{slot.place}_{name}"
    named = (label, _set(stage, slot.spec, cfa, _taken(settings, label, stage)))
    if slot.place == "before":
        return pipeline.insert(named, before=name)
    return pipeline.insert(named, after=name)


def _taken(settings: Settings, name: str, stage: Stage) -> dict[str, Any]:
    """Take out the settings that are said under a stage's name, or under its class's."""
    named = settings.pop(name, {})
    is_users_class = not isinstance(stage, FunctionStage | OnnxStage)
    return (settings.pop(type(stage).__name__, {}) if is_users_class else {}) | named


def _set(stage: Stage, spec: str, cfa: Cfa, settings: dict[str, Any]) -> Stage:
    """The stage made again with settings; only a class takes any, all take bits and headroom."""
    own = {key: settings.pop(key) for key in ROUNDING & settings.keys()}
    if settings and isinstance(stage, FunctionStage | OnnxStage):
        raise UsageError(
            f"{spec} takes no {', '.join(settings)}: a function, a program and a graph have no "
            "settings but bits and headroom; a Stage class has those of its constructor"
        )
    if settings:
        stage = make(type(stage), cfa, settings)
    return Quantised(stage, own["bits"], own.get("headroom", 1.0)) if "bits" in own else stage


def resolve(spec: str, domains: tuple[Domain, Domain], cfa: Cfa) -> Stage:
    """Make the stage that a SPEC describes for a place between two domains."""
    known = stage_named(spec)
    if known is not None:
        return make(known, cfa, {})
    if spec.startswith("exec:"):
        return _array_stage(_program(spec[5:]), domains, "exec")
    if spec.endswith(".onnx"):
        return OnnxStage(Path(spec), domains)
    found = _import(spec)
    if isinstance(found, type) and issubclass(found, Stage):
        return make(found, cfa, {})
    if callable(found) and not isinstance(found, type):
        label = str(getattr(found, "__name__", "function"))
        return _array_stage(_guarded(found, spec), domains, label)
    raise UsageError(f"{spec} is neither a Stage class nor a function from array to array")


def _array_stage(function: ArrayFunction, domains: tuple[Domain, Domain], name: str) -> Stage:
    """A function or program as a stage on whole frames, for nobody said how far it reaches."""
    stage = as_stage(function, domains[0], name=name, domain_out=domains[1])
    stage.whole_frame = True  # type: ignore[misc]  # of this one
    return stage


def _replacement(spec: str, pipeline: Pipeline, cfa: Cfa) -> Stage:
    """Make a Stage class that says by its own name which stage it replaces."""
    names = ", ".join(pipeline.names)
    nameless = spec.endswith(".onnx") or spec.startswith("exec:") or ":" not in spec
    found = None if nameless else _import(spec)
    if not (isinstance(found, type) and issubclass(found, Stage)):
        raise UsageError(f"say where {spec} goes: NAME={spec} with one of {names}")
    stage = make(found, cfa, {})
    if stage.name not in pipeline.names:
        raise UsageError(
            f'"{stage.name}" is no stage of this pipeline; say NAME={spec} with one of {names}'
        )
    return stage


def _import(spec: str) -> Any:
    module_name, _, attribute = spec.rpartition(":")
    if not module_name or not attribute:
        raise UsageError(
            f'a stage is module:Class, module:function, a .onnx or exec:…, not "{spec}"'
        )
    try:
        module = _module(module_name)
    except (ImportError, FileNotFoundError) as error:
        raise MissingError(f"cannot import {module_name} for --stage ({error})") from error
    except (Exception, SystemExit) as error:  # a user's module may raise anything; name it
        raise StageError(
            f"importing {module_name} failed: {type(error).__name__}: {error}"
        ) from error
    if not hasattr(module, attribute):
        raise MissingError(f"{module_name} has no {attribute}")
    return getattr(module, attribute)


def _module(name: str) -> ModuleType:
    """A module by its dotted name, from the working folder too, or by the path of its file."""
    if not name.endswith(".py"):
        here = str(Path.cwd())
        if here not in sys.path:
            sys.path.insert(0, here)
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location(Path(name).stem, name)
    if spec is None or spec.loader is None:
        raise ImportError("no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _guarded(function: Any, spec: str) -> ArrayFunction:
    def run(array: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            return np.asarray(function(array))
        except (Exception, SystemExit) as error:  # a user's code may raise anything; name it
            raise StageError(f"{spec} failed: {type(error).__name__}: {error}") from error

    return run


def _program(command: str) -> ArrayFunction:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"exec: cannot be split into words ({error}): {command}") from error
    if not words or not any("{in}" in w for w in words) or not any("{out}" in w for w in words):
        raise UsageError(f'exec: needs a program with {{in}} and {{out}}, not "{command}"')

    def run(array: NDArray[np.float32]) -> NDArray[np.float32]:
        with tempfile.TemporaryDirectory() as folder:
            source, result = Path(folder, "in.npy"), Path(folder, "out.npy")
            np.save(source, array)
            filled = [w.replace("{in}", str(source)).replace("{out}", str(result)) for w in words]
            try:
                done = subprocess.run(filled, capture_output=True, check=False)
            except OSError as error:
                raise MissingError(f"cannot run {words[0]} ({error.strerror})") from error
            if done.returncode:
                said = done.stderr.decode(errors="replace")
                last = said.strip().splitlines()[-1:] or ["no message"]
                raise StageError(f"{words[0]} ended with code {done.returncode}: {last[0]}")
            if not result.is_file():
                raise StageError(f"{words[0]} wrote no {{out}} file")
            try:
                return np.asarray(np.load(result, allow_pickle=False))
            except (ValueError, EOFError, OSError) as error:
                raise StageError(f"{words[0]} wrote no readable .npy ({error})") from error

    return run
