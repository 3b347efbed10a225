"""fullwell calibrate: its verbs."""

from tests.apps.conftest import Command


def test_help_names_what_can_be_measured(fullwell: Command) -> None:
    answer = fullwell("calibrate", "--help")

    assert (answer.code, answer.err) == (0, "")
    assert "\n  colour " in answer.out
