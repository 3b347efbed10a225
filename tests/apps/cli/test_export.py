"""fullwell export: a bundle, a sentence, and refusals that leave nothing."""

import json
from pathlib import Path

import pytest

from tests.apps.conftest import Command
from tests.apps.samples import left_in, refused

SONY = ("--camera", "SonyA7S2", "--iso", 1600)


@pytest.mark.usefixtures("unchecked")
def test_a_stage_becomes_a_bundle(fullwell: Command, tmp_path: Path) -> None:
    answer = fullwell("export", "white_balance", "-o", tmp_path / "b", *SONY)

    assert (answer.code, answer.err) == (0, "")
    assert "1 graph" in answer.out
    assert "MOSAIC to MOSAIC" in answer.out
    assert "masks equal" in answer.out
    assert left_in(tmp_path / "b") == [
        "00-white_balance.onnx", "manifest.json", "profile.json", "run.py",
    ]  # fmt: skip


@pytest.mark.usefixtures("unchecked")
def test_json_is_the_manifest_and_a_static_graph_says_its_size(
    fullwell: Command, tmp_path: Path
) -> None:
    answer = fullwell(
        "export", "white_balance", "-o", tmp_path / "b", *SONY, "--static", "26,30", "--json",
        "--set", "white_balance.gains=2,1,1.5",
    )  # fmt: skip

    made = json.loads(answer.out)
    assert made == json.loads((tmp_path / "b" / "manifest.json").read_text())
    assert made["size"] == [26, 30]
    [gains] = [i for i in made["graphs"][0]["inputs"] if i["name"] == "white_balance.gains"]
    assert gains["default"] == [2.0, 1.0, 1.5]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("srgb",), 2, "a bundle is made for a camera"),
        (("magic", *SONY), 2, '"magic" is no preset'),
        (("srgb", "--camera", "Nobody", "--iso", 100), 3, "Nobody"),
        (("srgb", *SONY, "--precision", "fp8"), 2, "precision is fp32, fp16, int8"),
        (("srgb", *SONY, "--static", "12x30"), 2, "--static is H,W"),
        (("srgb", *SONY, "--static", "99999999,99999999"), 2, "--static is of 200 MP at most"),
        (("srgb", *SONY, "--set", "ev=1"), 2, "STAGE.PARAMETER=VALUE"),
        (("srgb", "--input", "none.dng"), 3, "none.dng"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_left(
    fullwell: Command, tmp_path: Path, options: tuple[object, ...], code: int, said: str
) -> None:
    answer = fullwell("export", *options, "-o", tmp_path / "b")

    refused(answer, code, said)
    assert left_in(tmp_path) == []
