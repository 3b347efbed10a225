"""A resolved recipe says every setting as it was used, and gives the same picture again."""

import json
from pathlib import Path

import pytest
import torch

from apps.developing import develop
from apps.presets import preset
from apps.recipe_files import read_recipe
from apps.recipes import Recipe, Step
from apps.resolved_recipe import resolve, resolved_record
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.pipeline import Tap
from isp.files.raw import read_raw


def developed(raw: Path, **choices: object) -> tuple[Frame, dict[str, dict[str, object]]]:
    used: dict[str, dict[str, object]] = {}

    def watch(tap: Tap) -> None:
        used[tap.name] = tap.frame.history[-1][1]

    return develop(raw, watch=watch, **choices), used


def test_defaults_are_written_out(steps_dng: Path) -> None:
    _, used = developed(steps_dng)

    recipe, _ = resolve(preset("srgb", Cfa.RGGB), used)

    settings = {s.name: s.settings for s in recipe.steps}
    assert settings["encode"] == {"space": "bt709", "transfer": "srgb", "white_cd_m2": 203.0}
    assert settings["colour_matrix"] == {"target": "bt2020"}
    assert settings["exposure"] == {"ev": 0.0, "baseline": True}
    assert settings["demosaic"] == {"toe": 0.001}


def test_words_become_the_values_that_were_used_and_are_kept_as_asked(steps_dng: Path) -> None:
    picture, used = developed(steps_dng, wb="grey_world", exposure="auto")
    written = preset("srgb", Cfa.RGGB).set("white_balance", gains="grey_world")
    written = written.set("exposure", ev="auto")

    recipe, asked = resolve(written, used)

    settings = {s.name: s.settings for s in recipe.steps}
    history = dict(picture.history)
    assert settings["white_balance"]["gains"] == history["white_balance"]["gains"][0]
    assert settings["exposure"]["ev"] == history["exposure"]["ev"][0]
    assert asked == {"white_balance": {"gains": "grey_world"}, "exposure": {"ev": "auto"}}


@pytest.mark.parametrize(
    "choices", [{}, {"wb": "grey_world", "exposure": "auto", "tone": "filmic"}], ids=str
)
def test_the_resolved_recipe_gives_the_same_picture_to_the_bit(
    steps_dng: Path, tmp_path: Path, choices: dict[str, object]
) -> None:
    from apps.chosen_recipe import Choices, recipe_for

    picture, used = developed(steps_dng, **choices)
    recipe = recipe_for(Cfa.RGGB, Choices(**choices))  # type: ignore[arg-type]
    record = resolved_record(recipe, used, source="steps.dng", picture=picture, automatic=[])
    (tmp_path / "r.recipe.json").write_text(json.dumps(record, allow_nan=False))

    again, said = developed(steps_dng, recipe=tmp_path / "r.recipe.json")

    assert torch.equal(again.data, picture.data)
    assert again.history == picture.history  # the word that was asked is still in it
    assert said["white_balance"]["method"] == choices.get("wb", "as_shot")
    assert record["about"]["camera"] == read_raw(steps_dng).need_profile().name
    assert read_recipe(tmp_path / "r.recipe.json").steps[2].settings["gains"] == list(
        used["white_balance"]["gains"][0]  # type: ignore[index]
    )


def test_a_batch_whose_images_differ_keeps_the_word() -> None:
    recipe = Recipe(steps=(Step(name="exposure", stage="exposure", settings={"ev": "auto"}),))

    apart, asked = resolve(recipe, {"exposure": {"ev": [1.0, 2.0]}})
    alike, _ = resolve(recipe, {"exposure": {"ev": [1.5, 1.5]}})

    assert (apart.steps[0].settings, asked) == ({"ev": "auto", "baseline": True}, {})
    assert alike.steps[0].settings == {"ev": 1.5, "baseline": True}


def test_bits_and_slots_stay_in_the_recipe() -> None:
    step = Step(name="encode", stage="encode", bits=8, headroom=1.0)
    recipe, _ = resolve(Recipe(steps=(step,), slots=("tone=x.py:f",)), {})

    assert recipe.slots == ("tone=x.py:f",)
    assert recipe.steps[0].bits == 8
    record = resolved_record(
        recipe,
        {},
        source="a.dng",
        picture=Frame.start(torch.zeros(1, 3, 1, 1), Domain.LINEAR),
        automatic=["x"],
    )
    assert record["slots"] == ["tone=x.py:f"]
    assert record["steps"][0]["bits"] == 8
    assert record["about"]["automatic"] == ["x"]
