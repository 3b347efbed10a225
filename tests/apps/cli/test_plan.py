"""fullwell plan: exit codes, the table, targets in any number."""

import json
from pathlib import Path

import pytest

from apps.bench.latency.step_records import step_records
from apps.presets import presets
from isp.core.cfa import Cfa
from tests.apps.bench.latency.result_files import written
from tests.apps.bench.planning.target_files import row
from tests.apps.conftest import Command


@pytest.fixture
def targets(tmp_path: Path) -> list[Path]:
    """srgb_fast as a whole, 20 ms a megapixel, a file a size."""
    steps = step_records(presets("srgb_fast", Cfa.RGGB))
    return [
        written(tmp_path / f"{mp}.json",
                row(["encode"], 20.0 * mp, (1000, 1000 * mp), stage="whole", steps=steps))
        for mp in (1, 2)
    ]  # fmt: skip


def test_what_fits_exits_0_and_is_listed(fullwell: Command, targets: list[Path]) -> None:
    answer = fullwell("plan", "--budget", "50ms", "--memory", "2GB", "--target", *targets,
                      "--recipe", "srgb", "--size", "1000x2000")  # fmt: skip

    assert answer.code == 0
    assert "demosaic malvar2004" in answer.out
    assert "docs/demosaic.md" in answer.out
    assert "note: no target was timed long enough for a p99" in answer.err


def test_nothing_that_fits_exits_1_and_names_the_nearest(
    fullwell: Command, tmp_path: Path, targets: list[Path]
) -> None:
    path = tmp_path / "plan.json"

    answer = fullwell("plan", "--budget", "33ms", "--target", targets[0], targets[1],
                      "--size", "1000x2000", "--json", path, "--quiet")  # fmt: skip

    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("error: nothing fits 33 ms; the nearest is no exposure_diffusion")
    assert json.loads(path.read_text())["nearest_miss"] is not None


@pytest.mark.parametrize("content", ["no JSON", "{}", '{"format": "fullwell-latency"}'])
def test_a_target_that_cannot_be_read_exits_3_and_is_named(
    fullwell: Command, tmp_path: Path, content: str
) -> None:
    target = tmp_path / "target.json"
    target.write_text(content)

    answer = fullwell("plan", "--budget", "33ms", "--target", target)

    assert answer.code == 3
    assert "target.json: " in answer.err


@pytest.mark.parametrize(
    "words", [("--budget", "33"), ("--budget", "33ms", "--memory", "2gb"), ("--memory", "2GB"),
              ("--budget", "33ms", "--recipe", "fast")]
)  # fmt: skip
def test_words_that_cannot_be_read_exit_2(
    fullwell: Command, targets: list[Path], words: tuple[str, ...]
) -> None:
    assert fullwell("plan", *words, "--target", targets[0]).code == 2


def test_a_plan_without_a_target_is_a_matter_of_usage(fullwell: Command) -> None:
    assert fullwell("plan", "--budget", "33ms").code == 2
