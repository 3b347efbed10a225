"""A graph in memory is run whole, or as far as an output needs it."""

import numpy as np
import onnx
from onnx import TensorProto, helper

from apps.deploy.cpu_session import cpu_session, run


def model() -> onnx.ModelProto:
    """Twice = x + x; root = sqrt(x), which is no number below 0."""
    nodes = [
        helper.make_node("Add", ["x", "x"], ["twice"]),
        helper.make_node("Sqrt", ["x"], ["root"]),
    ]
    values = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, [2]) for n in ("x", "twice", "root")
    ]
    graph = helper.make_graph(nodes, "g", values[:1], values[1:])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def test_all_outputs_or_those_that_are_wanted_come_back() -> None:
    x = np.array([4.0, 9.0], np.float32)
    given = {"x": x, "nobody takes this": x}

    for optimised in (True, False):
        session = cpu_session(model(), optimised=optimised, threads=1)
        assert [a.tolist() for a in run(session, given)] == [[8.0, 18.0], [2.0, 3.0]]
        assert [a.tolist() for a in run(session, given, ["root"])] == [[2.0, 3.0]]


def test_the_session_has_the_threads_that_it_was_given() -> None:
    assert cpu_session(model(), threads=1).get_session_options().intra_op_num_threads == 1
