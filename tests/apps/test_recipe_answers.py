"""Values of a recipe that answer a word say so for their own input, and for no other."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from apps.batch import develop_file
from apps.chosen_recipe import Choices
from apps.developing import develop, pipeline_for
from apps.job import Job
from apps.recipe_output import as_recipe_says
from apps.recipes import Recipe, Step
from isp.core.cfa import Cfa
from isp.core.errors import UsageError
from isp.files.profile import save_profile
from isp.files.raw import read_raw
from isp.fused.plan import fuse

ANSWERED = Recipe(
    steps=(
        Step(
            name="white_balance", stage="white_balance",
            settings={"gains": (2.0, 1.0, 1.5)}, asked={"gains": "grey_world"},
        ),
        Step(
            name="exposure", stage="exposure",
            settings={"ev": 1.0, "baseline": True}, asked={"ev": "auto"},
        ),
    ),
    source="a.dng",
)  # fmt: skip
MODULE = """
from isp.core.domain import Domain
from isp.core.stage import Stage

class Darker(Stage):
    domain_in = domain_out = Domain.LINEAR
    def __init__(self, amount: float = 1.0) -> None:
        super().__init__()
        self.amount = amount
    def forward(self, linear):
        return linear * self.amount
"""


def resolved(raw: Path, folder: Path, job: Job, name: str = "first.png") -> tuple[Path, Any]:
    """The recipe of a run, in a file, and its values."""
    report = develop_file(job, raw, folder / name)
    assert report["exit_code"] == 0, report["error"]
    (folder / "r.json").write_text(json.dumps(report["recipe"], allow_nan=False))
    return folder / "r.json", report["recipe"]


def test_values_answer_for_the_input_that_they_were_found_for_alone() -> None:
    assert ANSWERED.applied_to("a.dng") == ANSWERED
    for other in ("b.dng", None):
        assert [step.asked for step in ANSWERED.applied_to(other).steps] == [{}, {}]
    assert not any(step.asked for step in Recipe(steps=ANSWERED.steps).applied_to(None).steps)


def test_another_value_answers_nothing_any_more() -> None:
    changed = ANSWERED.set("exposure", ev=2.0).set("white_balance", bits=8)

    assert [step.asked for step in changed.steps] == [{"gains": "grey_world"}, {}]
    assert ANSWERED.set("exposure", baseline=False).steps[1].asked == {"ev": "auto"}
    assert ANSWERED.choose("exposure", "sharpen").steps[1].asked == {}


def test_a_word_that_the_stage_does_not_know_is_refused() -> None:
    step = Step(name="exposure", stage="exposure", settings={"ev": 1.0}, asked={"ev": "moonlight"})

    with pytest.raises(UsageError, match='not "moonlight"'):
        Recipe(steps=(step,)).build(Cfa.RGGB)


@pytest.mark.parametrize(("name", "method"), [("steps.dng", "as_shot"), ("other.dng", "given")])
def test_the_history_of_another_file_says_given(
    steps_dng: Path, tmp_path: Path, name: str, method: str
) -> None:
    recipe, _ = resolved(steps_dng, tmp_path, Job(choices={"exposure": "auto"}))
    raw = Path(shutil.copy(steps_dng, tmp_path / name))

    again = develop(raw, recipe=recipe)

    history = dict(again.history)
    assert history["white_balance"]["method"] == method
    assert history["exposure"]["automatic"] is (method == "as_shot")


def test_a_replay_fuses_the_stages_that_the_first_run_fused(
    steps_dng: Path, tmp_path: Path
) -> None:
    asked: dict[str, Any] = {"exposure": "highlights", "fast": True}
    recipe, _ = resolved(steps_dng, tmp_path, Job(choices=asked))
    frame = read_raw(steps_dng)

    def runs(**choices: Any) -> tuple[str, ...]:
        return fuse(pipeline_for(frame, Choices(**choices))).names

    assert runs(recipe=recipe, origin="steps.dng") == runs(**asked)
    assert runs(recipe=recipe, origin="other.dng") == ("black_level..encode",)


def test_a_dump_s_recipe_answers_for_the_frames_of_the_dump(
    steps_dng: Path, tmp_path: Path
) -> None:
    job = Job(choices={"exposure": "auto"}, dump=tmp_path / "frames")
    develop_file(job, steps_dng, tmp_path / "first.exr")

    frame = tmp_path / "frames" / "01_black_level.npy"
    again = develop_file(Job(resume=True), frame, tmp_path / "second.exr")

    assert again["exit_code"] == 0, again["error"]
    assert again["recipe"]["about"]["input"] == "steps.dng"
    assert (tmp_path / "second.exr").read_bytes() == (tmp_path / "first.exr").read_bytes()


def test_the_camera_that_was_asked_for_is_asked_for_again(steps_dng: Path, tmp_path: Path) -> None:
    recipe, record = resolved(steps_dng, tmp_path, Job(camera="NikonD850"))

    job = Job(choices={"recipe": recipe})
    again = develop_file(job, steps_dng, tmp_path / "second.png")

    assert (record["camera"], again["recipe"]["camera"]) == ("NikonD850", "NikonD850")
    assert as_recipe_says(job, Path("x.jpg")).camera == "NikonD850"
    own = Job(choices={"recipe": recipe}, camera="SonyA7S2")
    assert as_recipe_says(own, Path("x.jpg")).camera == "SonyA7S2"
    dumped = Job(choices={"recipe": recipe}, resume=True)
    assert as_recipe_says(dumped, Path("x.jpg")).camera is None
    assert "camera" not in resolved(steps_dng, tmp_path, Job(force=True))[1]


def test_a_camera_s_file_is_named_so_that_it_is_found_from_any_folder(
    steps_dng: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_profile(read_raw(steps_dng).need_profile(), tmp_path / "mine.json")
    monkeypatch.chdir(tmp_path)

    _, record = resolved(steps_dng, tmp_path, Job(camera="mine.json"))

    assert record["camera"] == str(tmp_path / "mine.json")


def test_settings_of_a_user_s_stage_are_in_the_recipe_and_its_code_is_not(
    steps_dng: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(MODULE)
    slot = f"after:exposure={tmp_path}/mine.py:Darker"
    asked = {"slots": (slot,), "settings": (("Darker", "amount", 0.25), ("darker", "bits", 12))}
    recipe, record = resolved(steps_dng, tmp_path, Job(choices=asked))

    again = develop_file(
        Job(choices={"recipe": recipe, "slots": (slot,)}), steps_dng, tmp_path / "second.png"
    )
    other = {"recipe": recipe, "slots": (slot,), "settings": (("Darker", "amount", 0.5),)}
    brighter = develop_file(Job(choices=other), steps_dng, tmp_path / "third.png")
    alone = develop_file(Job(choices={"recipe": recipe}), steps_dng, tmp_path / "none.png")

    assert record["slot_settings"] == {"Darker": {"amount": 0.25}, "darker": {"bits": 12}}
    assert again["recipe"] == record
    pictures = [(tmp_path / f"{n}.png").read_bytes() for n in ("first", "second", "third")]
    assert pictures[0] == pictures[1] != pictures[2]
    assert brighter["recipe"]["slot_settings"]["Darker"] == {"amount": 0.5}
    assert "runs no code of its own" in alone["error"]


def test_settings_of_a_stage_that_no_slot_brings_are_refused(
    steps_dng: Path, tmp_path: Path
) -> None:
    record: dict[str, Any] = {"format_version": 2, "steps": [{"name": "black_level"}]}
    record["slot_settings"] = {"darker": {"amount": 0.5}}
    (tmp_path / "r.json").write_text(json.dumps(record))

    with pytest.raises(UsageError, match='no stage is named "darker"'):
        pipeline_for(read_raw(steps_dng), Choices(recipe=tmp_path / "r.json"))
