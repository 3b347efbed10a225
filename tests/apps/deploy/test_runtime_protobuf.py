"""A graph's protobuf is read without the onnx package, and what may do harm is refused."""

import re

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from apps.deploy import runtime
from apps.deploy.runtime import RunError, inspect_model
from tests.apps.deploy.small_bundle import constant, model, tensor, to_mosaic, to_sdr


def relu(**changes: int) -> onnx.ModelProto:
    nodes = [helper.make_node("Relu", ["data"], ["picture"])]
    return model(nodes, [tensor("data", 1)], [tensor("picture", 1)], **changes)


def refusal(made: onnx.ModelProto | bytes) -> str:
    content = made if isinstance(made, bytes) else made.SerializeToString()
    with pytest.raises(RunError) as caught:
        inspect_model(content)
    return str(caught.value)


def test_it_counts_the_operators_that_onnx_counts() -> None:
    made = to_sdr()
    expected: dict[str, int] = {}
    for node in made.graph.node:
        expected[node.op_type] = expected.get(node.op_type, 0) + 1

    assert inspect_model(made.SerializeToString()).operators == expected


def test_it_knows_which_inputs_an_output_rests_on() -> None:
    reach = inspect_model(to_mosaic().SerializeToString())

    inputs = {"data", "measured", "clipped", "defects.defective"}
    assert reach.behind(["picture"]) & inputs == {"data", "defects.defective"}
    assert reach.behind(["measured_out"]) & inputs == {"measured"}


def test_a_branch_rests_on_what_it_takes_from_outside() -> None:
    branch = helper.make_graph(
        [helper.make_node("Neg", ["clipped"], ["turned"])], "branch", [], [tensor("turned", 1)]
    )
    node = helper.make_node("If", ["ask"], ["picture"], then_branch=branch, else_branch=branch)
    ask = helper.make_tensor_value_info("ask", TensorProto.BOOL, [])
    made = model([node], [ask, tensor("clipped", 1)], [tensor("picture", 1)])

    reach = inspect_model(made.SerializeToString())

    assert reach.behind(["picture"]) >= {"ask", "clipped"}
    assert reach.operators == {"If": 1, "Neg": 2}


@pytest.mark.parametrize(
    "operator",
    ["RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli",
     "Multinomial", "Loop", "Scan", "StringNormalizer", "ImageDecoder", "Dropout", "MadeUp"],
)  # fmt: skip
def test_an_operator_off_the_list_is_refused(operator: str) -> None:
    node = helper.make_node(operator, ["data"], ["picture"])

    said = refusal(model([node], [tensor("data", 1)], [tensor("picture", 1)]))

    assert said == f"it uses the operator {operator}, which is not on the allow-list"


def test_no_operator_that_draws_or_loops_is_on_the_list() -> None:
    pattern = re.compile("Random|Bernoulli|Multinomial|Dropout|Loop|Scan|String|Optional|Sequence")

    assert not [name for name in runtime.ALLOWED_OPERATORS if pattern.search(name)]


def test_every_operator_on_the_list_is_one_of_onnx() -> None:
    known = {schema.name for schema in onnx.defs.get_all_schemas_with_history()}

    assert known >= runtime.ALLOWED_OPERATORS


def test_an_operator_in_a_branch_is_seen() -> None:
    branch = helper.make_graph(
        [helper.make_node("RandomNormal", [], ["drawn"], shape=[1, 1, 4, 4])],
        "branch", [], [tensor("drawn", 1)],
    )  # fmt: skip
    node = helper.make_node("If", ["ask"], ["picture"], then_branch=branch, else_branch=branch)
    ask = helper.make_tensor_value_info("ask", TensorProto.BOOL, [])

    assert "RandomNormal" in refusal(model([node], [ask], [tensor("picture", 1)]))


def test_operators_of_another_domain_are_refused() -> None:
    node = helper.make_node("Relu", ["data"], ["picture"], domain="com.microsoft")
    foreign = model([node], [tensor("data", 1)], [tensor("picture", 1)])
    asked = relu()
    asked.opset_import.append(helper.make_opsetid("com.example", 1))

    assert 'an operator of the domain "com.microsoft"' in refusal(foreign)
    assert 'of the domain "com.example"' in refusal(asked)


def test_functions_of_its_own_are_refused() -> None:
    made = relu()
    made.functions.append(
        helper.make_function(
            "", "Relu", ["x"], ["y"], [helper.make_node("Neg", ["x"], ["y"])],
            [helper.make_opsetid("", 20)],
        )
    )  # fmt: skip

    assert "functions or training graphs" in refusal(made)


