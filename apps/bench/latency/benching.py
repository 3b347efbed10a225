"""Time what a user names: a preset, a recipe, a bundle or a graph, as one result."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from apps.bench.latency.accounts import notes_of
from apps.bench.latency.bundles import bundle_rows, is_bundle, openvino_subject
from apps.bench.latency.ceilings import copy_ceiling
from apps.bench.latency.environment import measured_on
from apps.bench.latency.graphs import OPENVINO, graph_subject, need_provider
from apps.bench.latency.graphs import PROVIDERS as GRAPH_PROVIDERS
from apps.bench.latency.pipelines import COMPILE, FUSED, VARIANTS, Torch, subjects, torch_device
from apps.bench.latency.raw_frames import moved_frames, simulated_frames
from apps.bench.latency.results import FORMAT, FORMAT_VERSION, WHOLE
from apps.bench.latency.timing import Plan, Subject, timed
from apps.chosen_recipe import Choices, recipe_for
from apps.developing import pipeline_for
from apps.presets import NAMES
from isp.core.errors import CheckError, MissingError, UsageError
from isp.core.frame import Frame
from isp.files.profile import load_profile

RECIPES = (".toml", ".json")
CAMERA = "GenericPhone"
Advance = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be timed, and how.

    target: a preset's name, a recipe, a bundle's folder or an ONNX graph. stage: one stage, or
        `whole`; None takes the whole and each stage. sizes: height and width; of a file with
        `input`, () takes all of it. variants: of torch; () takes those that can be had. threads:
        None leaves the libraries' own. ceiling_bytes: of the copied array, None for 8 times the
        cache.
    """

    target: str
    sizes: tuple[tuple[int, int], ...]
    stage: str | None = None
    input: Path | None = None
    camera: str = CAMERA
    iso: float | None = None
    provider: str = "cpu"
    variants: tuple[str, ...] = ()
    precision: str = "fp32"
    threads: int | None = None
    plan: Plan = field(default_factory=Plan)
    ceiling_bytes: int | None = None


@dataclass(eq=False)
class Timed:
    """A result as it is written, and what failed its check and so has no time."""

    result: dict[str, Any]
    failed: list[str]


def bench(asked: Asked, advance: Advance = lambda name: None) -> Timed:
    """Time what is asked for.

    Raises UsageError, FileError, MissingError: a target, input, provider or library that is not
    there; nothing else is run in its place.
    """
    check_provider(asked)
    threads = set_threads(asked.threads)
    environment = measured_on()
    advance("ceiling")
    device = "cuda" if asked.provider in ("cuda", "tensorrt") else "cpu"
    ceiling = copy_ceiling(asked.ceiling_bytes, device if torch.cuda.is_available() else "cpu")
    runs: list[dict[str, Any]] = []
    notes: list[str] = []
    failed: list[str] = []
    if is_bundle(asked.target) and asked.provider != OPENVINO:
        runs += _by_its_runner(asked, threads, ceiling, advance)
    for subject in _all_subjects(asked, threads, notes, advance):
        advance(subject.label)
        try:
            runs += timed(subject, asked.plan, ceiling)
        except CheckError as error:
            failed.append(str(error))
        except Exception as error:
            if subject.variant != COMPILE:
                raise
            _without_compiler(asked, subject, error, notes)
    return Timed(
        result={
            "format": FORMAT, "format_version": FORMAT_VERSION,
            "environment": environment | {"ceilings": ceiling}, "runs": runs,
            "notes": [*notes, *failed, *notes_of(runs)],
        },
        failed=failed,
    )  # fmt: skip


def is_graph(target: str) -> bool:
    """Whether a target is an ONNX graph, by its name."""
    return target.endswith(".onnx")


