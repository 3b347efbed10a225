"""A request's stages as ONNX graphs, each with the plan that it was made by."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from apps.deploy.example_frames import Frames, led_in
from apps.deploy.export_request import ExportRequest, pipeline_of, title
from apps.deploy.manifest import LICENCE
from apps.deploy.onnx_graph import onnx_graph
from apps.deploy.stage_graph import PlannedGraph, runs_of, stage_graph
from isp.core.errors import UsageError
from isp.core.pipeline import Pipeline
from isp.core.sensor import SensorProfile
from isp.files.profile import profile_record

EXPORT_SIZE = (96, 128)  # of the example; the proof is at others
NORMALISATION = {
    "RAW": "DN as stored, black level included",
    "MOSAIC": "linear, 0 black, 1 white",
    "CAMERA": "linear camera RGB, 1 white",
    "LINEAR": "linear RGB, unbounded",
    "SDR": "display codes 0..1",
}
Advance = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A graph by its name, the plan it was made by, and the onnx.ModelProto in fp32."""

    name: str
    plan: PlannedGraph
    model: Any


def asked_pipeline(request: ExportRequest, frames: Frames) -> Pipeline:
    """The stages that were asked for, made for the sensor that frames come from.

    Raises as `pipeline_of`.
    """
    return pipeline_of(request, frames(*(request.static or EXPORT_SIZE), 0))


def trace(
    request: ExportRequest,
    frames: Frames,
    pipeline: Pipeline,
    advance: Advance = lambda _: None,
) -> list[Traced]:
    """One graph of all stages, or one of each where they are to be staged.

    Raises StageError for a stage that becomes no graph, UsageError for a size that does not fit,
    MissingError without the exporter.
    """
    size = request.static or EXPORT_SIZE
    example = led_in(frames(*size, 0), pipeline.stages[0][1].domain_in)
    traced = []
    for name, stages in runs_of(pipeline, staged=request.staged):
        advance(name)
        plan = stage_graph(stages, example)
        _refuse_size(request.static, plan)
        labels = _labels(plan, frames.profile)
        model = onnx_graph(plan, static=request.static is not None, metadata=labels)
        own = name if request.staged else title(request)
        traced.append(Traced(name=own, plan=plan, model=model))
        example = plan.after
    return traced


def _refuse_size(size: tuple[int, int] | None, plan: PlannedGraph) -> None:
    if size is not None and any(side % plan.multiple for side in size):
        raise UsageError(f"height and width are multiples of {plan.multiple}, not {size}")


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
        "fullwell.licence": LICENCE,
        "fullwell.expected_error": "at most 1e-4 of white from torch in float32",
    }
