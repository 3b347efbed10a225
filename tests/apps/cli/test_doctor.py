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

    assert answer.code == 0
    groups: dict[str, dict[str, str]] = {}
    for line in answer.out.splitlines():
        if line.startswith("  "):
            name, value = line[2:26].strip(), line[27:]
            if len(line[2:].split("  ")[0]) > 24:
                name, value = line[2:].rsplit(" ", 1)
            groups[last][name] = value
        else:
            last = line
            groups[last] = {}
    assert groups.keys() == diagnose().keys()
    assert groups["packages"] == diagnose()["packages"]
