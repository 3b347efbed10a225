"""fullwell develop --stage: a user's own stage, from a module, a file, a graph or a program."""

import sys
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from tests.apps.conftest import Command
from tests.apps.samples import (
    left_in,
    refused,
)

MODULE = """
from isp.core.domain import Domain
from isp.core.stage import Stage


class Exposure(Stage):
    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def forward(self, linear):
        return 2 * linear


def double(array):
    return array * 2
"""


PROGRAM = "import sys, numpy as np\nnp.save(sys.argv[2], 2 * np.load(sys.argv[1]))\n"


def doubling_graph(path: Path) -> Path:
    made = helper.make_graph(
        [helper.make_node("Add", ["x", "x"], ["y"])],
        "double",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["b", "c", "h", "w"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["b", "c", "h", "w"])],
    )
    onnx.save(
        helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path
    )
    return path


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("doubling_stages:Exposure", "colour_matrix -> exposure -> tone"),
        ("exposure=doubling_stages:Exposure", "colour_matrix -> exposure -> tone"),
        ("exposure=doubling_stages:double", "colour_matrix -> exposure -> tone"),
        ("exposure=doubling_stages.py:double", "colour_matrix -> exposure -> tone"),
        ("before:exposure=doubling_stages:double", "colour_matrix -> double -> exposure -> tone"),
        ("after:exposure=doubling_stages:double", "exposure -> double -> tone"),
        ("after:exposure=doubling_stages:Exposure", "exposure -> after_exposure -> tone"),
        ("exposure={folder}/twice.onnx", "colour_matrix -> exposure -> tone"),
        ("after:exposure={folder}/twice.onnx", "exposure -> twice -> tone"),
        ("exposure=exec:{python} program.py {in} {out}", "colour_matrix -> exposure -> tone"),
        ("after:tone=exec:{python} program.py {in} {out}", "tone -> exec -> encode"),
    ],
)
def test_a_users_stage_does_what_one_stop_of_exposure_does(
    fullwell: Command, tmp_path: Path, grey_dng: Path, monkeypatch: pytest.MonkeyPatch, spec: str,
    names: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "doubling_stages.py").write_text(MODULE)
    (tmp_path / "program.py").write_text(PROGRAM)
    doubling_graph(tmp_path / "twice.onnx")
    filled = spec.replace("{folder}", str(tmp_path)).replace("{python}", sys.executable)

    answer = fullwell("develop", grey_dng, "-o", "mine.png", "--stage", filled)
    sys.modules.pop("doubling_stages", None)

    assert (answer.code, answer.err) == (0, "")
    assert names in answer.out
    fullwell("develop", grey_dng, "-o", "ours.png", "--exposure", "1")
    assert Path("mine.png").read_bytes() == Path("ours.png").read_bytes()


def test_several_stages_are_slotted_in_turn(
    fullwell: Command, tmp_path: Path, grey_dng: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    doubling_graph(tmp_path / "twice.onnx")

    answer = fullwell(
        "develop", grey_dng, "-o", "a.exr", "--stage", "after:exposure=twice.onnx",
        "--stage", "after:twice=exec:cp {in} {out}",
    )  # fmt: skip

    assert answer.code == 0, answer.err
    assert "exposure -> twice -> exec" in answer.out


@pytest.mark.parametrize(
    ("spec", "code", "reason"),
    [
        ("sharpen=a:f", 2, 'no stage is named "sharpen"; stages: black_level'),
        ("a", 2, "say where a goes"),
        ("exposure=a", 2, "module:Class, module:function, a .onnx or exec:"),
        ("exposure=nobody_has_this:f", 3, "cannot import nobody_has_this"),
        ("exposure=math:nothing", 3, "math has no nothing"),
        ("exposure=math:pi", 2, "neither a Stage class nor a function"),
        ("exposure=math:sqrt", 3, "math:sqrt failed: TypeError"),
        ("numpy:sqrt", 2, "say where numpy:sqrt goes"),
        ("collections:Counter", 2, "say where collections:Counter goes"),
        ("exposure=isp.stages.encode:Encode", 2, "exposure gives SDR, but tone after it takes"),
        ("exposure=none.onnx", 3, "none.onnx: no such file"),
        ("exposure=exec:cp {in}", 2, "needs a program with {in} and {out}"),
        ("exposure=exec:/none {in} {out}", 3, "cannot run /none"),
        ("exposure=exec:false {in} {out}", 3, "false ended with code 1"),
        ("exposure=exec:touch {in} {out}", 3, "touch wrote no readable .npy"),
        ("before:exposure", 2, "NAME=SPEC"),
    ],
)
def test_a_stage_that_does_not_fit_says_why_and_leaves_nothing(
    fullwell: Command, tmp_path: Path, grey_dng: Path, spec: str, code: int, reason: str
) -> None:
    answer = fullwell(
        "develop",
        grey_dng,
        "-o",
        tmp_path / "a.png",
        "--stage",
        spec,
        "--dump",
        tmp_path / "frames",
    )

    refused(answer, code, reason, str(grey_dng) if "onnx" not in spec else "none.onnx")
    assert left_in(tmp_path) == []
