"""A planned run as an ONNX graph: exported, stripped of this machine, checked and labelled."""

import logging
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from apps.deploy.stage_graph import DATA, GraphInput, PlannedGraph
from isp.core.errors import MissingError, StageError

OPSET, IR_VERSION = 20, 9  # what ONNX Runtime 1.17 loads at most
OUTPUTS = ("picture", "measured_out", "clipped_out")
DRAWS = (
    "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli",
    "Multinomial",
)  # fmt: skip
EXAMPLES = 2  # images of the example: of one alone the exporter would take the batch for a constant


def onnx_graph(plan: PlannedGraph, *, static: bool, metadata: Mapping[str, str]) -> Any:
    """The graph of a run as an onnx.ModelProto, opset 20, which any ONNX Runtime since 1.17 loads.

    static: of the example frame's height and width and one image; else of any. metadata: written
    into the graph beside its opset.

    Raises MissingError without onnx and onnxscript, StageError for a graph that would draw, or a
    run that torch cannot export.
    """
    _need_exporter()
    data, measured, clipped, values = plan.tensors
    names = [*DATA, *(given.name for given in plan.inputs)]
    args: tuple[Any, ...] = (data, measured, clipped, values)
    if not static:
        args = tuple(_several(a) for a in args)
    shapes = None if static else _dynamic(plan.inputs)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of the exporter's own parts, which no user can mend
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        try:
            program = torch.onnx.export(
                plan.module, args, dynamo=True, opset_version=OPSET, dynamic_shapes=shapes,
                input_names=names, output_names=list(OUTPUTS), verbose=False,
            )  # fmt: skip
        except torch.onnx.OnnxExporterError as error:
            reason = str(error).strip().splitlines()[0]
            run = ", ".join(plan.module.names)
            raise StageError(f"torch cannot export {run}: {reason}") from error
    assert program is not None
    model = program.model_proto
    _clean(model, names)
    model.ir_version = IR_VERSION
    for key, value in {"fullwell.opset": str(OPSET), **metadata}.items():
        model.metadata_props.add(key=key, value=value)
    refuse_draws(model)
    return model


def _need_exporter() -> None:
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MissingError("export needs onnx and onnxscript; install fullwell[deploy]") from error


def _several(value: Tensor | Sequence[Tensor]) -> Any:
    if isinstance(value, Tensor):
        return value.repeat(EXAMPLES, *[1] * (value.ndim - 1))
    return [_several(tensor) for tensor in value]


def _dynamic(inputs: Sequence[GraphInput]) -> tuple[Any, ...]:
    any_size = torch.export.Dim.DYNAMIC
    picture = {0: any_size, 2: any_size, 3: any_size}
    values = [picture if given.kind == "defects" else {0: any_size} for given in inputs]
    return picture, picture, picture, values


def _clean(model: Any, names: Sequence[str]) -> None:
    """Take out what says where and from which source a graph was made, and unused inputs."""
    del model.metadata_props[:]
    model.doc_string = ""
    model.graph.doc_string = ""
    _strip(model.graph)
    for function in model.functions:
        function.doc_string = ""
        for node in function.node:
            _strip_node(node)
    taken = {name for node in model.graph.node for name in node.input}
    taken |= {output.name for output in model.graph.output}
    unused = [i for i in model.graph.input if i.name not in taken]
    for given in unused:  # a run that asks nothing of the masks
        model.graph.input.remove(given)
    assert {i.name for i in model.graph.input} <= set(names)


def _strip(graph: Any) -> None:
    del graph.metadata_props[:]
    for node in graph.node:
        _strip_node(node)
    for value in (*graph.value_info, *graph.input, *graph.output, *graph.initializer):
        value.doc_string = ""
        if hasattr(value, "metadata_props"):
            del value.metadata_props[:]


def _strip_node(node: Any) -> None:
    del node.metadata_props[:]
    node.doc_string = ""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            _strip(attribute.g)


def refuse_draws(model: Any) -> None:
    """Refuse a graph that would draw: randomness enters as an input.

    Raises StageError.
    """
    drawn = sorted({node.op_type for node in model.graph.node} & set(DRAWS))
    if drawn:
        raise StageError(f"a graph draws nothing itself, but this one has {', '.join(drawn)}")
