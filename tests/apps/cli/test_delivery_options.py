"""The verbs that write pictures share the options that say how."""

import pytest

from tests.apps.conftest import Command


@pytest.mark.parametrize("verb", ["develop", "merge"])
def test_a_verb_that_writes_pictures_takes_space_and_white(fullwell: Command, verb: str) -> None:
    said = fullwell(verb, "--help").out

    assert "--space" in said
    assert "--white " in said
