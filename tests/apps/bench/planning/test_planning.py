"""A question in a user's words, its answer, and the file of it."""

import json
from pathlib import Path

import pytest

from apps.bench.latency.step_records import step_records
from apps.bench.planning.planning import Question, answer
from apps.presets import presets
from isp.core.cfa import Cfa
from isp.core.errors import FileError, OutputError, UsageError
from tests.apps.bench.latency.result_files import written
from tests.apps.bench.planning.target_files import row


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """srgb_fast as a whole: 20 ms a megapixel, and a p99 of 1.1 times that."""
    steps = step_records(presets("srgb_fast", Cfa.RGGB))
    rows = [
        row(["encode"], 20.0 * mp, (1000, 1000 * mp), stage="whole", steps=steps, p99_ms=22.0 * mp)
        for mp in (1, 2)
    ]
    return written(tmp_path / "target.json", *rows)


def test_a_plan_is_written_with_what_was_asked_and_where_its_order_comes_from(
    tmp_path: Path, target: Path
) -> None:
    path = tmp_path / "plan.json"
    question = Question(budget="0.05s", memory="2GB", targets=[target], size="1000x2000")

    answer(question, json_path=path)

    record = json.loads(path.read_text())
    (fits,) = record["fits"]
    assert (record["format"], record["budget_ms"], record["memory_bytes"]) == (
        "fullwell-plan", 50.0, 2e9,
    )  # fmt: skip
    assert record["targets"] == ["target.json"]
    assert "docs/demosaic.md" in record["order"]
    assert fits["changes"] == ["no exposure_diffusion", "demosaic malvar2004"]
    assert (fits["p50_ms"], fits["p99_ms"]) == pytest.approx((40, 44))
    assert record["nearest_miss"] is None
    assert str(tmp_path) not in path.read_text()


def test_the_nearest_miss_is_written_where_nothing_fits(tmp_path: Path, target: Path) -> None:
    path = tmp_path / "plan.json"

    answer(Question(budget="33ms", targets=[target], size="1000x2000"), json_path=path)

    record = json.loads(path.read_text())
    assert record["fits"] == []
    assert record["nearest_miss"]["p50_ms"] == pytest.approx(40)


def test_a_plan_is_for_one_size(target: Path) -> None:
    with pytest.raises(UsageError, match="a plan is for one --size"):
        answer(Question(budget="33ms", targets=[target], size="4K,1080p"))


def test_an_output_that_is_there_is_refused_before_any_target_is_read(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("mine")

    with pytest.raises(OutputError, match=r"plan.json"):
        answer(Question(budget="33ms", targets=[tmp_path / "none.json"]), json_path=path)
    assert path.read_text() == "mine"


def test_a_target_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none.json: cannot read it"):
        answer(Question(budget="33ms", targets=[tmp_path / "none.json"]))
