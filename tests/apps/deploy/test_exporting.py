"""An export ends in a proven bundle, or in nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from apps.deploy import exporting
from apps.deploy.export_request import ExportRequest
from apps.deploy.exporting import export
from isp.core.errors import CheckError, StageError, UsageError

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
    right = exporting.onnx_graph

    def wrong(*arguments: Any, **named: Any) -> Any:
        model = right(*arguments, **named)
        output = model.graph.output[0].name
        [last] = [n for n in model.graph.node if output in n.output]
        last.output[list(last.output).index(output)] = "before"
        factor = numpy_helper.from_array(np.float32(1.001), "factor")
        model.graph.initializer.append(factor)
        model.graph.node.append(onnx.helper.make_node("Mul", ["before", "factor"], [output]))
        return model

    monkeypatch.setattr(exporting, "onnx_graph", wrong)
    with pytest.raises(CheckError, match=r"black_level is 0\.001 of white"):
        export(TWO, tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_become_a_graph_is_refused_before_any_work(tmp_path: Path) -> None:
    stages = ExportRequest(what=("rebuild_highlights",), camera="SonyA7S2", iso=1600.0)

    with pytest.raises(StageError, match="does not become a graph"):
        export(stages, tmp_path / "b")
    with pytest.raises(UsageError, match="precision is fp32"):
        export(ExportRequest(what=("srgb",), precision="fp8"), tmp_path / "b")
    assert list(tmp_path.iterdir()) == []
