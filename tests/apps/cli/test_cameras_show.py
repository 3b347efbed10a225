"""fullwell cameras show prints the budget, draws it, and sweeps a number."""

import json
from pathlib import Path

import pytest

from apps.cli.cameras_show import sweep_values
from tests.apps.conftest import Command


def test_the_table_is_on_stdout_with_a_column_for_each_camera(fullwell: Command) -> None:
    answer = fullwell("cameras", "show", "EMVA-CCD", "GenericPhone", "--iso", "100")

    assert (answer.code, answer.err) == (0, "")
    head = answer.out.splitlines()
    assert head[0] == "ISO 100, 0.0166667 s, D65"
    assert head[2].split() == ["EMVA-CCD", "GenericPhone"]
    assert "absolute sensitivity, SNR 1 (e-)" in answer.out
    assert "GenericPhone: share of the variance" in answer.out


def test_a_sweep_has_a_column_for_each_value(fullwell: Command) -> None:
    answer = fullwell(
        "cameras", "show", "GenericPhone", "--iso", 100, "--sweep", "full_well_e=4000,6000,9000",
        "--json",
    )  # fmt: skip

    sheets = json.loads(answer.out)
    assert [s["label"] for s in sheets] == [f"full_well_e {v}" for v in (4000, 6000, 9000)]
    capacity = [s["figures"]["saturation_capacity_e"] for s in sheets]
    # The dark signal of 1/60 s takes a few hundredths of an electron from each.
    assert [c / capacity[0] for c in capacity] == pytest.approx([1, 1.5, 2.25], rel=1e-4)
    ranges = [s["figures"]["dynamic_range_db"] for s in sheets]
    assert ranges == sorted(ranges)


def test_files_are_written_and_never_replaced_unasked(fullwell: Command, tmp_path: Path) -> None:
    ask = ("cameras", "show", "EMVA-CCD", "--iso", "100", "-o", tmp_path / "a.png")

    assert fullwell(*ask).out.endswith("a.png: written\n")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    again = fullwell(*ask)
    assert (again.code, again.out) == (3, "")
    assert "pass --force" in again.err
    quiet = fullwell(*ask, "--force", "--quiet")
    assert (quiet.code, quiet.out) == (0, "")


def test_a_users_own_camera_is_shown(fullwell: Command, tmp_path: Path) -> None:
    fullwell("cameras", "new", tmp_path / "my.json", "--bits", 12, "--full-well", 10_000)

    answer = fullwell("cameras", "show", tmp_path / "my.json", "--iso", 100)

    assert answer.code == 0
    assert "saturation capacity (e-)" in answer.out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("GenericPhone", "--iso", "100", "--sweep", "pixel=3"), 2, "not pixel; it takes"),
        (("GenericPhone", "--iso", "100", "--sweep", "dsnu_e=a"), 2, "with numbers"),
        (("GenericPhone", "--iso", "100", "-o", "a.pdf"), 2, ".html, .png or .json"),
        (("GenericPhone", "--iso", "100", "--illuminant", "moon"), 2, 'named "moon"'),
        (("GenericPhone",), 2, "--iso"),
        (("--iso", "100"), 2, "Missing argument"),
        (("GenericPhone", "--iso", "-3"), 2, "positive number"),
        (("Nope", "--iso", "100"), 3, 'no camera is named "Nope"'),
        (("GenericPhone", "--iso", "1"), 3, "ISO 1 is outside 50..3200"),
        (("GenericPhone", "--iso", "100", "--sweep", "dsnu_e=-1"), 3, "dsnu_e must be >= 0"),
    ],
)
def test_mistakes_end_with_their_exit_code_and_a_sentence(
    fullwell: Command, arguments: tuple[str, ...], code: int, words: str
) -> None:
    answer = fullwell("cameras", "show", *arguments)

    assert answer.code == code
    assert answer.out == ""
    assert words in answer.err
    assert answer.err.startswith("error: ")


def test_one_value_is_a_sweep_too() -> None:
    assert sweep_values("prnu_percent=1") == ("prnu_percent", [1.0])
