"""A plain graph is run by the runtime that was asked for, or by none."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from apps.bench.latency.graphs import graph_subject, onnx_session, openvino_session
from isp.core.errors import FileError, MissingError, UsageError

PICTURES = [np.full((1, 1, 4, 6), 0.25 * n, dtype=np.float32) for n in range(3)]


def graph(path: Path, *, size: tuple[int | str, int | str] = ("h", "w"), channels: int = 3) -> Path:
    """Y = g x + x, x a picture and g a number for each channel."""
    shape = ["b", channels, *size]
    made = helper.make_graph(
        [helper.make_node("Mul", ["x", "g"], ["gx"]), helper.make_node("Add", ["gx", "x"], ["y"])],
        "twice",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape),
         helper.make_tensor_value_info("g", TensorProto.FLOAT, ["k"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )  # fmt: skip
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.save(model, path)
    return path


def test_pictures_are_repeated_to_the_channels_and_numbers_are_ones(tmp_path: Path) -> None:
    path = graph(tmp_path / "twice.onnx")

    made = graph_subject(path, PICTURES, "cpu", "fp32", 1)

    assert (made.variant, made.provider, made.size) == ("onnx", "CPUExecutionProvider", (4, 6))
    for number in range(4):
        expected = np.full((1, 3, 4, 6), 0.5 * (number % 3), dtype=np.float32)
        np.testing.assert_array_equal(made.picture(made.work(number)), expected)
        assert made.reference is not None
        np.testing.assert_array_equal(made.reference(number), expected)
    assert made.bytes_moved == 4 * (2 * 3 * 4 * 6 + 1) + path.stat().st_size
    assert len(made.model_sha256 or "") == 64


def test_a_graph_of_one_size_takes_no_other(tmp_path: Path) -> None:
    path = graph(tmp_path / "fixed.onnx", size=(8, 6))

    with pytest.raises(FileError, match=r'fixed.onnx: its input "x" is 8x6, not 4x6; pass --size'):
        graph_subject(path, PICTURES, "cpu", "fp32", 1)


@pytest.mark.parametrize("provider", ["cuda", "tensorrt"])
def test_a_provider_that_is_not_there_is_named_and_nothing_runs(
    tmp_path: Path, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    path = graph(tmp_path / "twice.onnx")

    with pytest.raises(MissingError, match=rf"--provider {provider}: this onnxruntime has no "):
        onnx_session(path, provider, 1)


def test_openvino_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)

    with pytest.raises(MissingError, match=r"needs the library openvino; install fullwell\[open"):
        openvino_session(graph(tmp_path / "twice.onnx"), "fp32", 1)
    with pytest.raises(UsageError, match="fp32 or bf16 with OpenVINO, not int8"):
        openvino_session(graph(tmp_path / "twice.onnx", size=(4, 6)), "int8", 1)


@pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="openvino is not here")
def test_openvino_gives_the_same_picture(tmp_path: Path) -> None:
    made = graph_subject(graph(tmp_path / "twice.onnx"), PICTURES, "openvino", "fp32", 1)

    assert made.reference is not None
    np.testing.assert_allclose(made.picture(made.work(2)), made.reference(2), atol=1e-6)


def test_what_is_no_graph_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "odd.onnx"
    with pytest.raises(FileError, match=r"odd.onnx: no such file"):
        graph_subject(path, PICTURES, "cpu", "fp32", 1)
    path.write_bytes(b"no graph")
    with pytest.raises(FileError, match=r"odd.onnx: ONNX Runtime cannot load it"):
        graph_subject(path, PICTURES, "cpu", "fp32", 1)


def test_a_hint_of_precision_is_openvinos(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--precision bf16 is OpenVINO's"):
        graph_subject(graph(tmp_path / "twice.onnx"), PICTURES, "cpu", "bf16", 1)
