"""A command line becomes a question, and outputs are refused before any time is spent."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apps.bench.latency import asking
from apps.bench.latency.asking import answer, asked_of
from apps.bench.latency.results import read_results
from apps.bench.latency.timing import Plan
from isp.core.errors import FileError, OutputError, UsageError
from tests.apps.bench.latency.test_benching import SOON


def question(**changes: Any) -> Any:
    plain: dict[str, Any] = {
        "target": "srgb_fast", "size": "24x36", "input": None, "variant": "eager", "frames": None,
        "quick": False, "cadence_fps": None, "in_flight": 2, "stage": "tone",
        "ceiling_bytes": 4096,
    }  # fmt: skip
    return asked_of(**(plain | changes))


def test_a_line_is_read_as_it_is_meant() -> None:
    asked = question(variant="eager, fused", frames=7, cadence_fps=30.0, in_flight=3)

    assert (asked.variants, asked.sizes) == (("eager", "fused"), ((24, 36),))
    assert asked.plan == Plan(frames=7, cadence_fps=30.0, in_flight=3)
    assert question(size=None).sizes == ((3000, 4000),)
    assert question(size=None, input=Path("a.dng")).sizes == ()
    with pytest.raises(UsageError, match="--quick is 64 frames"):
        question(frames=7, quick=True)


def test_a_budget_and_a_quick_look_do_not_go_together() -> None:
    with pytest.raises(UsageError, match="held to the p99, which takes 662 frames; leave --quick"):
        answer(question(quick=True), budget="33ms")


def test_the_file_that_is_written_is_read_back_and_a_budget_is_judged(tmp_path: Path) -> None:
    place, html = tmp_path / "a.json", tmp_path / "a.html"

    found = answer(replace(question(), plan=SOON), budget="1000s", json_path=place, html_path=html)

    assert read_results(place)["runs"][0]["stage"] == "tone"
    assert json.loads(place.read_text()) == found.result
    (reason,) = found.failed
    assert reason.startswith("tone, torch-eager, 24x36, closed: 3 frames tell no p99")
    assert reason in html.read_text()


def test_nothing_is_timed_for_an_output_or_a_budget_that_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "bench", lambda *_: pytest.fail("it was timed"))
    taken = tmp_path / "a.json"
    taken.write_text("mine")

    with pytest.raises(OutputError, match="exists already"):
        answer(question(), json_path=taken)
    with pytest.raises(FileError, match="it is not JSON"):
        answer(question(), budget=str(taken))
