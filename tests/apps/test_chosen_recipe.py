"""Choices make a recipe: each changes its own step, what does not exist is refused."""

from pathlib import Path

import pytest

from apps.chosen_recipe import Choices, recipe_for
from apps.presets import preset
from isp.core.cfa import Cfa
from isp.core.errors import UsageError


def steps_of(**choices: object) -> dict[str, tuple[str, dict[str, object]]]:
    recipe = recipe_for(Cfa.RGGB, Choices(**choices))  # type: ignore[arg-type]
    return {s.name: (s.stage, dict(s.settings)) for s in recipe.steps}


def test_no_choice_is_the_srgb_preset() -> None:
    assert recipe_for(Cfa.RGGB, Choices()) == preset("srgb", Cfa.RGGB)


def test_each_choice_changes_its_step_and_no_other() -> None:
    plain = steps_of()
    for choices, name, step in (
        ({"demosaic": "bilinear"}, "demosaic", ("bilinear", {})),
        ({"tone": "filmic"}, "tone", ("filmic", {})),
        ({"wb": "grey_world"}, "white_balance", ("white_balance", {"gains": "grey_world"})),
        ({"wb": (2.0, 1.0, 1.5)}, "white_balance", ("white_balance", {"gains": (2.0, 1.0, 1.5)})),
        ({"highlights": "rebuild"}, "highlights", ("rebuild_highlights", {})),
        ({"exposure": 1.5}, "exposure", ("exposure", {"ev": 1.5})),
        ({"exposure": "auto"}, "exposure", ("exposure", {"ev": "auto"})),
        ({"settings": [("encode", "space", "p3")]}, "encode", ("encode", {"space": "p3"})),
    ):
        assert steps_of(**choices) == plain | {name: step}


def test_a_setting_comes_after_the_choice_of_the_stage() -> None:
    steps = steps_of(tone="filmic", settings=[("tone", "white", 8)])

    assert steps["tone"] == ("filmic", {"white": 8})


def test_linear_ends_before_tone_and_as_codes_only_where_a_file_needs_them() -> None:
    assert list(steps_of(linear=True)) == [s.name for s in preset("hdr_linear", Cfa.RGGB).steps]
    assert steps_of(linear=True, codes=True)["encode"] == ("encode", {"transfer": "linear"})
    with pytest.raises(UsageError, match="leave --tone out"):
        steps_of(linear=True, tone="filmic")


def test_linear_keeps_what_a_preset_does_to_light() -> None:
    lowlight = steps_of(preset="lowlight", linear=True, codes=True)

    assert "exposure_diffusion" in lowlight
    assert "tone" not in lowlight
    assert steps_of(preset="srgb_fast", linear=True)["demosaic"][0] == "malvar2004"


def test_linear_cuts_a_recipe_of_the_users_after_the_colour_matrix(tmp_path: Path) -> None:
    place = tmp_path / "mine.json"
    place.write_text(preset("srgb", Cfa.RGGB).choose("demosaic", "bilinear").as_json())

    steps = steps_of(recipe=place, linear=True)

    assert list(steps)[-1] == "colour_matrix"
    assert steps["demosaic"] == ("bilinear", {})


def test_a_recipe_stands_in_place_of_the_preset_and_choices_change_it(tmp_path: Path) -> None:
    place = tmp_path / "mine.json"
    place.write_text(preset("srgb", Cfa.RGGB).without("tone").set("exposure", ev=3.0).as_json())

    assert "tone" not in steps_of(recipe=place)
    assert steps_of(recipe=place)["exposure"] == ("exposure", {"ev": 3.0})
    assert steps_of(recipe=place, exposure=-1.0)["exposure"] == ("exposure", {"ev": -1.0})


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ({"demosaic": "ahd"}, 'no demosaic is named "ahd"; known: bilinear, malvar2004'),
        ({"tone": "curve"}, 'no tone is named "curve"; known: none, reinhard2002, rein'),
        ({"highlights": "guess"}, 'highlights is named "guess"; known: cut, rebuild'),
        ({"preset": "film"}, 'no preset is named "film"'),
        ({"preset": "film", "linear": True}, 'no preset is named "film"'),
        ({"settings": [("sharpen", "amount", 1)]}, 'no stage is named "sharpen"'),
    ],
)
def test_a_choice_that_does_not_exist_is_refused(choices: dict[str, object], reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        steps_of(**choices)
    assert reason in str(caught.value)
