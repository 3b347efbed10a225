"""The schema of a recipe names the place of what it refuses."""

import pytest

from apps.recipe_model import recipe_of


def test_a_whole_recipe_passes_with_its_notes() -> None:
    model = recipe_of(
        {
            "format_version": 1,
            "about": {"camera": "any"},
            "slots": ["tone=mine.py:curve"],
            "steps": [
                {
                    "name": "exposure", "stage": "exposure", "settings": {"ev": 1}, "bits": 12,
                    "headroom": 4, "asked": {"ev": "auto"}, "used": {"ev": [1.0]},
                },
            ],
        }
    )  # fmt: skip

    (step,) = model.steps
    assert (step.bits, step.headroom, step.settings) == (12, 4.0, {"ev": 1})
    assert model.slots == ["tone=mine.py:curve"]


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "a b", "x" * 65, "a\n", "ä"])
def test_a_name_that_is_no_part_of_a_file_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"steps\.0\.name"):
        recipe_of({"format_version": 1, "steps": [{"name": name}]})


@pytest.mark.parametrize("values", [None, 1, "x", [], {}, {"steps": [{"name": "x"}]}])
def test_what_is_no_recipe_is_a_value_error_and_counts_its_troubles(values: object) -> None:
    with pytest.raises(ValueError, match=r"Input should be|Field required"):
        recipe_of(values)
    with pytest.raises(ValueError, match=r"\(and 1 more\)"):
        recipe_of({})
