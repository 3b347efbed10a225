"""Small bundles made by hand, graph by graph, for the tests of run.py."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from apps.deploy import runtime

GAINS = [2.0, 1.0, 1.5]
RAW: dict[str, Any] = {
    "pattern": [["R", "G"], ["G", "B"]],
    "bit_depth": 12,
    "black_level_dn": [64, 64, 64, 64],
    "white_level_dn": 4095,
    "saturation_limit_dn": 4000.0,
    "floor_dn": 0.0,
    "defects": [[3, 5], [900, 2]],
}
# A blur of 3 x 3 that no symmetry hides: every weight is another.
BLUR = (np.arange(1, 10, dtype=np.float32) / 45).reshape(1, 1, 3, 3)


def tensor(name: str, planes: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, planes, "h", "w"])


def value(name: str, shape: Sequence[int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, *shape])


def constant(name: str, array: Any, kind: Any = np.float32) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(array, dtype=kind), name)


def model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    constants: Sequence[onnx.TensorProto] = (),
    *,
    opset: int = 20,
    ir_version: int = 9,
) -> onnx.ModelProto:
    graph = helper.make_graph(list(nodes), "graph", list(inputs), list(outputs), list(constants))
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=ir_version)


def to_mosaic() -> onnx.ModelProto:
    """RAW to MOSAIC: black to 0, white to 1, defects to 0, blurred; masks spread by one."""
    spread = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Sub", ["data", "black"], ["dark"]),
        helper.make_node("Div", ["dark", "span"], ["unit"]),
        helper.make_node("Sub", ["one", "defects.defective"], ["sound"]),
        helper.make_node("Mul", ["unit", "sound"], ["mended"]),
        helper.make_node("Pad", ["mended", "around"], ["wide"], mode="reflect"),
        helper.make_node("Conv", ["wide", "blur"], ["picture"], kernel_shape=[3, 3]),
        helper.make_node("Sub", ["one", "measured"], ["lost"]),
        helper.make_node("MaxPool", ["lost"], ["lost_wide"], **spread),
        helper.make_node("Sub", ["one", "lost_wide"], ["measured_out"]),
        helper.make_node("MaxPool", ["clipped"], ["clipped_out"], **spread),
    ]
    inputs = [tensor(n, 1) for n in ("data", "measured", "clipped", "defects.defective")]
    outputs = [tensor(n, 1) for n in ("picture", "measured_out", "clipped_out")]
    constants = [
        constant("black", 64.0), constant("span", 4031.0), constant("one", 1.0),
        constant("around", [0, 0, 1, 1, 0, 0, 1, 1], np.int64), constant("blur", BLUR),
    ]  # fmt: skip
    return model(nodes, inputs, outputs, constants)


def to_sdr() -> onnx.ModelProto:
    """MOSAIC to SDR: three planes by gains, and brighter further down the frame, by the place."""
    nodes = [
        helper.make_node("Reshape", ["white_balance.gains", "column"], ["gains"]),
        helper.make_node("Mul", ["data", "gains"], ["balanced"]),
        # row / frame height: from the place and a running count of the rows
        helper.make_node("Shape", ["data"], ["shape"]),
        helper.make_node("Gather", ["shape", "two"], ["height"]),
        helper.make_node("Range", ["zero", "height", "step"], ["counted"]),
        helper.make_node("Cast", ["counted"], ["rows"], to=TensorProto.FLOAT),
        helper.make_node("Split", ["shade.place"], ["top", "left", "all", "across"], axis=1,
                         num_outputs=4),
        helper.make_node("Squeeze", ["top"], ["top_0"]),
        helper.make_node("Squeeze", ["all"], ["all_0"]),
        helper.make_node("Add", ["rows", "top_0"], ["in_frame"]),
        helper.make_node("Div", ["in_frame", "all_0"], ["share"]),
        helper.make_node("Reshape", ["share", "down"], ["ramp"]),
        helper.make_node("Add", ["balanced", "ramp"], ["picture"]),
    ]  # fmt: skip
    constants = [
        constant("column", [1, 3, 1, 1], np.int64), constant("two", 2, np.int64),
        constant("zero", 0, np.int64), constant("step", 1, np.int64),
        constant("down", [1, 1, -1, 1], np.int64),
    ]  # fmt: skip
    inputs = [tensor("data", 1), value("white_balance.gains", [3]), value("shade.place", [4])]
    return model(nodes, inputs, [tensor("picture", 3)], constants)


def stages(**changes: Any) -> list[dict[str, Any]]:
    """The manifest's graphs of the two."""
    first = {
        "file": "00-mosaic.onnx", "name": "mosaic", "stages": ["black_level", "blur"],
        "domain_in": "RAW", "domain_out": "MOSAIC", "halo": 1, "aligned": 2, "multiple": 1,
        "whole_frame": False,
        "inputs": [
            {"name": "data", "kind": "picture", "channels": 1},
            {"name": "measured", "kind": "mask", "channels": 1},
            {"name": "clipped", "kind": "mask", "channels": 1},
            {"name": "defects.defective", "kind": "defects"},
        ],
        "outputs": [
            {"name": n, "channels": 1} for n in ("picture", "measured_out", "clipped_out")
        ],
        "weights_sha256": None, "licence": "Apache-2.0", "expected_error": {},
    }  # fmt: skip
    second = {
        "file": "01-sdr.onnx", "name": "sdr", "stages": ["white_balance", "encode"],
        "domain_in": "MOSAIC", "domain_out": "SDR", "halo": 0, "aligned": 2, "multiple": 1,
        "whole_frame": False,
        "inputs": [
            {"name": "data", "kind": "picture", "channels": 1},
            {"name": "white_balance.gains", "kind": "value", "shape": [3], "default": GAINS},
            {"name": "shade.place", "kind": "place"},
        ],
        "outputs": [{"name": "picture", "channels": 3}],
        "weights_sha256": None, "licence": "Apache-2.0", "expected_error": {},
    }  # fmt: skip
    return [first | changes, second]


