"""An ONNX graph is a stage, if it takes one picture and gives one back."""

from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from onnx import TensorProto, helper

from apps.deploy.onnx_stage import OnnxStage
from apps.presets import presets
from apps.slots import slot_in
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FileError, FrameError
from isp.core.frame import Frame

LINEAR = (Domain.LINEAR, Domain.LINEAR)
FREE = ["b", "c", "h", "w"]


def graph(
    path: Path,
    nodes: list[Any],
    inputs: tuple[str, ...] = ("x",),
    outputs: tuple[str, ...] = ("y",),
    shape: list[Any] = FREE,
    kind: int = TensorProto.FLOAT,
) -> Path:
    """Write a graph of the given nodes; `half` is a constant."""
    made = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info(name, kind, shape) for name in inputs],
        [helper.make_tensor_value_info(name, kind, None) for name in outputs],
        [helper.make_tensor("half", TensorProto.FLOAT, [], [0.5])],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, path)
    return path


def halving(path: Path, **how: Any) -> Path:
    return graph(path, [helper.make_node("Mul", ["x", "half"], ["y"])], **how)


def light(value: float = 1.0, height: int = 5, width: int = 7) -> Frame:
    return Frame.start(torch.full((2, 3, height, width), value), Domain.LINEAR)


def test_the_graph_runs_on_every_image_of_the_batch(tmp_path: Path) -> None:
    stage = OnnxStage(halving(tmp_path / "halve.onnx"), LINEAR)
    values = torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(2))

    developed = stage.develop(Frame.start(values, Domain.LINEAR))

    assert torch.equal(developed.data, values / 2)
    assert developed.history[-1][0] == "halve"


def test_a_learned_stage_leaves_the_masks(tmp_path: Path) -> None:
    stage = OnnxStage(halving(tmp_path / "halve.onnx"), LINEAR)
    clipped = torch.zeros(2, 1, 5, 7, dtype=torch.bool)
    clipped[0, 0, 2, 3] = True

    developed = stage.develop(Frame.start(light().data, Domain.LINEAR, clipped=clipped))

    assert torch.equal(developed.clipped, clipped)
    assert torch.equal(developed.measured, ~clipped)


def test_a_graph_may_lead_from_one_domain_to_the_next(tmp_path: Path) -> None:
    thrice = helper.make_node("Concat", ["x", "x", "x"], ["y"], axis=1)
    path = graph(tmp_path / "demosaic.onnx", [thrice])

    pipeline = slot_in(presets("srgb", Cfa.RGGB), f"demosaic={path}", Cfa.RGGB)

    mosaic = Frame.start(torch.rand(1, 1, 4, 6), Domain.MOSAIC)
    developed = pipeline["demosaic"].develop(mosaic)
    assert developed.domain is Domain.CAMERA
    assert torch.equal(developed.data, mosaic.data.expand(1, 3, 4, 6))


def test_a_graph_is_named_after_its_file(tmp_path: Path) -> None:
    path = halving(tmp_path / "deep look.onnx")

    pipeline = slot_in(presets("srgb", Cfa.RGGB), f"after:exposure={path}", Cfa.RGGB)

    assert pipeline.names[pipeline.names.index("exposure") + 1] == "deep look"


def test_what_is_no_graph_is_refused_naming_the_file(tmp_path: Path) -> None:
    text = tmp_path / "text.onnx"
    text.write_text("not a graph")

    for path, reason in ((text, "cannot load it"), (tmp_path / "none.onnx", "no such file")):
        with pytest.raises(FileError, match=reason) as caught:
            OnnxStage(path, LINEAR)
        assert str(path) in str(caught.value)


def test_a_graph_of_two_inputs_or_outputs_is_no_stage(tmp_path: Path) -> None:
    add = helper.make_node("Add", ["x", "z"], ["y"])
    split = [helper.make_node("Mul", ["x", "half"], ["y"]), helper.make_node("Neg", ["x"], ["z"])]
    graphs = (
        graph(tmp_path / "two_in.onnx", [add], inputs=("x", "z")),
        graph(tmp_path / "two_out.onnx", split, outputs=("y", "z")),
    )

    for path in graphs:
        with pytest.raises(FileError, match="one input and one output"):
            OnnxStage(path, LINEAR)


def test_a_picture_of_a_size_the_graph_does_not_take_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stage = OnnxStage(halving(tmp_path / "fixed.onnx", shape=[1, 3, 8, 8]), LINEAR)

    with pytest.raises(FrameError, match=r"fixed.onnx cannot take \(2, 3, 5, 7\)"):
        stage.develop(light())
    assert capfd.readouterr() == ("", "")


def test_a_result_of_another_size_is_refused_with_both(tmp_path: Path) -> None:
    pool = helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2])
    stage = OnnxStage(graph(tmp_path / "pool.onnx", [pool]), LINEAR)

    with pytest.raises(FrameError, match=r"must give \(2, 3, 5, 7\), but gave \(2, 3, 4, 6\)"):
        stage.develop(light())


def test_a_graph_that_gives_nan_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stage = OnnxStage(graph(tmp_path / "log.onnx", [helper.make_node("Log", ["x"], ["y"])]), LINEAR)

    assert bool(torch.isfinite(stage.develop(light(2.0)).data).all())
    assert capfd.readouterr().err == ""  # ONNX Runtime has an opinion on the unused constant
    with pytest.raises(FrameError, match=r"log\.onnx gave NaN or infinite values"):
        stage.develop(light(-1.0))
