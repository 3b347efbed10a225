"""fullwell train light: pictures in, a pack out."""

import json
from pathlib import Path

import pytest
import torch

from apps.train.clean_light import CleanLight
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.files.picture import write_picture
from tests.apps.conftest import Command
from tests.apps.samples import refused


@pytest.fixture
def photographs(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path, width in zip(paths, (12, 16), strict=True):
        code = torch.linspace(0.1, 0.9, width).expand(1, 3, 8, width)
        write_picture(path, Frame.start(code, Domain.SDR))
    return paths


def test_a_pack_holds_a_mosaic_of_each_picture(
    fullwell: Command, tmp_path: Path, photographs: list[Path]
) -> None:
    answer = fullwell("train", "light", *photographs, "-o", tmp_path / "light", "--seed", 3)

    assert (answer.code, answer.err) == (0, "")
    assert answer.out == f"{tmp_path / 'light'}: 2 mosaics, 0.0 MB, seed 3\n"
    light = CleanLight(tmp_path / "light")
    assert [Path(name).name for name in light.names] == ["a.png", "b.png"]
    assert [light.size(n) for n in range(2)] == [(8, 12), (8, 16)]


def test_json_says_what_was_packed(
    fullwell: Command, tmp_path: Path, photographs: list[Path]
) -> None:
    answer = fullwell(
        "train", "light", *photographs, "-o", tmp_path / "light", "--longest", 8, "--json"
    )

    facts = json.loads(answer.out)
    assert facts["scenes"] == CleanLight(tmp_path / "light").names
    assert facts["bytes"] == 2 * (8 * 12 + 4 * 8)
    assert facts["seed"] == 0


def test_a_pack_is_replaced_only_when_forced_and_too_large_a_one_refused(
    fullwell: Command, tmp_path: Path, photographs: list[Path]
) -> None:
    light = tmp_path / "light"
    assert fullwell("train", "light", photographs[0], "-o", light, "--quiet").out == ""

    refused(fullwell("train", "light", *photographs, "-o", light), 3, "--force")
    assert [Path(n).name for n in CleanLight(light).names] == ["a.png"]
    assert fullwell("train", "light", *photographs, "-o", light, "--force").code == 0
    assert len(CleanLight(light)) == 2
    refused(
        fullwell("train", "light", *photographs, "-o", tmp_path / "b", "--most-mb", 1e-5), 2,
        "10 bytes at most",
    )  # fmt: skip


def test_a_file_that_is_no_picture_is_bad_input(fullwell: Command, tmp_path: Path) -> None:
    wrong = tmp_path / "a.png"
    wrong.write_text("no picture")

    refused(fullwell("train", "light", wrong, "-o", tmp_path / "light"), 3, "a.png")
