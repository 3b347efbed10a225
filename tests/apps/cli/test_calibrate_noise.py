"""fullwell calibrate noise: profile and report, and refusals before any work."""

import json
from pathlib import Path

import pytest

from isp.files.profile import load_profile
from tests.apps.conftest import Command
from tests.apps.samples import refused
from tests.calibration.written_captures import HOT, OPTIONS, WEAK, write_captures


@pytest.mark.slow
def test_a_folder_becomes_a_profile_and_a_page(fullwell: Command, tmp_path: Path) -> None:
    write_captures(tmp_path / "captures")
    profile, page = tmp_path / "camera.json", tmp_path / "report.html"

    answer = fullwell(
        "calibrate", "noise", tmp_path / "captures", "-o", profile, "--report", page, "--defects",
        *OPTIONS, "--json",
    )  # fmt: skip

    assert (answer.code, answer.err) == (0, "")
    measured = json.loads(answer.out)["isos"]["100"]["system_gain_dn_per_e"]
    made = load_profile(profile)
    assert made.readings[0].system_gain_dn_per_e == measured["value"]
    assert [(d.row, d.column) for d in made.defects] == [HOT, WEAK]
    assert str(tmp_path) not in page.read_text("utf-8")


def test_a_report_of_another_ending_is_refused(fullwell: Command, tmp_path: Path) -> None:
    answer = fullwell("calibrate", "noise", tmp_path, "--report", tmp_path / "report.pdf")

    assert answer.code == 2
    assert ".html" in answer.err


def test_a_report_is_not_replaced_without_force(fullwell: Command, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("mine")

    answer = fullwell("calibrate", "noise", tmp_path, "--report", tmp_path / "report.html")

    assert answer.code == 3
    assert (tmp_path / "report.html").read_text() == "mine"


def test_other_calibrations_without_a_report_are_refused(fullwell: Command, tmp_path: Path) -> None:
    answer = fullwell("calibrate", "noise", tmp_path, "--response", tmp_path / "r.json")

    assert answer.code == 2
    assert "shown in a --report" in answer.err


def test_a_given_file_that_is_none_is_refused_before_any_work(
    fullwell: Command, tmp_path: Path
) -> None:
    (tmp_path / "edge.json").write_text("{}")

    answer = fullwell(
        "calibrate", "noise", tmp_path, "--report", tmp_path / "r.html",
        "--edge", tmp_path / "edge.json",
    )  # fmt: skip

    assert answer.code == 3
    assert "no response of a slanted edge" in answer.err


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("-o", "PLACE/camera.txt"), 2, "written as .json"),
        (("--from", "NoCamera"), 3, "NoCamera"),
        (("--pixel-pitch", "-1"), 2, "--pixel-pitch"),
        (("--quantum-efficiency", "2"), 2, "--quantum-efficiency"),
    ],
)
def test_what_makes_no_profile_is_refused_before_any_work(
    fullwell: Command, tmp_path: Path, options: tuple[str, ...], code: int, said: str
) -> None:
    given = [option.replace("PLACE", str(tmp_path)) for option in options]

    refused(fullwell("calibrate", "noise", tmp_path, *given), code, said)


def test_captures_that_state_no_iso_say_so(fullwell: Command, tmp_path: Path) -> None:
    session = ("simulate", "session", "--camera", "EMVA-CCD", "--levels", "8", "--stack", "16",
               "--size", "40x32", "-o", tmp_path / "s", "--emva")  # fmt: skip
    assert fullwell(*session).code == 0

    answer = fullwell("calibrate", "noise", tmp_path / "s", "-o", tmp_path / "camera.json")

    assert answer.out.splitlines()[0] == "ISO 100 (none stated)"
    assert "No scene can be simulated without pixel_pitch_um: --pixel-pitch UM" in answer.out
    profile = load_profile(tmp_path / "camera.json")
    assert "readings.iso" in profile.assumed
    assert profile.sources["readings.iso"] == "none stated by the captures; filed under 100"
