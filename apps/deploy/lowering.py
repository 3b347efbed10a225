"""A bundle's graphs brought to less precision, each measured against its fp32 form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from apps.deploy.onnx_graph import refuse_draws
from apps.deploy.parity import Array, feeds, run
from apps.deploy.precision import (
    Loss,
    as_on_a_gpu,
    check_budget,
    half,
    loss,
    network_nodes,
    quantised,
)
from apps.deploy.stage_graph import DATA, PlannedGraph, developed
from isp.core.domain import Domain
from isp.core.errors import StageError, UsageError
from isp.core.frame import Frame

PRECISIONS = ("fp32", "fp16", "int8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """A graph, which precision it has in the end, and what that cost.

    precision: of a bundle in int8 the graphs without a network stay fp32.
    """

    model: Any
    precision: str
    lost: Loss | None

    def record(self) -> dict[str, Any]:
        """Precision and loss as plain values."""
        if self.lost is None:
            return {"precision": self.precision}
        # What a user is told to expect is this graph's own error, not that of its fp32 form.
        told = {"against": "the fp32 graph", **asdict(self.lost)}
        return {"precision": self.precision, "expected_error": told}


def check_precision(name: str) -> None:
    """Refuse a precision that there is not.

    Raises UsageError.
    """
    if name not in PRECISIONS:
        raise UsageError(f'precision is {", ".join(PRECISIONS)}, not "{name}"')


def lowered(
    plan: PlannedGraph,
    name: str,
    model: Any,
    precision: str,
    calibration: Sequence[Frame],
    proof: Sequence[Frame],
) -> Lowered:
    """A graph in less precision.

    calibration, proof: frames that go into the graph, the first to learn ranges on, the others
    to measure what was lost.

    Raises CheckError where its budget breaks.
    """
    if precision == "fp32" or (precision == "int8" and not network_nodes(model)):
        return Lowered(model=model, precision="fp32", lost=None)
    learnt = [feeds(plan, frame) for frame in calibration]
    make: Callable[[Any, Sequence[Mapping[str, Array]]], Any]
    make = half if precision == "fp16" else quantised
    made = make(model, learnt)
    refuse_draws(made)
    judged = as_on_a_gpu(made) if precision == "fp16" else made
    met = [feeds(plan, frame) for frame in proof]
    lost = loss(
        _pictures(judged, met), _pictures(model, met), is_sdr=plan.after.domain is Domain.SDR
    )
    check_budget(precision, name, lost)
    _relabel(made, f"{lost.psnr_db:.1f} dB from the fp32 graph")
    return Lowered(model=made, precision=precision, lost=lost)


def chain_loss(
    plans: Sequence[PlannedGraph],
    models: Sequence[Any],
    low: Sequence[Lowered],
    frames: Sequence[Frame],
) -> Loss:
    """What all graphs in a row lose: each takes what the lowered one before it gave.

    models: in fp32. frames: that go into the first graph.
    """
    judged = [as_on_a_gpu(e.model) if e.precision == "fp16" else e.model for e in low]
    pictures = []
    for chain in (judged, models):
        sessions = [_plain_session(model) for model in chain]
        pictures.append([_chained(plans, sessions, frame) for frame in frames])
    return loss(*pictures, is_sdr=plans[-1].after.domain is Domain.SDR)


def _chained(plans: Sequence[PlannedGraph], sessions: Sequence[Any], frame: Frame) -> Array:
    handed: dict[str, Array] = {}
    for plan, session in zip(plans, sessions, strict=True):
        handed = dict(zip(DATA, run(session, {**feeds(plan, frame), **handed}), strict=True))
        frame = developed(plan, frame)
    return handed["data"]


def _relabel(model: Any, error: str) -> None:
    for entry in model.metadata_props:
        if entry.key == "fullwell.expected_error":
            entry.value = error


def check_lowered(precision: str, graphs: Sequence[Lowered]) -> None:
    """Refuse int8 of stages that hold no network at all.

    Raises StageError.
    """
    if precision == "int8" and all(graph.precision == "fp32" for graph in graphs):
        raise StageError("int8 is for networks, and these stages have none; take fp32 or fp16")


def _pictures(model: Any, given: Sequence[Mapping[str, Array]]) -> list[Array]:
    """The graph's pictures, without optimisations: rounding as the graph says it."""
    session = _plain_session(model)
    return [run(session, feed)[0] for feed in given]


def _plain_session(model: Any) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
