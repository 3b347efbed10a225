"""fullwell develop --tile: the bytes of the whole frame; and a stage of the user's that fails."""

import sys
from pathlib import Path

import pytest

from tests.apps.conftest import Command
from tests.apps.samples import left_in, refused

FAILING = """
from fullwell import Domain, Stage


class Exposure(Stage):
    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def forward(self, linear):
        raise RuntimeError("the lens\\nis not known")
"""
SUM = "def normalised(linear):\n    return linear / linear.max()\n"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", ()),
        ("a.exr", ("--demosaic", "menon2007")),
        ("a.tif", ("--exposure", "auto", "--wb", "shades_of_grey", "--tone", "agx")),
        ("a.tif", ("--tone", "durand2002", "--stage", "after:exposure=chroma_denoise")),
    ],
)
def test_a_picture_made_in_tiles_is_the_same_file(
    fullwell: Command, tmp_path: Path, steps_dng: Path, name: str, options: tuple[str, ...]
) -> None:
    outputs = []
    for folder, tiles in ((tmp_path / "whole", ()), (tmp_path / "tiles", ("--tile", "16"))):
        folder.mkdir()
        answer = fullwell("develop", steps_dng, "-o", folder / name, *options, *tiles)
        assert (answer.code, answer.err) == (0, "")
        outputs.append((folder / name).read_bytes())

    assert outputs[1] == outputs[0]


def test_a_function_of_the_users_sees_the_whole_frame(
    fullwell: Command, tmp_path: Path, steps_dng: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody said how far it reaches, and this one reaches everywhere."""
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(SUM)
    stage = ("--stage", "exposure=mine.py:normalised")

    fullwell("develop", steps_dng, "-o", "whole.png", *stage)
    answer = fullwell("develop", steps_dng, "-o", "tiles.png", *stage, "--tile", "16")

    assert answer.code == 0, answer.err
    assert Path("tiles.png").read_bytes() == Path("whole.png").read_bytes()


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        (("--tile", "15"), 2, "--tile"),
        (("--tile", "64", "--fast"), 2, "leave --tile out with --fast"),
        (("--tile", "64", "--dump", "frames"), 2, "--fast and --tile keep no frames"),
    ],
)
def test_what_tiles_cannot_do_is_refused(
    fullwell: Command, tmp_path: Path, grey_dng: Path, monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...], code: int, reason: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)

    answer = fullwell("develop", grey_dng, "-o", "a.png", *options)

    assert answer.code == code
    assert reason in answer.err
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("tiles", [(), ("--tile", "16")], ids=["whole", "tiles"])
def test_a_stage_class_that_raises_is_one_sentence_with_stage_class_and_reason(
    fullwell: Command, tmp_path: Path, grey_dng: Path, monkeypatch: pytest.MonkeyPatch,
    tiles: tuple[str, ...],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path("failing_stages.py").write_text(FAILING)
    before = left_in(tmp_path)

    answer = fullwell(
        "develop", grey_dng, "-o", "a.png", "--stage", "failing_stages:Exposure", *tiles
    )
    sys.modules.pop("failing_stages", None)

    reason = 'the stage "exposure" (failing_stages.Exposure) failed: RuntimeError: the lens is not'
    refused(answer, 3, reason, str(grey_dng))
    assert "Traceback" not in answer.err
    assert [name for name in left_in(tmp_path) if "__pycache__" not in str(name)] == before
