"""fullwell enhance: its verbs."""

from tests.apps.conftest import Command


def test_help_names_what_can_be_enhanced(fullwell: Command) -> None:
    answer = fullwell("enhance", "--help")

    assert (answer.code, answer.err) == (0, "")
    assert "\n  denoise " in answer.out
