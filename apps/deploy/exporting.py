"""Export: a pipeline as a bundle of ONNX graphs, each proven equal to torch before it is kept."""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fullwell
from apps.deploy.bundle import checked_output, write_bundle
from apps.deploy.example_frames import Frames, frames_of_file, led_in, simulated_frames
from apps.deploy.manifest import graph_entry, manifest
from apps.deploy.onnx_graph import onnx_graph
from apps.deploy.parity import Array, ParityRow, check_fp32, difference, feeds, run
from apps.deploy.stage_graph import DATA, PlannedGraph, runs_of, stage_graph
from apps.presets import NAMES, preset
from apps.recipe_files import read_recipe
from apps.recipes import STAGES, Recipe, Step
from isp.core.errors import MissingError, UsageError
from isp.core.frame import Frame
from isp.core.pipeline import Pipeline
from isp.files.profile import load_profile, profile_record

EXPORT_SIZE = (96, 128)  # of the example; the proof is at others
PROOF_SIZES = ((101, 157), (202, 134))
PROOF_NUMBERS = (11, 12)  # of the frames: not those that the graph was traced on
RECIPES = (".toml", ".json")
Advance = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What is exported and for which camera.

    what: one preset or recipe file, or stages in order. camera and iso, or a raw file: what
    decides the values that the bundle has by default. static: height and width of a graph that
    takes no other. staged: a graph for each stage. settings: (step, parameter, value).
    """

    what: tuple[str, ...]
    camera: str | None = None
    iso: float | None = None
    source: Path | None = None
    static: tuple[int, int] | None = None
    staged: bool = False
    settings: Sequence[tuple[str, str, Any]] = field(default_factory=tuple)
    force: bool = False


def export(request: ExportRequest, output: Path, advance: Advance = lambda _: None) -> dict[str, Any]:
    """Write a bundle; returns its manifest.

    Raises UsageError, ProfileError, FileError for what cannot be exported, StageError for a stage
    that becomes no graph, MissingError without a package, CheckError where a graph is not what
    torch gives, OutputError for a folder that may not be written.
    """
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
        models.append(onnx_graph(plan, static=request.static is not None, metadata=_labels(plan)))
        example = plan.after
    names = _graph_names(request, plans)
    advance("proof")
    rows = proven(plans, names, models, _proof_frames(request, frames, pipeline))
    check_fp32(rows)
    files = {f"{i:02d}-{name}.onnx": m.SerializeToString() for i, (name, m) in
             enumerate(zip(names, models, strict=True))}  # fmt: skip
    graphs = [
        graph_entry(plan, name, file, model, [r for r in rows if r.graph == name])
        for plan, name, file, model in zip(plans, names, files, models, strict=True)
    ]
    made = manifest(
        name=names[0] if len(names) == 1 else _title(request), graphs=graphs, frame=plans[0].frame,
        after=plans[-1].after, size=request.static, parity=[row.record() for row in rows],
    )  # fmt: skip
    profile = profile_record(plans[0].frame.need_profile())
    return write_bundle(output, made, files, profile, force=request.force)


def frames_of(request: ExportRequest) -> Frames:
    """Where frames come from: a camera that is simulated, or a raw file.

    Raises UsageError where neither is named.
    """
    if request.source is not None:
        return frames_of_file(request.source, request.camera)
    if request.camera is None or request.iso is None:
        raise UsageError(
            "a bundle is made for a camera: pass --camera NAME and --iso N, or --input FILE.dng"
        )
    return simulated_frames(load_profile(request.camera), request.iso)


def pipeline_of(request: ExportRequest, frame: Frame) -> Pipeline:
    """The stages that were asked for, made for the frame's pattern.

    Raises UsageError for a name that is neither a preset, a recipe file nor a stage.
    """
    cfa = frame.need_profile().cfa
    recipe = _recipe(request.what, frame)
    for step, parameter, value in request.settings:
        recipe = recipe.set(step, **{parameter: value})
    pipeline = recipe.build(cfa)
    whole = len(request.what) == 1 and request.what[0] not in STAGES
    return pipeline.starting_at(frame.domain) if whole else pipeline


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
            for step, stage in zip(plan.module.names, plan.module.stages, strict=True):
                frame = Pipeline((step, stage)).develop(frame)  # type: ignore[arg-type]  # a stage
            rows.append(difference(name, found, frame))
        if len(plans) > 1:
            rows.append(difference("whole", list(chain.values()), frame))
    return rows


def _need_runtime() -> None:
    try:
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise MissingError("export proves graphs by onnxruntime; install fullwell[deploy]") from error


def _recipe(what: Sequence[str], frame: Frame) -> Recipe:
    cfa = frame.need_profile().cfa
    if len(what) == 1 and what[0] in NAMES:
        return preset(what[0], cfa)
    if len(what) == 1 and Path(what[0]).suffix in RECIPES:
        return read_recipe(Path(what[0]))
    unknown = [name for name in what if name not in STAGES]
    if unknown or not what:
        known = f"presets: {', '.join(NAMES)}; stages: {', '.join(STAGES)}"
        raise UsageError(f'"{", ".join(unknown)}" is no preset, recipe file or stage; {known}')
    return Recipe(steps=tuple(Step(name=name, stage=name) for name in what))


def _refuse_size(size: tuple[int, int] | None, plan: PlannedGraph) -> None:
    if size is not None and any(side % plan.multiple for side in size):
        raise UsageError(f"height and width are multiples of {plan.multiple}, not {size}")


def _graph_names(request: ExportRequest, plans: Sequence[PlannedGraph]) -> list[str]:
    if len(plans) == 1 and not request.staged:
        return [_title(request)]
    return [plan.module.names[0] for plan in plans]


def _title(request: ExportRequest) -> str:
    return "-".join(Path(name).stem for name in request.what)


def _proof_frames(request: ExportRequest, frames: Frames, pipeline: Pipeline) -> list[Frame]:
    """Of sizes that are not the export's, unless the graph takes no other."""
    stages = [stage for _, stage in pipeline.stages]
    multiple = math.lcm(*(stage.multiple for stage in stages))
    sizes = [
        tuple(-(-side // multiple) * multiple for side in size) for size in PROOF_SIZES
    ] if request.static is None else [request.static] * len(PROOF_NUMBERS)  # fmt: skip
    domain = stages[0].domain_in
    return [
        led_in(frames(size[0], size[1], number), domain)
        for size, number in zip(sizes, PROOF_NUMBERS, strict=True)
    ]


def _labels(plan: PlannedGraph) -> dict[str, str]:
    """What a graph says of itself to whoever opens it without the bundle."""
    profile = plan.frame.need_profile()
    record = repr(sorted(profile_record(profile).items())).encode()
    stages = list(plan.module.stages)
    weights = [s.weights_sha256 for s in stages if hasattr(s, "weights_sha256")]
    return {
        "fullwell.stages": ",".join(plan.module.names),
        "fullwell.version": fullwell.__version__,
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
