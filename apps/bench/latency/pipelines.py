"""A pipeline in torch as what is timed: each stage and the whole, eager, compiled and fused."""

import copy
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from apps.bench.latency.quality import Pixels
from apps.bench.latency.results import WHOLE
from apps.bench.latency.stage_inputs import StageInputs, bytes_of
from apps.bench.latency.step_records import step_records
from apps.bench.latency.timing import Subject
from isp.core.errors import MissingError, UsageError
from isp.core.frame import Frame
from isp.core.pipeline import Pipeline
from isp.core.stage import Stage
from isp.fused.plan import fuse

EAGER, COMPILE, FUSED = "torch-eager", "torch-compile", "fused"
VARIANTS = {"eager": EAGER, "compile": COMPILE, "fused": FUSED}
PROVIDERS = {"cpu": "torch cpu", "cuda": "torch cuda"}
Develop = Callable[[Frame], Frame]


@dataclass(frozen=True, slots=True, kw_only=True)
class Torch:
    """How a pipeline is run: where, on how many threads, of which recipe."""

    device: str
    threads: int
    sha256: str


def torch_device(provider: str) -> str:
    """The device of a provider that torch has.

    Raises UsageError for a provider of graphs, MissingError for CUDA on a machine without it.
    """
    if provider not in PROVIDERS:
        raise UsageError(
            f"a preset or recipe runs in torch, on cpu or cuda; for {provider} export it first "
            "(fullwell export) and time the bundle"
        )
    if provider == "cuda" and not torch.cuda.is_available():
        reason = (
            f"torch {torch.__version__} is built without CUDA"
            if torch.version.cuda is None
            else "torch finds no CUDA device or driver"
        )
        raise MissingError(f"--provider cuda: {reason}; nothing was run on the CPU in its place")
    return provider


def subjects(
    pipeline: Pipeline,
    inputs: StageInputs,
    variant: str,
    only: str | None,
    run: Torch,
) -> Iterator[Subject]:
    """What is timed of a pipeline in one variant: the whole first, then each stage of it.

    inputs: of this pipeline, on the device of `run`; frames are taken in turn. variant: of
        `VARIANTS`' values. only: the name of one stage, or `whole`.

    Raises UsageError for a stage that the variant's pipeline does not have, and for `fused` of a
    pipeline that no kernel knows a part of.
    """
    start = time.perf_counter()
    made = variant_of(pipeline, variant)
    made_ms = (time.perf_counter() - start) * 1e3
    if only not in (None, WHOLE, *made.names):
        raise UsageError(
            f'{variant} has no stage "{only}"; it has {", ".join((WHOLE, *made.names))}'
        )
    if only in (None, WHOLE):
        given, steps = inputs.before(0), step_records(pipeline)
        yield _subject(
            WHOLE, variant, made.develop, given, pipeline.develop, made, made_ms, run, steps
        )
    place = 0
    for name, stage in made.stages:
        own: Stage | Pipeline = getattr(stage, "chain", None) or pipeline[name]
        if only in (None, name):
            steps = step_records(own if isinstance(own, Pipeline) else Pipeline((name, own)))
            given = inputs.before(place)
            yield _subject(
                name, variant, stage.develop, given, own.develop, stage, made_ms, run, steps
            )
        if only == name:
            return
        place += len(own) if isinstance(own, Pipeline) else 1


def variant_of(pipeline: Pipeline, variant: str) -> Pipeline:
    """The pipeline as a variant runs it, of `VARIANTS`' values.

    Raises UsageError for `fused` of a pipeline that no kernel knows a part of.
    """
    if variant == EAGER:
        return pipeline
    if variant == FUSED:
        fused = fuse(pipeline)
        if fused.names == pipeline.names:
            raise UsageError(f"no compiled pass knows a part of {pipeline}")
        return fused
    compiled = []
    for name, stage in pipeline.stages:
        own = copy.deepcopy(stage)
        # Of its forward alone: what picks the inputs and carries the masks stays Python.
        own.compile(dynamic=False)
        compiled.append((name, own))
    return Pipeline(*compiled)


def _subject(
    stage: str,
    variant: str,
    develop: Develop,
    frames: Sequence[Frame],
    eager: Develop,
    made: Pipeline | Stage,
    made_ms: float,
    run: Torch,
    steps: Sequence[Mapping[str, Any]],
) -> Subject:
    on_card = run.device == "cuda"

    @torch.no_grad()
    def work(number: int) -> Frame:
        developed = develop(frames[number % len(frames)])
        if on_card:
            torch.cuda.synchronize()
        return developed

    @torch.no_grad()  # worked out anew each time: pictures of all stages would fill the memory
    def reference(number: int) -> Pixels:
        return _pixels(eager(frames[number % len(frames)]))

    held = 0
    if on_card:
        torch.cuda.reset_peak_memory_stats()
        held = torch.cuda.memory_allocated()  # what others hold while they wait for their turn
    with torch.no_grad():
        result = develop(frames[0]) if variant == EAGER else eager(frames[0])
    return Subject(
        stage=stage, variant=variant, provider=PROVIDERS[run.device],
        precision="fp32", size=frames[0].size, threads=run.threads, work=work, picture=_pixels,
        domain=result.domain, reference=None if variant == EAGER else reference,
        bytes_moved=bytes_of(frames[0]) + _weights(made) + bytes_of(result), session_ms=made_ms,
        copies=(lambda: _copies(frames[0], result)) if on_card else None,
        model_sha256=run.sha256,
        device_peak=(lambda: torch.cuda.max_memory_allocated() - held) if on_card else None,
        steps=steps,
    )  # fmt: skip


def _pixels(frame: Frame) -> Pixels:
    pixels: Pixels = frame.data.detach().float().cpu().numpy()
    return pixels


def _weights(made: Pipeline | Stage) -> int:
    stages = [stage for _, stage in made.stages] if isinstance(made, Pipeline) else [made]
    held: list[Tensor] = []
    for stage in stages:
        module: nn.Module = stage
        held += [*module.parameters(), *module.buffers()]
    return sum(t.numel() * t.element_size() for t in {id(t): t for t in held}.values())


def _copies(frame: Frame, result: Frame, rounds: int = 20) -> dict[str, float]:
    """Medians of bringing a frame to the card and its picture back, in ms."""
    host = replace(frame, data=frame.data.cpu())
    there = [_seconds(lambda: host.data.to("cuda")) for _ in range(rounds)]
    back = [_seconds(lambda: result.data.cpu()) for _ in range(rounds)]
    middle = rounds // 2
    return {"to_device": 1e3 * sorted(there)[middle], "to_host": 1e3 * sorted(back)[middle]}


def _seconds(work: Callable[[], Any]) -> float:
    torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    torch.cuda.synchronize()
    return time.perf_counter() - start
