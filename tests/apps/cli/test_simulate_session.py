"""fullwell simulate session: a folder of captures that calibrate noise takes."""

import json
from pathlib import Path

import pytest

from tests.apps.conftest import Command
from tests.apps.samples import refused

SMALL = ("--camera", "EMVA-CCD", "--levels", "8", "--stack", "16",
         "--size", "40x32")  # fmt: skip


def test_a_session_is_written_and_measured(fullwell: Command, tmp_path: Path) -> None:
    answer = fullwell("simulate", "session", *SMALL, "-o", tmp_path / "s", "--emva", "--json")

    assert (answer.code, answer.err) == (0, "")
    facts = json.loads(answer.out)
    assert (facts["width"], facts["height"], facts["flats"]) == (40, 32, 32)
    assert (tmp_path / "s" / "EMVA1288_Data.txt").is_file()
    measured = fullwell("calibrate", "noise", tmp_path / "s", "--json")
    assert measured.code == 0
    gain = json.loads(measured.out)["isos"]["100"]["system_gain_dn_per_e"]
    assert gain["low"] < 0.280063 < gain["high"]


def test_a_bayer_cameras_descriptor_is_said_to_lose_its_mosaic(
    fullwell: Command, tmp_path: Path
) -> None:
    small = ("--levels", "8", "--stack", "16", "--size", "80x64")
    answer = fullwell("simulate", "session", "--camera", "SonyA7S2", "--iso", "100", *small,
                      "-o", tmp_path / "s", "--emva")  # fmt: skip

    command = answer.out.rstrip().rpartition(", fullwell ")[2].split()
    assert command == ["calibrate", "noise", str(tmp_path / "s"), "--cfa", "RGGB"]
    told = json.loads(fullwell(*command, "--json").out)
    assert told["cfa"] == "RGGB"
    plain = json.loads(fullwell("calibrate", "noise", tmp_path / "s", "--json").out)
    assert plain["cfa"] == "MONO"


def test_a_session_that_is_there_needs_force(fullwell: Command, tmp_path: Path) -> None:
    line = ("simulate", "session", *SMALL, "--levels", "4", "-o", tmp_path / "s", "--emva")
    assert fullwell(*line).code == 0

    refused(fullwell(*line), 3, "--force")

    assert fullwell(*line, "--force", "--quiet").out == ""


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--vary", "light"), 2, "--emva"),
        (("--vary", "lens"), 2, "light or time"),
        (("--iso", "many"), 2, "--iso"),
        (("--iso", "99999"), 3, "99999"),
        (("--size", "big"), 2, "--size"),
        (("--levels", "2"), 2, "levels"),
    ],
)
def test_what_makes_no_session_is_refused(
    fullwell: Command, tmp_path: Path, options: tuple[str, ...], code: int, said: str
) -> None:
    answer = fullwell("simulate", "session", *SMALL, "-o", tmp_path / "s", *options)

    refused(answer, code, said)
    assert list(tmp_path.iterdir()) == []


def test_help_of_both_verbs(fullwell: Command) -> None:
    assert "--emva" in fullwell("simulate", "session", "--help").out
    scene = fullwell("simulate", "--help").out
    assert "--f-number" in scene
    assert "--emva" not in scene
