"""Cheaper forms of a recipe come in the order of quality that the docs print."""

import json
import re
from pathlib import Path

import pytest

from apps.bench.planning.alternatives import (
    DEMOSAICS,
    NETWORKS,
    alternatives,
    asked_recipe,
)
from apps.presets import preset
from apps.recipes import Step
from isp.core.cfa import Cfa
from isp.core.errors import UsageError

DOCS = Path(__file__).parents[4] / "docs"


def test_the_recipe_as_asked_comes_first_and_the_smallest_last() -> None:
    forms = alternatives(preset("lowlight", Cfa.RGGB), Cfa.RGGB)

    assert forms[0].changes == ()
    assert forms[1].changes == ("demosaic directional_mmse",)
    assert forms[-1].changes == ("no exposure_diffusion", "demosaic bilinear")
    assert len(forms) == len({f.changes for f in forms}) == 4 * 5


def test_a_form_says_the_stages_that_it_is_made_of() -> None:
    forms = {f.changes: f for f in alternatives(preset("lowlight", Cfa.RGGB), Cfa.RGGB)}

    smaller = dict(forms["exposure_diffusion fw-5k", "demosaic malvar2004"].steps)
    assert json.loads(smaller["exposure_diffusion"])["model"] == "fw-5k"
    assert "malvar2004" in smaller
    assert "exposure_diffusion" not in dict(forms[("no exposure_diffusion",)].steps)


def test_nothing_better_than_what_was_asked_for_is_offered() -> None:
    forms = alternatives(preset("srgb_fast", Cfa.RGGB), Cfa.RGGB)

    assert [f.changes for f in forms] == [(), ("demosaic bilinear",)]


def test_a_sharpening_may_be_left_out_and_white_balance_may_not() -> None:
    recipe = preset("srgb_fast", Cfa.RGGB).after("exposure", Step(name="sharp", stage="sharpen"))

    changes = [f.changes for f in alternatives(recipe, Cfa.RGGB)]

    assert changes == [
        (), ("no sharp",), ("demosaic bilinear",), ("demosaic bilinear", "no sharp"),
    ]  # fmt: skip


def test_the_margin_of_a_tile_is_that_of_all_stages_together() -> None:
    (fast, _) = alternatives(preset("srgb_fast", Cfa.RGGB), Cfa.RGGB)

    # defects 2, highlights 1, malvar2004 2; the pattern repeats every 2 pixels.
    assert (fast.halo, fast.step) == (5, 2)


def test_a_stage_that_takes_the_frame_whole_has_no_tiles() -> None:
    recipe = preset("srgb_fast", Cfa.RGGB).choose("tone", "durand2002")

    assert {f.halo for f in alternatives(recipe, Cfa.RGGB)} == {None}


def test_another_pattern_keeps_its_demosaic() -> None:
    forms = alternatives(preset("srgb", Cfa.XTRANS), Cfa.XTRANS)

    assert [f.changes for f in forms] == [()]


def test_demosaics_stand_in_the_order_of_the_page_that_is_named() -> None:
    page = (DOCS / "demosaic.md").read_text(encoding="utf-8")
    bayer = page.partition("## Bayer")[2]
    scores = [
        float(re.search(rf"^\| fullwell {name} \| ([\d.]+)", bayer, re.MULTILINE)[1])  # type: ignore[index]
        for name in DEMOSAICS
    ]

    assert scores == sorted(scores, reverse=True)


def test_networks_stand_in_the_order_of_the_page_that_is_named() -> None:
    page = (DOCS / "papers" / "exposure-diffusion.md").read_text(encoding="utf-8")
    scores = [
        float(re.search(rf"^\| {name} \| ([\d.]+) \|", page, re.MULTILINE)[1])  # type: ignore[index]
        for name in NETWORKS
    ]

    assert scores == sorted(scores, reverse=True)


def test_what_is_no_recipe_is_refused() -> None:
    with pytest.raises(UsageError, match=r'--recipe is srgb, .* not "fast"'):
        asked_recipe("fast", Cfa.RGGB)


def test_a_recipe_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('format_version = 1\n[[steps]]\nname = "black_level"\n')

    assert [s.stage for s in asked_recipe(str(path), Cfa.RGGB).steps] == ["black_level"]
