"""fullwell develop: looks, bits of a stage, and the light that a gain map needs."""

import json
from pathlib import Path

import numpy as np
import pytest

from isp.core.lut import Lut
from isp.files.lut import write_lut
from tests.apps.conftest import Command
from tests.apps.samples import left_in, read_codes, refused


@pytest.fixture
def faded(tmp_path: Path) -> Path:
    """A curve that takes codes to 0.1 + 0.8 c, in a folder of its own."""
    (tmp_path / "looks").mkdir()
    path = tmp_path / "looks" / "faded.cube"
    write_lut(path, Lut(table=np.array([[0.1] * 3, [0.9] * 3], dtype=np.float32)))
    return path


@pytest.mark.parametrize("options", [(), ("--tone", "filmic"), ("--fast",)])
def test_a_look_is_applied_to_the_codes_after_tone_and_encode(
    fullwell: Command, tmp_path: Path, grey_dng: Path, faded: Path, options: tuple[str, ...]
) -> None:
    plain, looked = tmp_path / "plain.tif", tmp_path / "looked.tif"
    assert fullwell("develop", grey_dng, "-o", plain, *options).code == 0

    answer = fullwell("develop", grey_dng, "-o", looked, "--lut", faded, *options)

    assert (answer.code, answer.err) == (0, "")
    assert "encode -> look" in answer.out
    expected = 0.1 + 0.8 * read_codes(plain) / 65535
    # Half a code of each file, and float32.
    assert np.abs(read_codes(looked) / 65535 - expected).max() <= 1.0 / 65535


def test_a_look_that_cannot_be_had_or_has_no_place_is_refused(
    fullwell: Command, tmp_path: Path, grey_dng: Path, faded: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()

    none = fullwell("develop", grey_dng, "-o", out / "a.png", "--lut", tmp_path / "none.cube")
    light = fullwell("develop", grey_dng, "-o", out / "a.exr", "--lut", faded)

    refused(none, 3, "none.cube")
    refused(light, 2, "--lut is applied to a display's codes", "lut3d")
    assert left_in(out) == []


def test_a_saved_recipe_finds_its_look_from_any_folder_and_refuses_another(
    fullwell: Command, tmp_path: Path, grey_dng: Path, faded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, away = tmp_path / "out", tmp_path / "away"
    out.mkdir()
    away.mkdir()
    monkeypatch.chdir(faded.parent)
    options = ("--lut", faded.name, "--save-recipe")
    assert fullwell("develop", grey_dng, "-o", out / "a.png", *options).code == 0
    monkeypatch.chdir(away)
    recipe = ("--recipe", out / "a.recipe.json")

    again = fullwell("develop", grey_dng, "-o", away / "b.png", *recipe)
    write_lut(faded, Lut.identity(), force=True)
    changed = fullwell("develop", grey_dng, "-o", away / "c.png", *recipe)
    chosen = fullwell(
        "develop", grey_dng, "-o", away / "d.png", *recipe, "--set", f"look.file={faded}"
    )

    assert (again.code, again.err) == (0, "")
    assert (away / "b.png").read_bytes() == (out / "a.png").read_bytes()
    refused(changed, 3, "faded.cube", "its table is another one than the recipe was made with")
    assert (chosen.code, chosen.err) == (0, "")
    assert left_in(away) == ["b.png", "d.png"]


def test_a_tone_curve_on_light_says_the_way_out(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    answer = fullwell("develop", grey_dng, "-o", tmp_path / "a.avif", "--tone", "agx")

    refused(answer, 2, "its recipe has no tone curve", "--preset srgb")
    assert left_in(tmp_path) == []


def test_bits_of_any_stage_are_set_by_set_and_what_they_cut_is_said(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    """With 4 bits and no headroom the balanced highlights, up to 2.2, are cut."""
    answer = fullwell(
        "develop", steps_dng, "-o", tmp_path / "a.png", "--set", "white_balance.bits=4",
        "--dump", tmp_path / "frames", "--json",
    )  # fmt: skip

    assert (answer.code, answer.err) == (0, "")
    balanced = np.load(tmp_path / "frames" / "03_white_balance.npy")
    assert np.abs(balanced * 15 - np.rint(balanced * 15)).max() < 1e-5
    (report,) = json.loads(answer.out)
    (note,) = report["automatic"]
    assert note.startswith("white_balance in 4 bits cut ")
    assert note in report["summary"]
    step = next(s for s in report["recipe"]["steps"] if s["name"] == "white_balance")
    assert (step["bits"], step["headroom"]) == (4, 1.0)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("white_balance.bits=many", "white_balance.bits takes a whole number, not 'many'"),
        ("white_balance.bits=2.5", "takes a whole number, not 2.5"),
        ("white_balance.bits=17", "bits of white_balance are 1 to 16, not 17"),
        ("white_balance.headroom=wide", "white_balance.headroom takes a number, not 'wide'"),
    ],
)
def test_bits_that_are_no_bits_are_refused(
    fullwell: Command, tmp_path: Path, grey_dng: Path, setting: str, words: str
) -> None:
    refused(fullwell("develop", grey_dng, "-o", tmp_path / "a.png", "--set", setting), 2, words)
    assert left_in(tmp_path) == []


def test_a_gain_map_of_a_frame_behind_the_tone_curve_is_refused(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    """The light before the curve is gone from it, and a map of toned light would be no HDR."""
    frames = tmp_path / "frames"
    options = ("--tone", "filmic", "--dump", frames)
    assert fullwell("develop", grey_dng, "-o", tmp_path / "a.png", *options).code == 0
    (before,) = frames.glob("*_exposure.npy")
    (behind,) = frames.glob("*_tone.npy")
    gain_map = ("--hdr", "gain_map")

    late = fullwell("develop", "--from", behind, "-o", tmp_path / "b.jpg", *gain_map)
    early = fullwell("develop", "--from", before, "-o", tmp_path / "c.jpg", *gain_map)

    refused(late, 2, "light before the tone curve", "(tone)", "go on from an earlier frame")
    assert not (tmp_path / "b.jpg").exists()
    assert (early.code, early.err) == (0, "")


def test_a_camera_of_another_pattern_is_refused(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    answer = fullwell("develop", grey_dng, "-o", tmp_path / "a.png", "--camera", "EMVA-CCD")

    refused(answer, 2, "its pattern is RGGB, but the camera")
    assert left_in(tmp_path) == []
