"""fullwell calibrate colour --check: words, JSON, exit codes."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer

from apps.cli.calibrate_colour import points
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

    refused(fullwell(*verb), 2, "pass --check")
    refused(fullwell(*verb, "--check", "--corners", "1,2,3"), 2, "eight numbers, got 3")
    refused(fullwell(*verb, "--check", "-o", "a.pdf"), 2, ".html or .png")
    refused(fullwell("calibrate", "colour", "none.dng", "--check"), 3, "none.dng")


def test_points_are_read_in_pairs() -> None:
    assert np.array_equal(points("1,2,3,4,5,6,7,8"), [[1, 2], [3, 4], [5, 6], [7, 8]])
    with pytest.raises(typer.BadParameter, match="eight numbers"):
        points("a")
