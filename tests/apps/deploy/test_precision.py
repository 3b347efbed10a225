"""Less precision on a small graph whose losses can be worked out."""

from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from apps.deploy.precision import (
    Loss,
    as_on_a_gpu,
    check_budget,
    half,
    largest_met,
    loss,
    network_nodes,
    quantised,
)
from isp.core.errors import CheckError, StageError

SIZE = [1, 1, 16, 16]


def picture(seed: int = 1, scale: float = 1.0) -> np.ndarray:
    return (np.random.default_rng(seed).random(SIZE) * scale).astype(np.float32)


def with_network() -> Any:
    """Black 512 off, over 16000, a convolution, a ReLU, a convolution, times 2."""
    rng = np.random.default_rng(2)
    weights = {
        "black": np.float32(512), "span": np.float32(16000), "two": np.float32(2),
        "s.net.a.weight": rng.normal(size=(4, 1, 3, 3)).astype(np.float32) / 3,
        "s.net.b.weight": rng.normal(size=(1, 4, 3, 3)).astype(np.float32) / 6,
    }  # fmt: skip
    pads = {"pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Sub", ["data", "black"], ["dark"], name="sub"),
        helper.make_node("Div", ["dark", "span"], ["light"], name="div"),
        helper.make_node("Conv", ["light", "s.net.a.weight"], ["c"], name="a", **pads),
        helper.make_node("Relu", ["c"], ["r"], name="relu"),
        helper.make_node("Conv", ["r", "s.net.b.weight"], ["d"], name="b", **pads),
        helper.make_node("Mul", ["d", "two"], ["picture"], name="mul"),
    ]
    return model_of(nodes, weights)


def model_of(nodes: list[Any], weights: dict[str, Any]) -> Any:
    graph = helper.make_graph(
        nodes, "g",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, SIZE)],
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, SIZE)],
        [numpy_helper.from_array(np.asarray(v), n) for n, v in weights.items()],
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def ran(model: Any, data: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return np.asarray(session.run(None, {"data": data})[0])


def test_the_network_is_its_convolutions_and_what_lies_between() -> None:
    assert network_nodes(with_network()) == ["a", "relu", "b"]


def test_of_a_network_s_graph_only_the_network_is_in_half_floats() -> None:
    model, dn = with_network(), 512 + picture(scale=15000)

    made = half(model, [{"data": dn}])

    kinds = {i.name: i.data_type for i in made.graph.initializer}
    assert kinds["s.net.a.weight.half"] == TensorProto.FLOAT16
    assert kinds["black"] == TensorProto.FLOAT
    assert "s.net.a.weight" not in kinds
    onnx.checker.check_model(made)
    # DN of 14 bits do not survive half floats; black comes off before them.
    away = np.abs(ran(as_on_a_gpu(made), dn) - ran(model, dn))
    assert 1e-5 < away.max() < 5e-3


def test_losses_are_only_seen_where_every_half_float_is_rounded() -> None:
    model, dn = with_network(), 512 + picture(scale=15000)
    made = half(model, [{"data": dn}])

    rounded = np.abs(ran(as_on_a_gpu(made), dn) - ran(model, dn)).max()
    plain = np.abs(ran(made, dn) - ran(model, dn)).max()

    assert plain < rounded


def test_a_classical_run_keeps_what_is_large_or_divides_in_float32() -> None:
    weights = {"tiny": np.float32(1e-6), "one": np.float32(1.0)}
    nodes = [
        helper.make_node("Mul", ["data", "one"], ["a"], name="taken from the input"),
        helper.make_node("Add", ["a", "tiny"], ["b"], name="tiny constant"),
        helper.make_node("Div", ["one", "b"], ["c"], name="quotient"),
        helper.make_node("Mul", ["c", "one"], ["d"], name="large"),
        helper.make_node("Mul", ["a", "one"], ["e"], name="small"),
        helper.make_node("Mul", ["d", "e"], ["picture"], name="given out"),
    ]
    dark = picture()
    dark[0, 0, 0, 0] = 0.0  # 1 / 1e-6

    made = half(model_of(nodes, weights), [{"data": dark}])

    casts = {n.input[0] for n in made.graph.node if n.op_type == "Cast"}
    assert casts == {"a", "e"}  # into "small" and out of it
    assert np.isfinite(ran(as_on_a_gpu(made), dark)).all()


def test_the_largest_value_of_every_tensor_is_met() -> None:
    inferred = onnx.shape_inference.infer_shapes(with_network())

    met = largest_met(inferred, [{"data": picture(scale=100.0) + 16512}, {"data": 0 * picture()}])

    assert met["dark"] == pytest.approx(16100, rel=1e-3)
    assert met["light"] == pytest.approx(16100 / 16000, rel=1e-3)


def test_int8_of_the_network_is_near_and_has_a_scale_for_each_channel() -> None:
    model = with_network()
    frames = [{"data": 512 + picture(seed, 15000)} for seed in range(4)]

    before = model.SerializeToString()
    made = quantised(model, frames)

    assert model.SerializeToString() == before
    assert made.ir_version == 9
    scales = {i.name: i.dims for i in made.graph.initializer if "weight_scale" in i.name}
    assert [list(d) for d in scales.values()] == [[4], [1]]
    dn = 512 + picture(9, 15000)
    away = ran(made, dn) - ran(model, dn)
    assert 1e-4 < np.abs(away).max() < 0.2


def test_a_run_without_a_network_has_no_int8() -> None:
    node = helper.make_node("Relu", ["data"], ["picture"], name="relu")

    with pytest.raises(StageError, match="int8 is for networks"):
        quantised(model_of([node], {}), [])


def test_the_worst_frame_is_what_was_lost() -> None:
    one, other = np.full((2, 1, 3, 4, 4), 0.5, np.float32)

    found = loss([one + 0.01, other], [one, other], is_sdr=True)

    assert found.psnr_db == pytest.approx(40.0, abs=1e-3)
    assert found.delta_e_2000_mean is not None
    assert 0.5 < found.delta_e_2000_mean < 1.5


@pytest.mark.parametrize(
    ("precision", "psnr", "colours", "fine"),
    [("fp16", 60.0, 0.5, True), ("fp16", 59.9, 0.1, False), ("int8", 40.0, None, True),
     ("int8", 39.9, None, False), ("int8", 50.0, 0.51, False), ("fp16", float("nan"), None, False)],
)  # fmt: skip
def test_a_broken_budget_refuses(
    precision: str, psnr: float, colours: float | None, fine: bool
) -> None:
    lost = Loss(
        psnr_db=psnr, delta_e_2000_mean=colours, delta_e_2000_p95=colours, delta_e_2000_max=colours
    )
    if fine:
        check_budget(precision, "g", lost)
        return
    with pytest.raises(CheckError, match=f"g in {precision} is no longer the fp32 graph"):
        check_budget(precision, "g", lost)
