"""What a user names is timed as one result, and what cannot be had is refused before any work."""

from pathlib import Path
from typing import Any

import pytest
import torch

from apps.bench.latency import benching, stage_inputs
from apps.bench.latency.benching import bench, bench_together, set_threads
from apps.bench.latency.question import Asked
from apps.bench.latency.timing import Plan
from isp.core.errors import CheckError, MissingError, UsageError
from tests.apps.bench.latency.test_graphs import graph

SOON = Plan(frames=3, least_s=0.0, most_s=0.02)
SIZE = ((24, 36),)


def asked(target: str = "srgb_fast", **changes: Any) -> Asked:
    return Asked(
        **({"target": target, "sizes": SIZE, "plan": SOON, "ceiling_bytes": 4096} | changes)
    )


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Two stages that no compiled pass knows a part of."""
    path = tmp_path / "mine.toml"
    path.write_text(
        'format_version = 1\n[[steps]]\nname = "black_level"\n[[steps]]\nname = "white_balance"\n'
    )
    return path


def test_a_recipe_is_timed_stage_by_stage_and_whole(recipe: Path) -> None:
    result = bench(asked(str(recipe), variants=("eager",))).result

    rows = [(r["stage"], r["variant"], r["size"]) for r in result["runs"]]
    stages = ("whole", "black_level", "white_balance")
    assert rows == [(stage, "torch-eager", [24, 36]) for stage in stages]
    assert len({r["model_sha256"] for r in result["runs"]}) == 1
    assert (result["format"], result["format_version"]) == ("fullwell-latency", 1)
    assert result["environment"]["ceilings"]["copy_array_bytes"] == 4096
    assert sum("2 stages sum to" in note for note in result["notes"]) == 1


def test_where_the_stages_inputs_fill_the_memory_none_takes_turns(
    recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage_inputs, "free_bytes", lambda: 1000)

    result = bench(asked(str(recipe), variants=("eager",))).result

    assert [run["stage"] for run in result["runs"]] == ["whole", "black_level", "white_balance"]
    (note,) = [n for n in result["notes"] if "not in turns" in n]
    assert note.startswith("24x36: the stages' inputs do not fit into memory together")


def test_questions_that_are_asked_together_take_turns(
    recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[list[str]] = []
    turns = benching.take_turns

    def noted(runs: Any) -> None:
        taken.append([run.subject.label for run in runs])
        turns(runs)

    monkeypatch.setattr(benching, "take_turns", noted)
    whole = asked(str(recipe), variants=("eager",), stage="whole", sizes=((24, 36), (12, 24)))
    tone = asked(variants=("eager",), stage="tone")

    found = bench_together([whole, tone])

    labels = ["whole, torch-eager, 24x36", "whole, torch-eager, 12x24", "tone, torch-eager, 24x36"]
    assert taken == [labels]
    assert [[run["stage"] for run in each.result["runs"]] for each in found] == [
        ["whole", "whole"], ["tone"],
    ]  # fmt: skip


def test_a_graph_is_timed_on_raw_light(tmp_path: Path) -> None:
    (row,) = bench(asked(str(graph(tmp_path / "twice.onnx")))).result["runs"]

    assert (row["stage"], row["variant"], row["provider"]) == (
        "whole", "onnx", "CPUExecutionProvider",
    )  # fmt: skip
    assert row["parity"]["before"] <= 1


@pytest.mark.parametrize("when", ["begun", "ended"])
def test_what_fails_its_check_has_no_row_and_is_named(
    monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    def refuse(*_: Any) -> Any:
        raise CheckError("tone is 9 DN from the reference")

    monkeypatch.setattr(benching, when, refuse)

    found = bench(asked(variants=("eager",), stage="tone"))

    assert found.result["runs"] == []
    assert found.failed == ["tone is 9 DN from the reference"]
    assert found.result["notes"] == found.failed


@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated:DeprecationWarning")
def test_a_compiler_that_fails_is_noted_and_an_error_where_it_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(subject: Any, *_: Any) -> Any:
        if subject.variant == "torch-compile":
            raise RuntimeError("no C++ compiler was found\nlong story")
        raise CheckError("not timed here")

    monkeypatch.setattr(benching, "begun", fail)
    said = "tone, torch-compile, 24x36: .*no C\\+\\+ compiler was found\\)$"

    assert any(
        note == "tone, torch-compile, 24x36: not timed: torch.compile failed (no C++ compiler was "
        "found)"
        for note in bench(asked(stage="tone")).result["notes"]
    )
    with pytest.raises(MissingError, match=said):
        bench(asked(stage="tone", variants=("compile",)))


def test_simulated_frames_need_a_size() -> None:
    with pytest.raises(UsageError, match="--size says how large"):
        bench(asked(sizes=()))


def test_threads_are_set_and_told() -> None:
    before = torch.get_num_threads()
    try:
        assert set_threads(1) == torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)
    assert set_threads(None) == before
