"""Export: a pipeline as a bundle of ONNX graphs, each proven equal to torch before it is kept."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from apps.deploy.bundle import checked_output, write_bundle
from apps.deploy.example_frames import Frames, led_in
from apps.deploy.export_request import (
    CALIBRATION_NUMBERS,
    PROOF_NUMBERS,
    ExportRequest,
    frames_of,
    pipeline_of,
    proof_frames,
    title,
)
from apps.deploy.lowering import Lowered, chain_loss, check_lowered, check_precision, lowered
from apps.deploy.manifest import graph_entry, manifest
from apps.deploy.onnx_graph import onnx_graph
from apps.deploy.parity import Array, ParityRow, check_fp32, difference, feeds, run
from apps.deploy.precision import Loss, check_budget
from apps.deploy.stage_graph import DATA, PlannedGraph, developed, runs_of, stage_graph
from isp.core.errors import MissingError, UsageError
from isp.core.frame import Frame
from isp.core.pipeline import Pipeline
from isp.core.sensor import SensorProfile
from isp.files.profile import profile_record

EXPORT_SIZE = (96, 128)  # of the example; the proof is at others
Advance = Callable[[str], None]


def export(
    request: ExportRequest, output: Path, advance: Advance = lambda _: None
) -> dict[str, Any]:
    """Write a bundle; returns its manifest.

    Raises UsageError, ProfileError, FileError for what cannot be exported, StageError for a stage
    that becomes no graph, MissingError without a package, CheckError where a graph is not what
    torch gives, OutputError for a folder that may not be written.
    """
    check_precision(request.precision)
    checked_output(output, force=request.force)
    _need_runtime()
    frames = frames_of(request)
    first = frames(*(request.static or EXPORT_SIZE), 0)
    pipeline = pipeline_of(request, first)
    domain = pipeline.stages[0][1].domain_in
    example = led_in(first, domain)
    plans, models = [], []
    for name, stages in runs_of(pipeline, staged=request.staged):
        advance(name)
        plan = stage_graph(stages, example)
        _refuse_size(request.static, plan)
        plans.append(plan)
        models.append(
            onnx_graph(
                plan, static=request.static is not None, metadata=_labels(plan, frames.profile)
            )
        )
        example = plan.after
    names = _graph_names(request, plans)
    advance("proof")
    proof = proof_frames(request, frames, pipeline, PROOF_NUMBERS)
    rows = proven(plans, names, models, proof)
    check_fp32(rows)
    low = _lowered(request, frames, pipeline, plans, names, models, proof, advance)
    files = {
        f"{i:02d}-{name}.onnx": each.model.SerializeToString()
        for i, (name, each) in enumerate(zip(names, low, strict=True))
    }
    graphs = [
        graph_entry(plan, name, file, each.model, [r for r in rows if r.graph == name])
        | each.record()
        for plan, name, file, each in zip(plans, names, files, low, strict=True)
    ]
    made = manifest(
        name=names[0] if len(names) == 1 else title(request), graphs=graphs,
        profile=frames.profile, frame=plans[0].frame,
        after=plans[-1].after, size=request.static, parity=[row.record() for row in rows],
        precision=request.precision,
    )  # fmt: skip
    if request.precision != "fp32":
        made["against_fp32"] = asdict(_whole_loss(request, plans, models, low, proof))
    profile = profile_record(frames.profile)
    return write_bundle(output, made, files, profile, force=request.force)


def _lowered(
    request: ExportRequest,
    frames: Frames,
    pipeline: Pipeline,
    plans: Sequence[PlannedGraph],
    names: Sequence[str],
    models: Sequence[Any],
    proof: Sequence[Frame],
    advance: Advance,
) -> list[Lowered]:
    """Every graph in the precision that was asked for."""
    learnt: list[Frame] = []
    if request.precision != "fp32":
        advance(request.precision)
        learnt = proof_frames(request, frames, pipeline, CALIBRATION_NUMBERS)
    low = []
    for plan, name, model in zip(plans, names, models, strict=True):
        low.append(lowered(plan, name, model, request.precision, learnt, proof))
        if learnt:
            learnt = [developed(plan, frame) for frame in learnt]
            proof = [developed(plan, frame) for frame in proof]
    check_lowered(request.precision, low)
    return low


def _whole_loss(
    request: ExportRequest,
    plans: Sequence[PlannedGraph],
    models: Sequence[Any],
    low: Sequence[Lowered],
    proof: Sequence[Frame],
) -> Loss:
    """What the whole bundle loses, each graph fed by the lowered one before it.

    Raises CheckError where that breaks the budget.
    """
    if len(low) == 1 and low[0].lost is not None:
        return low[0].lost
    whole = chain_loss(plans, models, low, proof)
    check_budget(request.precision, "the bundle as a whole", whole)
    return whole


def proven(
    plans: Sequence[PlannedGraph],
    names: Sequence[str],
    models: Sequence[Any],
    frames: Sequence[Frame],
) -> list[ParityRow]:
    """Every graph, and the chain of them where they are several, against torch on frames."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    sessions = [
        onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        for model in models
    ]
    rows = []
    for frame in frames:
        chain: Mapping[str, Array] = {}
        for plan, name, session in zip(plans, names, sessions, strict=True):
            given = feeds(plan, frame)
            found = run(session, given)
            if len(plans) > 1:
                chain = dict(zip(DATA, run(session, {**given, **chain}), strict=True))
            frame = developed(plan, frame)
            rows.append(difference(name, found, frame))
        if len(plans) > 1:
            rows.append(difference("whole", list(chain.values()), frame))
    return rows


def _need_runtime() -> None:
    try:
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise MissingError(
            "export proves graphs by onnxruntime; install fullwell[deploy]"
        ) from error


def _refuse_size(size: tuple[int, int] | None, plan: PlannedGraph) -> None:
    if size is not None and any(side % plan.multiple for side in size):
        raise UsageError(f"height and width are multiples of {plan.multiple}, not {size}")


def _graph_names(request: ExportRequest, plans: Sequence[PlannedGraph]) -> list[str]:
    if len(plans) == 1 and not request.staged:
        return [title(request)]
    return [plan.module.names[0] for plan in plans]


def _labels(plan: PlannedGraph, profile: SensorProfile) -> dict[str, str]:
    """What a graph says of itself to whoever opens it without the bundle."""
    record = repr(sorted(profile_record(profile).items())).encode()
    stages = list(plan.module.stages)
    weights = [s.weights_sha256 for s in stages if hasattr(s, "weights_sha256")]
    return {
        "fullwell.stages": ",".join(plan.module.names),
        "fullwell.version": version("fullwell"),
        "fullwell.domain_in": plan.frame.domain.name,
        "fullwell.domain_out": plan.after.domain.name,
        "fullwell.normalisation": NORMALISATION[plan.frame.domain.name],
        "fullwell.cfa": profile.cfa.name,
        "fullwell.halo": str(plan.halo),
        "fullwell.tile_multiple": str(plan.aligned),
        "fullwell.calibration_sha256": hashlib.sha256(record).hexdigest(),
        "fullwell.weights_sha256": ",".join(str(w) for w in weights),
        "fullwell.licence": "Apache-2.0",
        "fullwell.expected_error": "at most 1e-4 of white from torch in float32",
    }


NORMALISATION = {
    "RAW": "DN as stored, black level included",
    "MOSAIC": "linear, 0 black, 1 white",
    "CAMERA": "linear camera RGB, 1 white",
    "LINEAR": "linear RGB, unbounded",
    "SDR": "display codes 0..1",
}
