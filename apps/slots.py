"""Slotting a user's own stage into a pipeline: `[before:|after:]NAME=SPEC`."""

import importlib
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.recipes import STAGES, make
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FullwellError, MissingError, UsageError
from isp.core.pipeline import Pipeline
from isp.core.stage import ArrayFunction, Stage, as_stage

PLACES = ("before", "after")


class StageError(FullwellError, RuntimeError):
    """A user's stage failed; the message says which and how."""


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
    """
    head, separator, spec = text.partition("=")
    if not separator or head.startswith("exec:") or "{" in head:
        return Slot("replace", None, text)
    place, colon, name = head.partition(":")
    if colon and place in PLACES:
        return Slot(place, name, spec)
    return Slot("replace", head, spec)


def slot_in(pipeline: Pipeline, text: str, cfa: Cfa) -> Pipeline:
    """Return the pipeline with a user's stage in its place.

    SPEC is `module:Class` (a Stage), `module:function` (array in, array out), a `file.onnx`, or
    `exec:PROGRAM {in} {out}` with .npy files.

    Raises UsageError when the place or the spec cannot be understood, MissingError when the
    module or program is not there.
    """
    slot = parse_slot(text)
    name = slot.name or _name_of_class(slot.spec, pipeline)
    around = pipeline[name]
    if slot.place == "replace":
        domains = around.domain_in, around.domain_out
        return pipeline.replace(name, resolve(slot.spec, domains, cfa))
    domain = around.domain_in if slot.place == "before" else around.domain_out
    stage = resolve(slot.spec, (domain, domain), cfa)
    label = stage.name if stage.name not in pipeline.names else f"{slot.place}_{name}"
    if slot.place == "before":
        return pipeline.insert((label, stage), before=name)
    return pipeline.insert((label, stage), after=name)


def resolve(spec: str, domains: tuple[Domain, Domain], cfa: Cfa) -> Stage:
    """Make the stage that a SPEC describes for a place between two domains."""
    if spec in STAGES:
        return make(STAGES[spec], cfa, {})
    if spec.startswith("exec:"):
        return as_stage(_program(spec[5:]), domains[0], name="exec", domain_out=domains[1])
    if spec.endswith(".onnx"):
        from apps.deploy.onnx_stage import OnnxStage

        return OnnxStage(Path(spec), domains)
    found = _import(spec)
    if isinstance(found, type) and issubclass(found, Stage):
        return make(found, cfa, {})
    if callable(found) and not isinstance(found, type):
        label = str(getattr(found, "__name__", "function"))
        return as_stage(_guarded(found, spec), domains[0], name=label, domain_out=domains[1])
    raise UsageError(f"{spec} is neither a Stage class nor a function from array to array")


def _name_of_class(spec: str, pipeline: Pipeline) -> str:
    if spec.endswith(".onnx") or spec.startswith("exec:") or ":" not in spec:
        raise UsageError(f"say where {spec} goes: NAME=SPEC with {', '.join(pipeline.names)}")
    found = _import(spec)
    own = found.name.fget(found) if not isinstance(found, type) else _snake(found)
    if own not in pipeline.names:
        raise UsageError(
            f'"{own}" is no stage of this pipeline; say NAME={spec} with one of '
            f"{', '.join(pipeline.names)}"
        )
    return own


def _snake(cls: type) -> str:
    letters = [("_" if i and c.isupper() else "") + c.lower() for i, c in enumerate(cls.__name__)]
    return "".join(letters)


def _import(spec: str) -> Any:
    module_name, colon, attribute = spec.rpartition(":")
    if not colon:
        raise UsageError(
            f'a stage is module:Class, module:function, a .onnx or exec:…, not "{spec}"'
        )
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name.removesuffix(".py").replace("/", "."))
        return getattr(module, attribute)
    except ImportError as error:
        raise MissingError(f"cannot import {module_name} for --stage ({error})") from error
    except AttributeError as error:
        raise MissingError(f"{module_name} has no {attribute}") from error


def _guarded(function: Any, spec: str) -> ArrayFunction:
    def run(array: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            return np.asarray(function(array))
        except Exception as error:  # a user's code may raise anything; name it
            raise StageError(f"{spec} failed: {type(error).__name__}: {error}") from error

    return run


def _program(command: str) -> ArrayFunction:
    words = shlex.split(command)
    if not words or not any("{in}" in w for w in words) or not any("{out}" in w for w in words):
        raise UsageError(f'exec: needs a program with {{in}} and {{out}}, not "{command}"')

    def run(array: NDArray[np.float32]) -> NDArray[np.float32]:
        with tempfile.TemporaryDirectory() as folder:
            source, result = Path(folder, "in.npy"), Path(folder, "out.npy")
            np.save(source, array)
            filled = [w.replace("{in}", str(source)).replace("{out}", str(result)) for w in words]
            try:
                done = subprocess.run(filled, capture_output=True, text=True, check=False)
            except OSError as error:
                raise MissingError(f"cannot run {words[0]} ({error.strerror})") from error
            if done.returncode:
                last = done.stderr.strip().splitlines()[-1:] or ["no message"]
                raise StageError(f"{words[0]} ended with code {done.returncode}: {last[0]}")
            if not result.is_file():
                raise StageError(f"{words[0]} wrote no {{out}} file")
            try:
                return np.asarray(np.load(result, allow_pickle=False))
            except ValueError as error:
                raise StageError(f"{words[0]} wrote no readable .npy ({error})") from error

    return run
