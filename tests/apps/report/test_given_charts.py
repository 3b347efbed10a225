"""Other calibrations' files become charts, and files that are none are refused by name."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.report.chart import Chart
from apps.report.figures import INKS
from apps.report.given_charts import colour_chart, edge_chart, response_chart
from isp.core.errors import FileError

PATCH = {"delta_e_2000": 2.0, "delta_e_2000_after_matrix": None}
SUMMARY = {"mean": 2.0}
GIVEN: dict[str, tuple[Callable[[Path], Chart], dict[str, Any]]] = {
    "response": (
        response_chart,
        {"channels": ["RGB"], "exposure_of_code": [[0, 0.5, 1]], "low": [[0, 0.4, 1]],
         "high": [[0, 0.6, 1]]},
    ),
    "colour": (
        colour_chart,
        {"results": {"chart": {"patches": [PATCH] * 24, "delta_e_2000": SUMMARY,
                               "delta_e_2000_after_matrix": SUMMARY}}},
    ),
    "edge": (edge_chart, {"frequencies": [0, 0.25, 0.5], "sfr": [1, 0.6, 0.2], "mtf50": 0.3}),
}  # fmt: skip


@pytest.mark.parametrize("kind", GIVEN)
def test_a_file_becomes_a_chart_of_its_numbers(kind: str, tmp_path: Path) -> None:
    chart_of, record = GIVEN[kind]
    (tmp_path / "given.json").write_text(json.dumps(record))

    chart = chart_of(tmp_path / "given.json")

    first = np.asarray(chart.series[0].y).tolist()
    assert first == {"response": [0, 0.5, 1], "colour": [2.0] * 24, "edge": [1, 0.6, 0.2]}[kind]
    assert chart.figure().axes


def test_channels_of_a_response_are_drawn_in_their_colours(tmp_path: Path) -> None:
    curve = [[0, 0.5, 1]] * 3
    record = {"channels": ["R", "G", "B"], "exposure_of_code": curve, "low": curve, "high": curve}
    (tmp_path / "r.json").write_text(json.dumps(record))

    drawn = response_chart(tmp_path / "r.json").figure().axes[0].lines

    assert [line.get_color() for line in drawn] == [INKS[name] for name in "RGB"]


def test_a_patch_that_was_not_measured_leaves_a_gap(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps(GIVEN["colour"][1]))

    assert np.isnan(np.asarray(colour_chart(tmp_path / "c.json").series[1].y)).all()


@pytest.mark.parametrize("kind", GIVEN)
@pytest.mark.parametrize("text", ["{}", "[]", "no json", '{"sfr": 3, "frequencies": [1]}'])
def test_another_file_is_refused_by_name(kind: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(text)

    with pytest.raises(FileError, match=r"other\.json"):
        GIVEN[kind][0](tmp_path / "other.json")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.json: cannot read it"):
        edge_chart(tmp_path / "none.json")