def outside(values: onnx.TensorProto) -> onnx.TensorProto:
    values.ClearField("raw_data")
    values.data_location = TensorProto.EXTERNAL
    entry = values.external_data.add()
    entry.key, entry.value = "location", "../../weights.bin"
    return values


def test_values_in_another_file_are_refused_wherever_they_hang() -> None:
    add = [helper.make_node("Add", ["data", "b"], ["picture"])]
    ends = [tensor("data", 1)], [tensor("picture", 1)]
    initializer = model(add, *ends, [outside(constant("b", [1.0, 2.0]))])
    held = outside(constant("b", [1.0, 2.0]))
    attribute = model([helper.make_node("Constant", [], ["b"], value=held), *add], *ends)
    location_only = model(add, *ends, [constant("b", [1.0])])
    location_only.graph.initializer[0].data_location = TensorProto.EXTERNAL
    sparse = model(add, *ends)
    values, places = outside(constant("b", [1.0])), constant("i", [0], np.int64)
    sparse.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [2]))

    for made in (initializer, attribute, location_only, sparse):
        assert "another file (external data)" in refusal(made)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"ir_version": 10}, "ir_version is [10], but 7 to 9"), ({"opset": 21}, "opset is 21"),
     ({"opset": 12}, "opset is 12, but 13 to 20")],
)  # fmt: skip
def test_versions_outside_the_limits_are_refused(changes: dict[str, int], reason: str) -> None:
    assert reason in refusal(relu(**changes))


def test_a_second_graph_behind_the_first_is_read_too() -> None:
    # Protobuf merges a message that comes twice, so ONNX Runtime would run both.
    node = helper.make_node("RandomNormal", [], ["picture"], shape=[1])
    hidden = onnx.ModelProto()
    hidden.graph.node.append(node)

    assert "RandomNormal" in refusal(relu().SerializeToString() + hidden.SerializeToString())


def test_an_operator_named_twice_is_refused_by_either_name() -> None:
    node = helper.make_node("Relu", ["data"], ["picture"]).SerializeToString()
    twice = node + b"\x22\x04Loop"  # field 4, four bytes
    graph = b"\x0a" + bytes([len(twice)]) + twice
    content = b"\x08\x09" + b"\x42\x04\x0a\x00\x10\x14" + b"\x3a" + bytes([len(graph)]) + graph

    assert onnx.load_from_string(content).graph.node[0].op_type == "Loop"
    assert "Loop" in refusal(content)


def test_graphs_nested_without_end_are_refused() -> None:
    branch = helper.make_graph([helper.make_node("Relu", ["a"], ["b"])], "g", [], [])
    for _ in range(20):
        branch = helper.make_graph(
            [helper.make_node("If", ["a"], ["b"], then_branch=branch)], "g", [], []
        )

    assert "deep" in refusal(model(branch.node, [], [tensor("b", 1)]))


@pytest.mark.parametrize("content", [b"", b"\x08", b"\x0b\x0c", b"\x3a\x7fgraph", b"\xff" * 30])
def test_bytes_that_are_no_model_are_refused(content: bytes) -> None:
    refusal(content)


@given(at=st.integers(0, 10_000), byte=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_model_is_read_or_refused_but_never_breaks(at: int, byte: int, cut: bool) -> None:
    content = bytearray(to_mosaic().SerializeToString())
    at %= len(content)
    content[at] = byte

    try:
        inspect_model(bytes(content[:at] if cut else content))
    except RunError:
        return


def test_the_stages_of_the_project_use_listed_operators_only() -> None:
    # Seen in the exported graphs of every stage (opset 20); a new one is a decision.
    seen = """
    Abs Add And ArgMax ArgMin Asinh AveragePool Cast Clip Concat ConstantOfShape Conv Div Einsum
    Equal Exp Expand Floor Gather GatherElements GatherND Greater GreaterOrEqual GridSample Identity
    Less LessOrEqual Log MatMul Max MaxPool Min Mod Mul Neg NonZero Not Or Pad Pow Range Reciprocal
    ReduceMax ReduceMean ReduceMin ReduceSum Relu Reshape Resize Round ScatterElements ScatterND
    Shape Sigmoid Sign Slice Split Sqrt Squeeze Sub Tanh Tile Transpose Unsqueeze Where
    """

    assert set(seen.split()) <= runtime.ALLOWED_OPERATORS
