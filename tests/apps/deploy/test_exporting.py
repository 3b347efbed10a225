"""An export ends in a proven bundle, or in nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from apps.deploy import tracing
from apps.deploy.example_frames import simulated_frames
from apps.deploy.export_request import ExportRequest
from apps.deploy.exporting import export
from apps.deploy.precision import LEAST_DB
from apps.deploy.runtime import Bundle
from isp.core.cfa import Cfa
from isp.core.errors import CheckError, StageError, UsageError
from isp.core.sensor import Defect
from isp.files.dng import write_dng
from isp.files.profile import load_profile, save_profile
from isp.stages.black_level import BlackLevel
from isp.stages.defects import Defects

TWO = ExportRequest(
    what=("black_level", "white_balance"), camera="SonyA7S2", iso=1600.0, staged=True
)


@pytest.mark.usefixtures("unchecked")
def test_a_graph_for_each_stage_and_the_chain_of_them_is_proven(tmp_path: Path) -> None:
    made = export(TWO, tmp_path / "b")

    assert [g["file"] for g in made["graphs"]] == ["00-black_level.onnx", "01-white_balance.onnx"]
    assert [g["stages"] for g in made["graphs"]] == [["black_level"], ["white_balance"]]
    assert {row["graph"] for row in made["parity"]} == {"black_level", "white_balance", "whole"}
    assert made["name"] == "black_level-white_balance"


@pytest.mark.usefixtures("unchecked")
def test_a_graph_that_is_not_what_torch_gives_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted fault: every constant of the graph a thousandth larger."""
    right = tracing.onnx_graph

    def wrong(*arguments: Any, **named: Any) -> Any:
        model = right(*arguments, **named)
        output = model.graph.output[0].name
        [last] = [n for n in model.graph.node if output in n.output]
        last.output[list(last.output).index(output)] = "before"
        factor = numpy_helper.from_array(np.float32(1.001), "factor")
        model.graph.initializer.append(factor)
        model.graph.node.append(onnx.helper.make_node("Mul", ["before", "factor"], [output]))
        return model

    monkeypatch.setattr(tracing, "onnx_graph", wrong)
    with pytest.raises(CheckError, match=r"black_level is 0\.001 of white"):
        export(TWO, tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("unchecked")
def test_the_defects_of_a_file_s_camera_are_told_where_the_sensor_has_them(
    tmp_path: Path,
) -> None:
    """Proven on windows of the file, whose defects lie elsewhere; run on whole frames."""
    defects = (Defect(row=60, column=70), Defect(row=200, column=250))
    profile = load_profile("SonyA7S2").with_fields(defects=defects)
    save_profile(profile, tmp_path / "cam.json")
    frame = simulated_frames(profile, 1600.0)(240, 300, 1)
    write_dng(tmp_path / "a.dng", frame)
    request = ExportRequest(
        what=("defects",), source=tmp_path / "a.dng", camera=str(tmp_path / "cam.json")
    )

    made = export(request, tmp_path / "b")

    assert made["defects"] == [[60, 70], [200, 250]]
    mosaic = BlackLevel(Cfa.RGGB).develop(frame)
    found = Bundle(tmp_path / "b").run(mosaic.data.numpy(), masks=True)
    assert np.array_equal(found.picture, Defects(Cfa.RGGB).develop(mosaic).data.numpy())
    assert found.measured is not None
    assert not found.measured[0, 0, 60, 70]


@pytest.mark.usefixtures("unchecked")
def test_less_precision_is_judged_as_a_whole_and_told_as_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = replace(TWO, what=("white_balance", "bilinear"), precision="fp16")

    made = export(request, tmp_path / "b")

    each = [graph["expected_error"]["psnr_db"] for graph in made["graphs"]]
    assert made["against_fp32"]["psnr_db"] < min(each)  # losses add up along the chain
    assert made["graphs"][0]["expected_error"]["against"] == "the fp32 graph"
    model = onnx.load(str(tmp_path / "b" / made["graphs"][0]["file"]))
    told = {entry.key: entry.value for entry in model.metadata_props}
    assert told["fullwell.expected_error"] == f"{each[0]:.1f} dB from the fp32 graph"
    monkeypatch.setitem(LEAST_DB, "fp16", made["against_fp32"]["psnr_db"] + 0.01)
    with pytest.raises(CheckError, match="the bundle as a whole in fp16"):
        export(replace(request, force=True), tmp_path / "b")


def test_what_cannot_become_a_graph_is_refused_before_any_work(tmp_path: Path) -> None:
    stages = ExportRequest(what=("rebuild_highlights",), camera="SonyA7S2", iso=1600.0)

    with pytest.raises(StageError, match="does not become a graph"):
        export(stages, tmp_path / "b")
    with pytest.raises(UsageError, match="precision is fp32"):
        export(ExportRequest(what=("srgb",), precision="fp8"), tmp_path / "b")
    assert list(tmp_path.iterdir()) == []
