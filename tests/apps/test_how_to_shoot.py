"""Every command of the page on shooting is one that the program understands."""

import re
import shlex
from pathlib import Path

import pytest

from isp.files.open import read
from isp.files.profile import load_profile
from tests.apps.conftest import Command
from tests.calibration.written_captures import write_captures

PAGE = Path(__file__).parents[2] / "docs" / "how-to-shoot.md"
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    for line in block.splitlines()
]
BAD_INPUT = 3  # exit code; a command that is asked wrongly has 2


def words(command: str) -> list[str]:
    """What follows the program's name, without the shell's own."""
    return shlex.split(command.partition(" > ")[0])[1:]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_understood(
    command: str, fullwell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    answer = fullwell(*words(command))

    # Nothing is there to read: that is all that may be complained of.
    assert answer.code == BAD_INPUT, answer.err


def test_the_page_shows_every_verb_it_is_about() -> None:
    verbs = {" ".join(words(command)[:2]) for command in COMMANDS}

    assert {"calibrate check", "calibrate noise", "calibrate response", "calibrate colour"} <= verbs


@pytest.mark.slow
def test_the_commands_for_png_run(
    fullwell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_captures(tmp_path / "captures")

    for command in COMMANDS:
        if "--bits" in command:
            grey = command.replace("RGGB", "MONO").replace("level 64", "level 60")
            answer = fullwell(*words(grey))
            assert answer.code == 0, answer.err
    assert (tmp_path / "camera.json").exists()


@pytest.mark.slow
def test_a_measured_camera_photographs_a_scene(
    fullwell: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flats and darks of a colour camera, then the page's own two commands."""
    monkeypatch.chdir(tmp_path)
    session = ("simulate", "session", "--camera", "SonyA7S2", "--iso", "100", "--levels", "12",
               "--stack", "16", "--size", "96x96", "-o", "captures")  # fmt: skip
    assert fullwell(*session).code == 0
    measuring, taking = (
        next(command for command in COMMANDS if mark in command)
        for mark in ("--from", "--camera camera.json --iso 100 --exposure-time")
    )

    plain = fullwell("calibrate", "noise", "captures", "-o", "camera.json")
    refused = fullwell(*words(taking))
    measured = fullwell(*words(measuring))
    taken = fullwell(*words(taking))

    assert "No scene can be simulated without colour_matrices: --from" in plain.out
    assert (refused.code, "--from CAMERA" in refused.err) == (BAD_INPUT, True)
    assert "pixel_pitch_um: told by the user" in measured.out
    assert "quantum_efficiency: taken from" in measured.out
    assert (taken.code, taken.err) == (0, "")
    picture = read("scene.dng")
    truth = load_profile("SonyA7S2").readings[0].system_gain_dn_per_e
    found = load_profile("camera.json").readings[0].system_gain_dn_per_e
    assert found == pytest.approx(truth, rel=0.05)
    # White and black patches are more than 100 e- apart; noise of a frame without light is not.
    assert float(picture.data.max() - picture.data.min()) > 100 * found
