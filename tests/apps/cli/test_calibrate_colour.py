"""fullwell calibrate colour: words, JSON, files, exit codes."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer

from apps.cli.calibrate_colour import points
from isp.files.profile import load_profile
from tests.apps.conftest import Command
from tests.apps.samples import refused
from tests.apps.test_colour_check import drawn_raw

CORNERS = ("--corners", "47.5,47.5,287.5,47.5,287.5,191.5,47.5,191.5")


def test_a_chart_within_the_limit_gives_zero_and_its_figures(
    fullwell: Command, tmp_path: Path
) -> None:
    raw = drawn_raw(tmp_path / "a.dng", 0.5)

    said = fullwell("calibrate", "colour", raw, "--check", *CORNERS, "-o", tmp_path / "a.html")
    asked = fullwell("calibrate", "colour", raw, "--check", *CORNERS, "--json")

    assert (said.code, said.err) == (0, "")
    assert said.out.count("ΔE00 mean") == 2
    assert "ColorChecker" in (tmp_path / "a.html").read_text()
    record = json.loads(asked.out)
    assert set(record["results"]) == {"as_shot", "chart"}
    assert len(record["results"]["chart"]["patches"]) == 24
    assert "not adapted" in record["conditions"]


def test_over_the_limit_is_one_and_says_so(fullwell: Command, tmp_path: Path) -> None:
    raw = drawn_raw(tmp_path / "a.dng", 0.5)

    answer = fullwell("calibrate", "colour", raw, "--check", *CORNERS, "--limit", "0.01")

    assert answer.code == 1
    assert "is over 0.01" in answer.err


def test_mistakes_are_told_with_their_codes(fullwell: Command, tmp_path: Path) -> None:
    raw = drawn_raw(tmp_path / "a.dng")
    verb = ("calibrate", "colour", raw)

    refused(fullwell("calibrate", "colour"), 2, "a chart is needed")
    refused(fullwell(*verb, raw, "--check"), 2, "--check takes one chart")
    refused(fullwell(*verb, "-o", tmp_path / "a.json"), 2, "pass --illuminant A,D65")
    refused(fullwell(*verb, "-o", tmp_path / "a.png", "--illuminant", "A"), 2, "written as .json")
    refused(
        fullwell(*verb, "-o", tmp_path / "a.json", "--illuminant", "A", "--method",
                 "root-polynomial-2"), 2, "a matrix that keeps white",
    )  # fmt: skip
    refused(fullwell(*verb, "--recipe", tmp_path / "r.json"), 2, "root-polynomial-2")
    refused(fullwell(*verb, raw, *CORNERS), 2, "once for each chart")
    refused(fullwell(*verb, *CORNERS, "--method", "best"), 2, "no colour fit")
    refused(fullwell(*verb, "--sensitivity", "a.csv"), 2, "takes no charts")
    refused(fullwell("calibrate", "colour", "--sensitivity", "none.csv", "--illuminant", "A"), 3,
            "none.csv")  # fmt: skip
    refused(fullwell(*verb, "--check", "--corners", "1,2,3"), 2, "eight numbers, got 3")
    refused(fullwell(*verb, "--check", "-o", "a.pdf"), 2, ".html or .png")
    refused(fullwell("calibrate", "colour", "none.dng", "--check"), 3, "none.dng")


def test_a_chart_gives_a_profile_and_its_figures(fullwell: Command, tmp_path: Path) -> None:
    raw, place = drawn_raw(tmp_path / "a.dng", 0.5), tmp_path / "mine.json"
    verb = ("calibrate", "colour", raw, *CORNERS, "--repeats", "2")

    said = fullwell(*verb, "--illuminant", "D65", "-o", place, "--name", "mine")
    again = fullwell(*verb, "--illuminant", "D65", "-o", place)
    asked = fullwell(*verb, "--json")

    assert (said.code, said.err) == (0, "")
    assert said.out.count("left out mean") == 5
    assert load_profile(place).name == "mine"
    assert load_profile(place).colour_matrices[0].forward is not None
    refused(again, 3, "mine.json")
    record = json.loads(asked.out)
    mean = record["charts"][0]["methods"]["delta-e"]["left_out_delta_e_2000"]["mean"]
    assert mean["low"] <= mean["value"] <= mean["high"]


def test_a_recipe_develops_with_the_charts_root_polynomial(
    fullwell: Command, tmp_path: Path
) -> None:
    raw, place = drawn_raw(tmp_path / "a.dng", 0.5), tmp_path / "r.json"
    made = fullwell("calibrate", "colour", raw, *CORNERS, "--repeats", "0", "--method",
                    "root-polynomial-2", "--recipe", place)  # fmt: skip

    developed = fullwell("develop", raw, "--recipe", place, "-o", tmp_path / "a.png")

    assert (made.code, developed.code) == (0, 0)
    assert (tmp_path / "a.png").exists()


def test_clipped_patches_are_complained_of_by_name(fullwell: Command, tmp_path: Path) -> None:
    raw = drawn_raw(tmp_path / "a.dng", 1.4)

    said = fullwell("calibrate", "colour", raw, *CORNERS, "--repeats", "0")

    assert said.code == 0
    assert "a.dng: clipped, and left out: " in said.err
    assert "white 9.5" in said.err


def test_points_are_read_in_pairs() -> None:
    assert np.array_equal(points("1,2,3,4,5,6,7,8"), [[1, 2], [3, 4], [5, 6], [7, 8]])
    with pytest.raises(typer.BadParameter, match="eight numbers"):
        points("a")
