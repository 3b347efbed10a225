"""fullwell diff: exit codes, words, JSON and page."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer

from apps.cli.diff import TOLERANCE, window
from apps.diff import diffing
from tests.apps.conftest import Command
from tests.apps.samples import refused


def test_equal_developments_give_zero_and_others_one(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    recipe = tmp_path / "r.json"
    steps = ["black_level", "defects", "white_balance", "highlights"]
    recipe.write_text(json.dumps({"format_version": 1, "steps": [
        *({"name": n} for n in steps), {"name": "demosaic", "stage": "bilinear"},
    ]}))  # fmt: skip

    alike = fullwell("diff", "srgb", "hdr_linear", steps_dng)
    apart = fullwell("diff", "srgb", recipe, steps_dng)
    allowed = fullwell("diff", "srgb", recipe, steps_dng, "--tolerance", "5")

    assert (alike.code, alike.err) == (0, "")
    assert "alike within 1e-06 of the range at every common stage" in alike.out
    assert apart.code == 1
    assert "the first stage that departs is demosaic" in apart.out
    assert allowed.code == 0


def test_json_says_where_and_how_far(fullwell: Command, tmp_path: Path, steps_dng: Path) -> None:
    answer = fullwell(
        "diff", "srgb", "hdr_linear", steps_dng, "--json", "--roi", "0,0,8,4", "-o",
        tmp_path / "page.html",
    )  # fmt: skip

    assert (answer.code, answer.err) == (0, "")
    (found,) = json.loads(answer.out)
    assert (found["first"], found["departs_at"]) == ("srgb", None)
    assert found["stops"][0]["everywhere"]["max_abs"] == 0.0
    assert "data:image/png" in (tmp_path / "page.html").read_text()


def test_another_programs_frame_is_compared_through_a_map(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    fullwell("develop", steps_dng, "-o", tmp_path / "a.png", "--dump", tmp_path / "ours")
    ours = np.load(tmp_path / "ours" / "01_black_level.npy")[0, 0]
    np.save(tmp_path / "theirs.npy", np.rint(ours * 4095).astype(np.int16))
    names = tmp_path / "theirs.toml"
    names.write_text(
        'format_version = 1\n[[frames]]\nname = "blc"\nfile = "theirs.npy"\n'
        'domain = "MOSAIC"\nscale = 4095\n[[frames]]\nname = "black_level"\n'
        'file = "theirs.npy"\ndomain = "MOSAIC"\nscale = 4095\n'
    )

    rounded = fullwell("diff", tmp_path / "ours", names, "--tolerance", 0.51 / 4095)
    strict = fullwell("diff", tmp_path / "ours", names, "--tolerance", 0.49 / 4095)

    assert (rounded.code, strict.code) == (0, 1), strict.out
    assert "departs is black_level" in strict.out


def test_mistakes_are_told_with_their_codes(fullwell: Command, steps_dng: Path) -> None:
    refused(fullwell("diff", "srgb", "hdr_linear"), 2, "name a raw file too")
    refused(fullwell("diff", "srgb", "vivid", steps_dng), 2, "vivid is no preset")
    refused(fullwell("diff", "srgb", "srgb", "none.dng"), 3, "none.dng")
    refused(fullwell("diff", "srgb", "srgb", steps_dng, "--roi", "1,2"), 2, "X,Y,W,H")
    refused(fullwell("diff", "srgb", "srgb", steps_dng, "--roi", "0,0,999,9"), 2, "is not inside")


def test_json_names_every_raw_file_where_none_can_be_read(
    fullwell: Command, tmp_path: Path
) -> None:
    raws = [tmp_path / "a.dng", tmp_path / "b.dng"]
    for raw in raws:
        raw.write_bytes(b"no raw file")

    answer = fullwell("diff", "srgb", "srgb", *raws, "--json")

    assert answer.code == 3
    assert [c["raw"] for c in json.loads(answer.out)] == [str(raw) for raw in raws]
    assert all(f"error: {raw}" in answer.err for raw in raws)


def test_the_command_and_the_library_agree_on_the_tolerance() -> None:
    assert diffing.TOLERANCE == TOLERANCE
    assert window("1,2,3,4") == (1, 2, 3, 4)
    with pytest.raises(typer.BadParameter):
        window("1,2,x,4")


def test_one_bad_raw_file_does_not_stop_the_others(
    fullwell: Command, tmp_path: Path, steps_dng: Path
) -> None:
    bad = tmp_path / "bad.dng"
    bad.write_bytes(b"no raw at all")
    page = tmp_path / "page.html"

    answer = fullwell("diff", "srgb", "hdr_linear", bad, steps_dng, "--json", "-o", page)
    words = fullwell("diff", "srgb", "hdr_linear", bad, steps_dng)
    alone = fullwell("diff", "srgb", "hdr_linear", bad, bad)

    first, second = json.loads(answer.out)
    assert (answer.code, words.code, alone.code) == (3, 3, 3)
    assert (first["raw"], second["raw"]) == (str(bad), str(steps_dng))
    assert first["error"].startswith(f"{bad}: ")
    assert (second["error"], second["departs_at"]) == (None, None)
    assert words.err == f"error: {first['error']}\n"
    assert words.out.count("alike within") == 1
    assert "not compared: bad.dng: " in page.read_text()
    assert str(tmp_path) not in page.read_text()
