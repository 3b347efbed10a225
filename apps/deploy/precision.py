"""Graphs of less precision: half floats, and 8-bit integers for a network, held to a budget."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from apps.bench.metrics.delta_e import delta_e_2000, linear_from_srgb
from apps.deploy.cpu_session import Array, cpu_session, run
from apps.deploy.parity import decibels
from isp.core.errors import CheckError, StageError

LEAST_DB = {"fp16": 60.0, "int8": 40.0}  # against the fp32 graph
LARGEST_DELTA_E = 0.5  # mean CIEDE2000 of an SDR picture
# What half floats serve in a classical run. Not: powers and roots, which run out near black;
# quotients, sums of a picture; shapes and masks, which are no floats.
IN_HALF = ("Add", "Sub", "Mul", "Conv", "Einsum", "MatMul", "Min", "Max", "Abs", "Pad", "Slice")
MOST_MET = 1000.0  # of values on frames: another frame may have some times as much
LEAST_HALF, MOST_HALF = 6.2e-5, 65000.0  # magnitudes that half floats hold to three digits
NETWORK = ".net."  # in the names of weights: the part of a graph that was trained


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """How far a graph of less precision is from the fp32 graph, the worst of some frames."""

    psnr_db: float
    delta_e_2000_mean: float | None
    delta_e_2000_p95: float | None
    delta_e_2000_max: float | None


def half(model: Any, feeds: Sequence[Mapping[str, Array]]) -> Any:
    """The graph with its work in half floats, inputs and outputs in float32.

    Of a graph with a network the network alone: before it lie DN that half floats cannot hold,
    and roots and powers. Of another the nodes of `IN_HALF` that
    take no input of the graph and give no output.
    feeds: inputs of frames, which show how large values become.
    onnxruntime's own converter casts the inputs, DN too, to half floats and back.
    """
    import onnx

    copied = onnx.ModelProto()
    copied.CopyFrom(onnx.shape_inference.infer_shapes(model))
    graph = copied.graph
    region = set(network_nodes(model)) or _served(graph, largest_met(copied, feeds))
    types = {v.name: v.type.tensor_type.elem_type for v in (*graph.value_info, *graph.output)}
    types |= {v.name: v.type.tensor_type.elem_type for v in graph.input}
    types |= {i.name: i.data_type for i in graph.initializer}
    floats = {name for name, kind in types.items() if kind == onnx.TensorProto.FLOAT}
    weights = {i.name: i for i in graph.initializer}
    nodes, halves = [], set()
    for node in graph.node:
        inside = node.name in region
        to = onnx.TensorProto.FLOAT16 if inside else onnx.TensorProto.FLOAT
        for place, name in enumerate(node.input):
            # A tensor of the region is half there, and cast back where others take it.
            if name not in floats or (name in halves) == inside:
                continue
            cast = f"{name}.{'half' if inside else 'float'}"
            if cast not in types and name in weights:
                values = onnx.numpy_helper.to_array(weights[name]).astype(np.float16)
                graph.initializer.append(onnx.numpy_helper.from_array(values, cast))
            elif cast not in types:
                nodes.append(onnx.helper.make_node("Cast", [name], [cast], name=cast, to=to))
            types[cast] = to
            node.input[place] = cast
        nodes.append(node)
        if inside:
            halves |= {o for o in node.output if o in floats}
    for output in graph.output:
        if output.name in halves:
            raise StageError(
                f"{output.name} would be half a float: an output of the network itself"
            )
    kept = [onnx.NodeProto.FromString(n.SerializeToString()) for n in nodes]
    del graph.node[:]
    graph.node.extend(kept)
    taken = {name for node in kept for name in node.input}
    for weight in [i for i in graph.initializer if i.name not in taken]:
        graph.initializer.remove(weight)
    del graph.value_info[:]
    onnx.checker.check_model(copied)
    return copied


def _served(graph: Any, met: Mapping[str, float]) -> set[str]:
    """Nodes of a classical run that half floats serve.

    Not those with a constant that a half float cannot hold, which keeps a quotient from 0 / 0,
    and not those that met what is near the end of half floats: one over nearly nothing.
    """
    import onnx

    given = {value.name for value in graph.input}
    for weight in graph.initializer:
        if weight.data_type == onnx.TensorProto.FLOAT:
            sizes = np.abs(onnx.numpy_helper.to_array(weight))
            if ((sizes > 0) & (sizes < LEAST_HALF)).any() or (sizes > MOST_HALF).any():
                given.add(weight.name)
    last = {value.name for value in graph.output}
    return {
        n.name for n in graph.node
        if n.op_type in IN_HALF and not given & set(n.input) and not last & set(n.output)
        and all(met.get(name, 0.0) < MOST_MET for name in (*n.input, *n.output))
    }  # fmt: skip


def largest_met(model: Any, feeds: Sequence[Mapping[str, Array]]) -> dict[str, float]:
    """Largest magnitude of every float32 tensor of a graph, with its types inferred, on frames."""
    import onnx

    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    kinds = {v.name: v.type.tensor_type.elem_type for v in model.graph.value_info}
    names = [n for n, kind in kinds.items() if kind == onnx.TensorProto.FLOAT]
    known = {output.name for output in model.graph.output}
    for name in set(names) - known:
        kind = onnx.TensorProto.FLOAT
        watched.graph.output.append(onnx.helper.make_tensor_value_info(name, kind, None))
    session = cpu_session(watched)
    found: dict[str, float] = {}
    for feed in feeds:
        for name, value in zip(names, run(session, feed, names), strict=True):
            if value.size:
                found[name] = max(found.get(name, 0.0), float(np.abs(value).max()))
    return found


def as_on_a_gpu(model: Any) -> Any:
    """The graph with every half float really rounded to one, to measure what `half` loses.

    ONNX Runtime on a CPU has few operators for half floats: it works in float32 and leaves out
    the casts between, so that nothing is lost there. A copy behind each node keeps them in.
    """
    import onnx

    copied = onnx.ModelProto()
    copied.CopyFrom(onnx.shape_inference.infer_shapes(model))
    graph = copied.graph
    half_floats = {
        v.name for v in graph.value_info
        if v.type.tensor_type.elem_type == onnx.TensorProto.FLOAT16
    }  # fmt: skip
    nodes = []
    for node in graph.node:
        kept = onnx.NodeProto.FromString(node.SerializeToString())
        nodes.append(kept)
        for place, name in enumerate(kept.output):
            if name in half_floats:
                kept.output[place] = f"{name}.worked"
                nodes.append(onnx.helper.make_node("Identity", [f"{name}.worked"], [name]))
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.value_info[:]
    return copied


def quantised(model: Any, feeds: Sequence[Mapping[str, Array]]) -> Any:
    """The graph with its network's convolutions in int8 (QDQ), weights a scale for each channel.

    feeds: inputs of frames to calibrate ranges on.

    Raises StageError for a graph without a network.
    """
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

    wanted = [n.name for n in _network_convolutions(model)]
    if not wanted:
        raise StageError("int8 is for networks, and these stages have none; take fp32 or fp16")
    taken = {given.name for given in model.graph.input}

    class Frames(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
        def __init__(self) -> None:
            self.left: Iterator[dict[str, Array]] = iter(
                [{n: a for n, a in feed.items() if n in taken} for feed in feeds]
            )

        def get_next(self) -> dict[str, Array] | None:
            return next(self.left, None)

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "int8.onnx"
        copied = onnx.ModelProto()  # the tool moves large weights out of the model it is given
        copied.CopyFrom(model)
        quantize_static(
            copied, str(place), Frames(), quant_format=QuantFormat.QDQ, per_channel=True,
            nodes_to_quantize=wanted, op_types_to_quantize=["Conv"],
        )  # fmt: skip
        made = onnx.load(str(place))
    made.ir_version = model.ir_version
    return made


def network_nodes(model: Any) -> list[str]:
    """Names of the nodes of a graph's network: its convolutions, and what lies between them."""
    convolutions = {n.name for n in _network_convolutions(model)}
    made_by = {o: n for n in model.graph.node for o in n.output}
    below: set[str] = set()  # those that a convolution's output reaches; nodes come in order
    for node in model.graph.node:
        parents = {made_by[i].name for i in node.input if i in made_by}
        if node.name in convolutions or parents & below:
            below.add(node.name)
    above: set[str] = set()
    for node in reversed(model.graph.node):
        if node.name in convolutions or node.name in above:
            above.add(node.name)
            above |= {made_by[i].name for i in node.input if i in made_by}
    return [n.name for n in model.graph.node if n.name in below & above]


