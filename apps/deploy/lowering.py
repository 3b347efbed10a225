"""A bundle's graphs brought to less precision, each measured against its fp32 form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from apps.deploy.cpu_session import Array, cpu_session, run
from apps.deploy.onnx_graph import refuse_draws
from apps.deploy.parity import feeds
from apps.deploy.precision import (
    Loss,
    as_on_a_gpu,
    check_budget,
    half,
    loss,
    network_nodes,
    quantised,
)
from apps.deploy.stage_graph import DATA, developed
from apps.deploy.tracing import Traced
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

    @property
    def judged(self) -> Any:
        """The graph as its losses are measured."""
        return as_on_a_gpu(self.model) if self.precision == "fp16" else self.model

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LoweredChain:
    """All graphs of a bundle, and what they lose in a row; None of fp32."""

    graphs: list[Lowered]
    lost: Loss | None


def lowered_chain(
    traced: Sequence[Traced],
    precision: str,
    calibration: Sequence[Frame],
    proof: Sequence[Frame],
) -> LoweredChain:
    """Graphs in less precision, judged one by one and then in a row.

    calibration, proof: frames that go into the first graph, to learn ranges on and to measure
    what was lost. In fp32 neither is looked at.

    Raises CheckError where a budget breaks, StageError for int8 of stages without any network.
    """
    graphs, learnt, met = [], list(calibration), list(proof)
    for graph in traced:
        graphs.append(lowered(graph, precision, learnt, met))
        if precision != "fp32":
            learnt, met = ([developed(graph.plan, f) for f in each] for each in (learnt, met))
    if precision == "fp32":
        return LoweredChain(graphs=graphs, lost=None)
    check_lowered(precision, graphs)
    lost = graphs[0].lost if len(graphs) == 1 else _chain_loss(traced, graphs, proof)
    assert lost is not None
    check_budget(precision, "the bundle as a whole", lost)
    return LoweredChain(graphs=graphs, lost=lost)


def lowered(
    graph: Traced, precision: str, calibration: Sequence[Frame], proof: Sequence[Frame]
) -> Lowered:
    """One graph in less precision.

    calibration, proof: see `lowered_chain`; here they go into this graph.

    Raises CheckError where its budget breaks.
    """
    model, plan = graph.model, graph.plan
    if precision == "fp32" or (precision == "int8" and not network_nodes(model)):
        return Lowered(model=model, precision="fp32", lost=None)
    learnt = [feeds(plan, frame) for frame in calibration]
    make: Callable[[Any, Sequence[Mapping[str, Array]]], Any]
    make = half if precision == "fp16" else quantised
    made = make(model, learnt)
    refuse_draws(made)
    low = Lowered(model=made, precision=precision, lost=None)
    met = [feeds(plan, frame) for frame in proof]
    pictures = []
    for each in (low.judged, model):
        session = cpu_session(each, optimised=False)  # rounding as the graph says it
        pictures.append([run(session, feed)[0] for feed in met])
    lost = loss(*pictures, is_sdr=plan.after.domain is Domain.SDR)
    check_budget(precision, graph.name, lost)
    _relabel(made, f"{lost.psnr_db:.1f} dB from the fp32 graph")
    return replace(low, lost=lost)


def _chain_loss(traced: Sequence[Traced], low: Sequence[Lowered], frames: Sequence[Frame]) -> Loss:
    """What all graphs in a row lose: each takes what the lowered one before it gave."""
    pictures = []
    for chain in ([each.judged for each in low], [graph.model for graph in traced]):
        sessions = [cpu_session(model, optimised=False) for model in chain]
        pictures.append([_chained(traced, sessions, frame) for frame in frames])
    return loss(*pictures, is_sdr=traced[-1].plan.after.domain is Domain.SDR)


def _chained(traced: Sequence[Traced], sessions: Sequence[Any], frame: Frame) -> Array:
    handed: dict[str, Array] = {}
    for graph, session in zip(traced, sessions, strict=True):
        given = feeds(graph.plan, frame) | handed
        handed = dict(zip(DATA, run(session, given), strict=True))
        frame = developed(graph.plan, frame)
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
