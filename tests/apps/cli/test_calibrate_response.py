"""fullwell calibrate response."""

import json
from pathlib import Path

from isp.core.response import Response
from tests.apps.conftest import Command
from tests.apps.test_calibrating_response import shoot


def test_a_bracket_gives_a_file_and_a_sentence(fullwell: Command, tmp_path: Path) -> None:
    files = shoot(tmp_path, Response.srgb(), (0.1, 0.4, 1.6))
    arguments = [*map(str, files), "-o", str(tmp_path / "r.json"), "--times", "1/10,4/10,1.6"]

    answer = fullwell("calibrate", "response", *arguments)

    assert (answer.code, answer.err) == (0, "")
    assert "3 curves by debevec" in answer.out
    assert json.loads((tmp_path / "r.json").read_text())["method"] == "debevec"

    refused = fullwell("calibrate", "response", *arguments)
    assert (refused.code, refused.out) == (3, "")
    assert "--force" in refused.err


def test_unknown_times_are_asked_for(fullwell: Command, tmp_path: Path) -> None:
    files = shoot(tmp_path, Response.srgb(), (0.1, 0.4))

    answer = fullwell("calibrate", "response", *map(str, files), "-o", str(tmp_path / "r.json"))

    assert answer.code == 2
    assert "--times" in answer.err
