"""A complaint is one line on stderr."""

import pytest

from apps.cli.complaint import complain


def test_a_complaint_of_several_lines_becomes_one(capsys: pytest.CaptureFixture[str]) -> None:
    complain(OSError("night.png: cut short\nPNG error:\t42\n"))

    assert capsys.readouterr() == ("", "error: night.png: cut short PNG error: 42\n")