def loss(found: Sequence[Array], wanted: Sequence[Array], *, is_sdr: bool) -> Loss:
    """The worst over frames: pictures (1, c, h, w) of a graph against those of the fp32 graph."""
    psnr, colours = [], []
    for one, other in zip(found, wanted, strict=True):
        psnr.append(decibels(one, other))
        if is_sdr:
            pair = (linear_from_srgb(np.moveaxis(p[0].clip(0, 1), 0, -1)) for p in (one, other))
            colours.append(delta_e_2000(*pair))
    return Loss(
        psnr_db=min(psnr),
        delta_e_2000_mean=max(c.mean for c in colours) if is_sdr else None,
        delta_e_2000_p95=max(c.p95 for c in colours) if is_sdr else None,
        delta_e_2000_max=max(c.max for c in colours) if is_sdr else None,
    )


def check_budget(precision: str, graph: str, lost: Loss) -> None:
    """Refuse a graph that lost more than its budget.

    Raises CheckError with the figures.
    """
    least = LEAST_DB[precision]
    colours = lost.delta_e_2000_mean
    if lost.psnr_db >= least and (colours is None or colours <= LARGEST_DELTA_E):
        return
    said = f"{lost.psnr_db:.1f} dB (at least {least:g})"
    if colours is not None:
        said += f", mean CIEDE2000 {colours:.2f} (at most {LARGEST_DELTA_E:g})"
    raise CheckError(
        f"{graph} in {precision} is no longer the fp32 graph: {said}; nothing was written"
    )


def _network_convolutions(model: Any) -> list[Any]:
    weights = {i.name for i in model.graph.initializer if NETWORK in i.name}
    return [
        n for n in model.graph.node
        if n.op_type in ("Conv", "ConvTranspose") and any(i in weights for i in n.input)
    ]  # fmt: skip
