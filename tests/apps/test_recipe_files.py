"""A recipe's file is read as it was written, or refused naming the place that is wrong."""

import json
from pathlib import Path

import pytest
import torch

from apps.recipe_files import found_from, read_recipe
from apps.recipes import Recipe, Step
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FileError
from isp.core.frame import Frame

RECIPE = Recipe(
    steps=(
        Step(name="black_level", stage="black_level"),
        Step(name="demosaic", stage="bilinear"),
        Step(name="colour_matrix", stage="colour_matrix"),
        Step(name="exposure", stage="exposure", settings={"ev": 1.0}),
    )
)
TOML = """
format_version = 1
[[steps]]
name = "black_level"
[[steps]]
name = "demosaic"
stage = "bilinear"
[[steps]]
name = "colour_matrix"
settings = { target = "bt709" }
"""


def test_json_out_is_json_in(tmp_path: Path) -> None:
    place = tmp_path / "mine.json"
    place.write_text(RECIPE.as_json())

    assert read_recipe(place) == RECIPE


def test_a_toml_recipe_is_read_and_a_step_without_stage_is_its_name(tmp_path: Path) -> None:
    place = tmp_path / "mine.toml"
    place.write_text(TOML)

    assert read_recipe(place).steps == (
        Step(name="black_level", stage="black_level"),
        Step(name="demosaic", stage="bilinear"),
        Step(name="colour_matrix", stage="colour_matrix", settings={"target": "bt709"}),
    )


def test_lists_of_a_file_become_the_tuples_that_stages_take(tmp_path: Path) -> None:
    place = tmp_path / "wb.json"
    step = {"name": "white_balance", "settings": {"gains": [2.0, 1.0, 1.5]}}
    place.write_text(json.dumps({"format_version": 1, "steps": [step]}))

    pipeline = read_recipe(place).build(Cfa.RGGB)

    assert pipeline["white_balance"].gains == (2.0, 1.0, 1.5)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "not a readable recipe"),
        ("[]", "format_version and steps"),
        ('{"steps": []}', "format_version"),
        ('{"format_version": 1}', "steps"),
        ('{"format_version": 3, "steps": [{"name": "encode"}]}', "recipe format 3 is not 1 or 2"),
        ('{"format_version": 1, "steps": []}', "steps: List should have at least 1 item"),
        ('{"format_version": 1, "steps": "all"}', "steps: Input should be a valid list"),
        ('{"format_version": 1, "steps": [7]}', r"steps\.0: Input should be a valid dict"),
        ('{"format_version": 1, "steps": [{"name": 7}]}', r"steps\.0\.name: .* valid string"),
        ('{"format_version": 1, "steps": [{"name": ["x"]}]}', r"steps\.0\.name: "),
        ('{"format_version": 1, "steps": [{"name": "../x"}]}', r"steps\.0\.name: .* pattern"),
        ('{"format_version": 1, "steps": [{"name": "x", "settings": [1]}]}', r"0\.settings: "),
        ('{"format_version": 1, "steps": [{"name": "x", "bits": 0}]}', r"0\.bits: .*equal to 1"),
        ('{"format_version": 1, "steps": [{"name": "x", "bits": 17}]}', r"0\.bits: .*equal to 16"),
        ('{"format_version": 1, "steps": [{"name": "x", "bits": 8.5}]}', r"0\.bits: .*integer"),
        ('{"format_version": 1, "steps": [{"name": "x", "headroom": 2}]}', "bits is missing"),
        ('{"format_version": 1, "steps": [{"name": "x", "headroom": 0}]}', r"0\.headroom: "),
        ('{"format_version": 1, "steps": [{"name": "x", "gain": 2}]}', r"0\.gain: Extra inputs"),
        ('{"format_version": 1, "steps": [{"name": "x"}], "colour": 1}', "colour: Extra inputs"),
    ],
)
def test_a_broken_recipe_is_refused_naming_file_and_reason(
    tmp_path: Path, content: str, reason: str
) -> None:
    place = tmp_path / "broken.json"
    place.write_text(content)

    with pytest.raises(FileError, match=reason) as caught:
        read_recipe(place)
    assert str(place) in str(caught.value)


def test_bits_of_a_step_round_its_output_and_no_other(tmp_path: Path) -> None:
    place = tmp_path / "pipe.toml"
    place.write_text(
        TOML.replace('stage = "bilinear"', 'stage = "bilinear"\nbits = 2\nheadroom = 3')
    )
    recipe = read_recipe(place)
    pipeline = recipe.build(Cfa.RGGB)

    assert [(s.bits, s.headroom) for s in recipe.steps] == [(None, 1.0), (2, 3.0), (None, 1.0)]
    flat = Frame.start(torch.full((1, 1, 4, 4), 1.4), Domain.MOSAIC)
    codes = pipeline["demosaic"].develop(flat).data  # 0, 1, 2, 3
    assert torch.equal(codes, torch.ones(1, 3, 4, 4))
    assert read_recipe_again(recipe, tmp_path) == recipe


def read_recipe_again(recipe: Recipe, folder: Path) -> Recipe:
    (folder / "again.json").write_text(recipe.as_json())
    return read_recipe(folder / "again.json")


def test_a_recipe_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file"):
        read_recipe(tmp_path / "none.toml")


def test_what_a_run_was_asked_beside_its_steps_is_read(tmp_path: Path) -> None:
    place = tmp_path / "run.json"
    step = {"name": "exposure", "settings": {"ev": 1.5}, "asked": {"ev": "auto", "other": "auto"}}
    place.write_text(json.dumps({
        "format_version": 2, "steps": [step], "camera": "mine.json", "about": {"input": "a.dng"},
        "slots": ["after:exposure=m.py:Mine"], "slot_settings": {"mine": {"corner": [1, 2]}},
    }))  # fmt: skip

    recipe = read_recipe(place)

    assert recipe.steps[0].asked == {"ev": "auto"}  # a setting that is not there answers nothing
    assert (recipe.camera, recipe.source) == (str(tmp_path / "mine.json"), "a.dng")
    assert recipe.slot_settings == {"mine": {"corner": (1, 2)}}
    assert found_from(tmp_path, "NikonD850") == "NikonD850"


@pytest.mark.parametrize("said", [{"camera": "NikonD850"}, {"slot_settings": {}}])
def test_what_came_with_version_2_is_refused_before_it(
    tmp_path: Path, said: dict[str, object]
) -> None:
    place = tmp_path / "old.json"
    place.write_text(json.dumps({"format_version": 1, "steps": [{"name": "encode"}], **said}))

    with pytest.raises(FileError, match=f"{next(iter(said))} is said by .* format_version 2"):
        read_recipe(place)
