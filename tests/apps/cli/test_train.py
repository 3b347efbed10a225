"""fullwell train: its two verbs, each with help that names its options."""

import pytest

from tests.apps.conftest import Command
from tests.apps.samples import refused


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        ("light", "--output --longest --most-mb --seed --force --quiet --json"),
        ("denoise", "--light --output --network --steps --learning-rate --refining --loss --noise "
         "--camera --profile --ratios --count --side --seed --bfloat16-share --limit --device "
         "--gpus --tensorboard --quiet --json"),
    ],
)  # fmt: skip
def test_the_help_of_each_verb_names_its_options(
    fullwell: Command, verb: str, options: str
) -> None:
    answer = fullwell("train", verb, "-h")

    assert (answer.code, answer.err) == (0, "")
    for option in options.split():
        assert option in answer.out, option


def test_no_verb_shows_the_help_and_an_unknown_one_is_refused(fullwell: Command) -> None:
    answer = fullwell("train")

    assert answer.code == 2
    assert "denoise" in answer.out
    refused(fullwell("train", "cat"), 2, "cat")
