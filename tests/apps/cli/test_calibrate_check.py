"""fullwell calibrate check: exit code 1 until the captures are enough."""

import json
from pathlib import Path

import pytest

from tests.apps.conftest import Command
from tests.calibration.written_captures import OPTIONS, write_captures


def test_missing_captures_give_exit_code_1_and_say_what_to_shoot(
    fullwell: Command, tmp_path: Path
) -> None:
    write_captures(tmp_path, levels=2, stack=0)

    answer = fullwell("calibrate", "check", tmp_path, *OPTIONS)
    told = fullwell("calibrate", "check", tmp_path, *OPTIONS, "--json")

    assert answer.code == told.code == 1
    assert "MISSING  no exposure of the flats has 16 frames" in answer.out
    assert "not yet enough" in answer.err
    assert json.loads(told.out)["is_enough"] is False


@pytest.mark.slow
def test_enough_captures_give_exit_code_0(fullwell: Command, tmp_path: Path) -> None:
    write_captures(tmp_path)

    answer = fullwell("calibrate", "check", tmp_path, *OPTIONS)

    assert (answer.code, answer.err) == (0, "")


def test_a_folder_without_captures_is_bad_input(fullwell: Command, tmp_path: Path) -> None:
    answer = fullwell("calibrate", "check", tmp_path)

    assert answer.code == 3
    assert "holds no raw" in answer.err
