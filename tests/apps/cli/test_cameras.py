"""fullwell cameras lists the profiles, and says what in them nobody measured."""

import json

from isp.files.profile import builtin_names, load_profile, profile_record
from tests.apps.conftest import Command


def test_every_camera_has_a_line_with_its_numbers(fullwell: Command) -> None:
    answer = fullwell("cameras", "list")

    assert (answer.code, answer.err) == (0, "")
    head, *lines = answer.out.splitlines()
    assert [line.split()[0] for line in lines] == list(builtin_names())
    assert head.split()[:3] == ["name", "CFA", "bits"]
    d850 = next(line for line in lines if line.startswith("NikonD850"))
    for word in ("RGGB", "14", "4.35 um", "36430 e-", "100-6400", "quantum_efficiency"):
        assert word in d850


def test_json_is_the_profiles_themselves(fullwell: Command) -> None:
    answer = fullwell("cameras", "list", "--json")

    assert json.loads(answer.out) == json.loads(
        json.dumps([profile_record(load_profile(name)) for name in builtin_names()])
    )


def test_every_camera_names_its_sources_and_what_is_assumed(fullwell: Command) -> None:
    for record in json.loads(fullwell("cameras", "list", "--json").out):
        assert record["sources"], record["name"]
        for name in record["assumed"]:
            field, _, part = name.partition(".")
            assert field in record, (record["name"], name)
            assert not part or part in record[field][0], (record["name"], name)


def test_cameras_alone_shows_what_can_be_asked(fullwell: Command) -> None:
    answer = fullwell("cameras")

    assert answer.code == 2
    assert "list" in answer.out + answer.err
    assert "Traceback" not in answer.err