def check_provider(asked: Asked) -> None:
    """Refuse a target, a variant or a provider before anything is simulated.

    Raises UsageError, MissingError.
    """
    if is_graph(asked.target) or is_bundle(asked.target):
        if asked.provider not in (*GRAPH_PROVIDERS, OPENVINO):
            listed = ", ".join((*GRAPH_PROVIDERS, OPENVINO))
            raise UsageError(f"--provider is {listed}, not {asked.provider}")
        if asked.variants:
            raise UsageError("--variant is of torch: a graph has none; leave it out")
        if is_graph(asked.target) and asked.stage not in (None, WHOLE):
            raise UsageError("a graph has no stages; leave --stage out")
        if is_bundle(asked.target) and asked.input is not None:
            raise UsageError("a bundle takes a file by its own runner: run.py bench --input FILE")
        if asked.provider != OPENVINO and asked.precision != "fp32":
            raise UsageError(
                f"--precision {asked.precision} is OpenVINO's; ONNX Runtime takes the graph's own"
            )
        need_provider(asked.provider)
        return
    if asked.target not in NAMES and not asked.target.endswith(RECIPES):
        raise UsageError(
            f'"{asked.target}" is no preset ({", ".join(NAMES)}), recipe (.toml, .json), bundle '
            "(a folder) or graph (.onnx)"
        )
    unknown = [name for name in asked.variants if name not in VARIANTS]
    if unknown:
        raise UsageError(f"--variant is {', '.join(VARIANTS)}, not {unknown[0]}")
    if asked.precision != "fp32":
        raise UsageError("a preset or recipe is timed in fp32")
    torch_device(asked.provider)


def set_threads(threads: int | None) -> int:
    """Let torch and numba use so many threads; returns how many torch has."""
    if threads is not None:
        import numba

        # numba first: as it starts, it sets the threads of the OpenMP that torch uses too.
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
        torch.set_num_threads(threads)
    return torch.get_num_threads()


def _by_its_runner(
    asked: Asked, threads: int, ceiling: dict[str, Any], advance: Advance
) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = []
    for size in asked.sizes:
        advance(f"{size[0]}x{size[1]}")
        runs += bundle_rows(
            Path(asked.target), size, asked.iso, asked.provider, threads, asked.plan, ceiling
        )
    names = list(dict.fromkeys(str(row["stage"]) for row in runs))
    if asked.stage not in (None, *names):
        raise UsageError(f'the bundle has no "{asked.stage}"; it has {", ".join(names)}')
    return [row for row in runs if asked.stage in (None, row["stage"])]


def _all_subjects(
    asked: Asked, threads: int, notes: list[str], advance: Advance
) -> Iterator[Subject]:
    if is_bundle(asked.target):
        for given in asked.sizes if asked.provider == OPENVINO else ():
            advance("frames")
            folder = Path(asked.target)
            yield openvino_subject(folder, given, asked.iso, asked.precision, threads)
        return
    for size in asked.sizes or (None,):
        advance("frames")
        frames = _frames(asked, size)
        if is_graph(asked.target):
            pictures = [_as_light(frame) for frame in frames]
            yield graph_subject(
                Path(asked.target), pictures, asked.provider, asked.precision, threads
            )
            continue
        choices = (
            Choices(preset=asked.target)
            if asked.target in NAMES
            else Choices(recipe=Path(asked.target))
        )
        pipeline = pipeline_for(frames[0], choices)
        run = Torch(
            device=torch_device(asked.provider), threads=threads,
            sha256=_recipe_hash(frames[0], choices),
        )  # fmt: skip
        for variant in asked.variants or VARIANTS:
            try:
                yield from subjects(pipeline, frames, VARIANTS[variant], asked.stage, run)
            except UsageError as error:
                if VARIANTS[variant] != FUSED or asked.variants:
                    raise
                notes.append(f"fused: not timed: {error}")


def _frames(asked: Asked, size: tuple[int, int] | None) -> list[Frame]:
    if asked.input is not None:
        from isp.files.raw import read_raw

        return moved_frames(read_raw(asked.input), size)
    if size is None:
        raise UsageError("--size says how large the simulated frames are, as 12MP or 1080x1920")
    return simulated_frames(load_profile(asked.camera), size, asked.iso)


def _as_light(frame: Frame) -> Any:
    """A raw frame as 0 to 1, which most graphs take."""
    white = frame.need_profile().white_level_dn
    return (frame.data / float(white)).numpy()


def _recipe_hash(frame: Frame, choices: Choices) -> str:
    """Of the recipe and of the weights that its stages use."""
    pipeline = pipeline_for(frame, choices)
    weights = [str(getattr(stage, "weights_sha256", "")) for _, stage in pipeline.stages]
    recipe = recipe_for(frame.need_profile().cfa, choices).as_json()
    return hashlib.sha256(json.dumps([recipe, weights]).encode()).hexdigest()


def _without_compiler(asked: Asked, subject: Subject, error: Exception, notes: list[str]) -> None:
    """torch.compile needs a compiler, and does not take all that runs: said, never left out."""
    reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
    if asked.variants:
        raise MissingError(f"{subject.label}: torch.compile failed ({reason})") from error
    notes.append(f"{subject.label}: not timed: torch.compile failed ({reason})")
