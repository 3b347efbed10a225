"""A number that is none is found wherever it stands."""

import json

import pytest

from isp.files.finite import first_not_finite


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "2E947", "1" + 400 * "0"])
def test_the_place_of_a_number_beyond_a_float_is_told(text: str) -> None:
    assert first_not_finite(json.loads(f'{{"a": 1, "b": [{{"c": [0.5, {text}]}}]}}')) == "b.0.c.1"


def test_finite_numbers_words_and_nothing_pass() -> None:
    assert first_not_finite({"a": [1, 1e300, "NaN", None, True], "b": {}}) is None
