"""fullwell doctor prints the diagnosis, for people and for machines."""

import json

from apps.diagnosis import diagnose
from tests.apps.conftest import Command


def test_json_is_the_diagnosis(fullwell: Command) -> None:
    answer = fullwell("doctor", "--json")

    assert (answer.code, answer.err) == (0, "")
    assert json.loads(answer.out) == diagnose()


def test_every_fact_stands_on_a_line_of_its_group(fullwell: Command) -> None:
    answer = fullwell("doctor")

    lines = [" ".join(line.split()) for line in answer.out.splitlines()]
    wanted = []
    for group, facts in diagnose().items():
        wanted += [group, *(" ".join(f"{name} {value}".split()) for name, value in facts.items())]
    assert answer.code == 0
    assert lines == wanted