def manifest_of(files: dict[str, bytes], **changes: Any) -> dict[str, Any]:
    listed = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        for name, content in files.items()
    }
    return {
        "format": "fullwell-bundle", "format_version": 1, "name": "small",
        "made_by": {"fullwell": "0.1.0", "torch": "none", "opset": 20, "ir_version": 9},
        "precision": "fp32", "size": None, "domain_in": "RAW", "domain_out": "SDR",
        "files": listed, "raw": RAW, "graphs": stages(), "parity": [], "about": {},
    } | changes  # fmt: skip


def write_bundle(
    folder: Path, models: dict[str, onnx.ModelProto] | None = None, **changes: Any
) -> Path:
    """Write a bundle of these graphs, by default the two above; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    models = models or {"00-mosaic.onnx": to_mosaic(), "01-sdr.onnx": to_sdr()}
    files = {name: made.SerializeToString() for name, made in models.items()}
    files["run.py"] = Path(runtime.__file__).read_bytes()
    files["profile.json"] = b"{}\n"
    for name, content in files.items():
        (folder / name).write_bytes(content)
    save_manifest(folder, manifest_of(files, **changes))
    return folder


def save_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def load_manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found


def a_raw(height: int = 37, width: int = 46) -> NDArray[np.uint16]:
    """DN of every level, clipped ones at both ends, another at each photosite's neighbours."""
    count = np.arange(height * width, dtype=np.int64).reshape(height, width)
    dn = (count * 1103 + 7) % 3900 + 1
    dn[5, 9], dn[20, 30] = 4095, 0
    return dn.astype(np.uint16)


def by_hand(dn: NDArray[np.uint16], gains: Sequence[float] = GAINS) -> NDArray[np.float64]:
    """What the two graphs give, worked out in plain numpy: (3, h, w)."""
    unit = (dn.astype(np.float64) - 64) / 4031
    for row, column in RAW["defects"]:
        if row < dn.shape[0] and column < dn.shape[1]:
            unit[row, column] = 0.0
    wide = np.pad(unit, 1, mode="reflect")
    height, width = dn.shape
    parts = [
        BLUR[0, 0, y, x] * wide[y : y + height, x : x + width] for y in range(3) for x in range(3)
    ]
    ramp = np.arange(height)[:, None] / height
    return np.stack([sum(parts) * gain + ramp for gain in gains])
