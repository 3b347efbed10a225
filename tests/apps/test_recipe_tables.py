"""A recipe's table is found from the recipe's folder, and another one is not taken for it."""

import json
from pathlib import Path

import numpy as np
import pytest

from apps.recipe_files import read_recipe
from apps.recipe_tables import check_table, placed
from apps.recipes import Recipe, Step
from apps.resolved_recipe import resolve
from enhance.denoiser import ExposureDiffusion
from isp.core.cfa import Cfa
from isp.core.errors import FileError, UsageError
from isp.core.lut import Lut
from isp.files.lut import write_lut
from isp.stages.encode import Encode
from isp.stages.look import Look
from tests.stage_cases import NET


def a_cube(path: Path, top: float) -> str:
    write_lut(path, Lut(table=np.array([[0.0] * 3, [top] * 3], dtype=np.float32)), force=True)
    return str(path)


def a_recipe(folder: Path, **notes: object) -> Path:
    step = {"name": "look", "settings": {"file": "a.cube"}} | notes
    path = folder / "a.recipe.json"
    path.write_text(json.dumps({"format_version": 1, "steps": [step]}))
    return path


def test_a_table_is_found_beside_the_recipe_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_cube(tmp_path / "a.cube", 0.5)
    path = a_recipe(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    read_recipe(path).build(Cfa.RGGB)

    assert placed("look", {"file": "/b/a.cube"}, tmp_path) == {"file": "/b/a.cube"}
    assert placed("encode", {"file": "a.cube"}, tmp_path) == {"file": "a.cube"}
    assert placed("look", {"file": None}, tmp_path) == {"file": None}


def test_a_resolved_recipe_names_its_table_by_the_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = Recipe(steps=(Step(name="look", stage="look", settings={"file": "a.cube"}),))

    settled, _ = resolve(recipe, {})

    assert settled.steps[0].settings["file"] == str(tmp_path / "a.cube")


def test_a_table_that_changed_is_refused_unless_it_is_set_on_purpose(tmp_path: Path) -> None:
    file = a_cube(tmp_path / "a.cube", 0.5)
    recipe = read_recipe(
        a_recipe(tmp_path, used={"table_sha256": Look(file).settings()["table_sha256"]})
    )
    recipe.build(Cfa.RGGB)

    a_cube(tmp_path / "a.cube", 0.75)

    with pytest.raises(FileError, match=r"a\.cube: its table is another one than the recipe"):
        recipe.build(Cfa.RGGB)
    recipe.set("look", file=file).build(Cfa.RGGB)
    recipe.choose("look", "encode").build(Cfa.RGGB)


def test_a_hash_for_a_stage_without_a_table_is_refused() -> None:
    with pytest.raises(UsageError, match="encode, a stage that takes no table"):
        check_table(Encode(), "encode", None, "0" * 64)


def test_weights_that_changed_are_refused_unless_they_are_set_on_purpose(tmp_path: Path) -> None:
    step = {
        "name": "quiet", "stage": "exposure_diffusion", "settings": {"model": NET},
        "used": {"weights_sha256": "0" * 64},
    }  # fmt: skip
    path = tmp_path / "a.recipe.json"
    path.write_text(json.dumps({"format_version": 1, "steps": [step]}))
    recipe = read_recipe(path)

    with pytest.raises(FileError, match="its weights are others than the recipe was made with"):
        recipe.build(Cfa.RGGB)
    recipe.set("quiet", model=NET).build(Cfa.RGGB)
    step["used"] = ExposureDiffusion(Cfa.RGGB, NET).settings()
    path.write_text(json.dumps({"format_version": 1, "steps": [step]}))
    read_recipe(path).build(Cfa.RGGB)


def test_weights_are_found_beside_the_recipe_and_names_stay_names(tmp_path: Path) -> None:
    mine = placed("exposure_diffusion", {"model": "mine.safetensors"}, tmp_path)

    assert mine == {"model": str(tmp_path / "mine.safetensors")}
    assert placed("exposure_diffusion", {"model": "fw-1m"}, tmp_path) == {"model": "fw-1m"}
