"""Export: a pipeline as a bundle of ONNX graphs, each proven equal to torch before it is kept."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from apps.deploy.bundle import checked_output, write_bundle
from apps.deploy.cpu_session import Array, cpu_session, run
from apps.deploy.export_request import (
    CALIBRATION_NUMBERS,
    PROOF_NUMBERS,
    ExportRequest,
    frames_of,
    proof_frames,
    title,
)
from apps.deploy.lowering import check_precision, lowered_chain
from apps.deploy.manifest import graph_entry, manifest
from apps.deploy.parity import ParityRow, check_fp32, difference, feeds
from apps.deploy.stage_graph import DATA, developed
from apps.deploy.tracing import Advance, Traced, asked_pipeline, trace
from isp.core.errors import MissingError
from isp.core.frame import Frame
from isp.files.profile import profile_record


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
    pipeline = asked_pipeline(request, frames)
    traced = trace(request, frames, pipeline, advance)
    advance("proof")
    proof = proof_frames(request, frames, pipeline, PROOF_NUMBERS)
    rows = proven(traced, proof)
    check_fp32(rows)
    learnt: list[Frame] = []
    if request.precision != "fp32":
        advance(request.precision)
        learnt = proof_frames(request, frames, pipeline, CALIBRATION_NUMBERS)
    low = lowered_chain(traced, request.precision, learnt, proof)
    files = {
        f"{i:02d}-{graph.name}.onnx": each.model.SerializeToString()
        for i, (graph, each) in enumerate(zip(traced, low.graphs, strict=True))
    }
    graphs = [
        graph_entry(graph.plan, graph.name, file, each.model,
                    [row for row in rows if row.graph == graph.name])
        | each.record()
        for graph, file, each in zip(traced, files, low.graphs, strict=True)
    ]  # fmt: skip
    made = manifest(
        name=title(request), graphs=graphs, profile=frames.profile, frame=traced[0].plan.frame,
        after=traced[-1].plan.after, size=request.static,
        parity=[row.record() for row in rows], precision=request.precision,
    )  # fmt: skip
    if low.lost is not None:
        made["against_fp32"] = asdict(low.lost)
    return write_bundle(output, made, files, profile_record(frames.profile), force=request.force)


def proven(traced: Sequence[Traced], frames: Sequence[Frame]) -> list[ParityRow]:
    """Every graph, and the chain of them where they are several, against torch on frames."""
    sessions = [cpu_session(graph.model) for graph in traced]
    rows = []
    for frame in frames:
        chain: dict[str, Array] = {}
        for graph, session in zip(traced, sessions, strict=True):
            given = feeds(graph.plan, frame)
            found = run(session, given)
            if len(traced) > 1:
                chain = dict(zip(DATA, run(session, {**given, **chain}), strict=True))
            frame = developed(graph.plan, frame)
            rows.append(difference(graph.name, found, frame))
        if len(traced) > 1:
            rows.append(difference("whole", list(chain.values()), frame))
    return rows


def _need_runtime() -> None:
    try:
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise MissingError(
            "export proves graphs by onnxruntime; install fullwell[deploy]"
        ) from error
