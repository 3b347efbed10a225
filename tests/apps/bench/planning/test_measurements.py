"""Measurements of one round come before those of the next, and what is there stays."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from apps.bench.latency.benching import Timed
from apps.bench.latency.question import Asked
from apps.bench.planning import measurements
from apps.bench.planning.measurements import MEASUREMENTS, measure
from apps.recipe_files import read_recipe

RESULTS = Path(__file__).parents[4] / "docs" / "dev" / "bench" / "planning"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """What is asked of `bench_together`, which times nothing here."""
    questions: list[Asked] = []

    def bench_together(asked: Sequence[Asked], advance: object) -> list[Timed]:
        questions.extend(asked)
        return [Timed(result={"target": each.target}, failed=[]) for each in asked]

    monkeypatch.setattr(measurements, "bench_together", bench_together)
    return questions


def test_rounds_are_made_in_turn(tmp_path: Path, asked: list[Asked]) -> None:
    made = [path.stem for path in measure(tmp_path, 2)]

    names = [m.name for m in MEASUREMENTS]
    assert made == [f"{name}-{number}" for number in (1, 2) for name in names]
    assert {question.threads for question in asked} == {1}


def test_a_result_that_is_there_is_not_made_again(tmp_path: Path, asked: list[Asked]) -> None:
    kept = tmp_path / f"{MEASUREMENTS[0].name}-1.json"
    kept.write_text("mine")

    assert len(list(measure(tmp_path, 1))) == len(asked) == len(MEASUREMENTS) - 1
    assert kept.read_text() == "mine"


def test_nothing_is_both_fitted_and_held_out(asked: list[Asked]) -> None:
    def keys(kind: str) -> set[tuple[Any, ...]]:
        chosen = (m for m in MEASUREMENTS if m.name.startswith(kind) and m.stage in (None, "whole"))
        return {
            (m.target, v, size) for m in chosen for v in m.variants for size in m.size.split(",")
        }

    assert not keys("fit") & keys("held")


def test_recipes_of_the_measurements_are_stored_beside_them() -> None:
    for target in {m.target for m in MEASUREMENTS if m.target.endswith(".toml")}:
        steps = {s.stage: s.settings for s in read_recipe(RESULTS / target).steps}
        assert steps["exposure_diffusion"] == {"model": "fw-5k"}
