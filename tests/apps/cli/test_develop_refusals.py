"""fullwell develop: what is refused says why, and leaves nothing."""

from pathlib import Path

import pytest

from tests.apps.conftest import Command
from tests.apps.samples import (
    SIZE,
    grey,
    left_in,
    read_codes,
    refused,
    write_exr,
)


def test_nothing_is_overwritten_without_force(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    for taken in ("a.png", "a.masks.png"):
        (tmp_path / taken).write_text("mine")

        answer = fullwell("develop", grey_dng, "-o", tmp_path / "a.png", "--masks")

        refused(answer, 3, taken, "it exists already; pass --force to replace it")
        assert left_in(tmp_path) == [taken]
        assert (tmp_path / taken).read_text() == "mine"
        (tmp_path / taken).unlink()

    (tmp_path / "a.png").write_text("mine")
    assert fullwell("develop", grey_dng, "-o", tmp_path / "a.png", "--force").code == 0
    assert read_codes(tmp_path / "a.png").shape == (*SIZE, 3)


def break_files(folder: Path, whole: Path) -> None:
    """Files that are no raw, by the names the test below uses."""
    content = whole.read_bytes()
    (folder / "folder.dng").mkdir()
    (folder / "empty.dng").touch()
    (folder / "text.dng").write_text("my holiday\n")
    (folder / "cut.dng").write_bytes(content[: len(content) // 2])
    (folder / "head.dng").write_bytes(content[:200])
    (folder / "zeros.dng").write_bytes(bytes(4096))
    (folder / "noise.cr2").write_bytes(bytes(range(256)) * 16)
    (folder / "picture.dng").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    (folder / "photo.dng").write_bytes(b"\xff\xd8\xff\xe0" + bytes(64))
    (folder / "scene.dng").write_bytes(write_exr(folder / "scene.exr", grey()).read_bytes())
    (folder / "paper.pdf").write_bytes(b"%PDF-1.7\n")
    (folder / "grey.dng").write_bytes(content)
    (folder / "recipe.toml").write_text("[[steps]\n")
    (folder / "old.json").write_text('{"format_version": 0, "steps": []}')
    (folder / "magic.json").write_text(
        '{"format_version": 1, "steps": [{"name": "magic"}, {"name": "encode"}]}'
    )
    (folder / "backwards.json").write_text(
        '{"format_version": 1, "steps": [{"name": "encode"}, {"name": "black_level"}]}'
    )
    (folder / "camera.json").write_text('{"format_version": 1, "name": "mine"}')


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("folder.dng", "no raw file is in this folder"),
        ("empty.dng", "the file is empty"),
        ("none.dng", "there is no such file"),
        ("text.dng", "it is a text file, not a camera raw"),
        ("cut.dng", "cut short"),
        ("head.dng", "head.dng"),
        ("zeros.dng", "no raw format's signature"),
        ("noise.cr2", "no raw format's signature"),
        ("picture.dng", "it is a PNG picture, not a camera raw"),
        ("photo.dng", "it is a JPEG picture, not a camera raw"),
        ("scene.dng", "it is an OpenEXR picture, not a camera raw"),
        ("scene.exr", "it is an OpenEXR picture, not a camera raw"),
        ("paper.pdf", "it is a PDF, not a camera raw"),
    ],
)
def test_what_is_no_raw_is_refused_and_nothing_is_left(
    fullwell: Command, tmp_path: Path, grey_dng: Path, name: str, reason: str
) -> None:
    inputs, out = tmp_path / "in", tmp_path / "out"
    inputs.mkdir()
    out.mkdir()
    break_files(inputs, grey_dng)

    answer = fullwell("develop", inputs / name, "-o", out / "a.png", "--dump", out / "frames")

    refused(answer, 3, str(inputs / name), reason)
    assert answer.out == ""
    assert left_in(out) == []


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--recipe", "recipe.toml"), 3, ("recipe.toml", "not a readable recipe")),
        (("--recipe", "old.json"), 3, ("old.json", "recipe format 0 is not 1")),
        (("--recipe", "none.json"), 3, ("none.json", "No such file")),
        (("--recipe", "grey.dng"), 3, ("grey.dng", "not a readable recipe")),
        (("--recipe", "magic.json"), 2, ('no stage "magic"',)),
        (("--recipe", "backwards.json"), 3, ("encode gives SDR, but black_level",)),
        (("--camera", "Nikon"), 3, ('no camera is named "Nikon"',)),
        (("--camera", "camera.json"), 3, ("camera.json", "cfa")),
        (("--preset", "film"), 2, ('no preset is named "film"',)),
        (("--demosaic", "ahd"), 2, ('no demosaic is named "ahd"',)),
        (("--tone", "curve"), 2, ('no tone is named "curve"',)),
        (("--wb", "daylight"), 2, ("white balance is as_shot, grey_world",)),
        (("--wb", "2,1"), 2, ("gains are three numbers",)),
        (("--wb", "0,1,1"), 2, ("gains are three positive numbers",)),
        (("--exposure", "bright"), 2, ("expected stops, auto or highlights",)),
        (("--exposure", "nan"), 2, ("expected stops, auto or highlights",)),
        (("--set", "exposure.ev"), 2, ("expected name=value",)),
        (("--set", "ev=1"), 2, ("STAGE.PARAMETER=VALUE",)),
        (("--set", "sharpen.amount=1"), 2, ('no stage is named "sharpen"',)),
        (("--set", "exposure.stops=1"), 2, ("Exposure has no stops; it takes ev",)),
        (("--set", "exposure.ev=1,2"), 2, ("Exposure.ev takes float | str",)),
        (("--linear", "--tone", "filmic"), 2, ("leave --tone out",)),
        (("--linear", "--bit-depth", "8"), 2, ("linear light needs 16 bits",)),
        (("--bit-depth", "12"), 2, ("bit depth is 8 or 16, got 12",)),
        (("--preset", "hdr_linear"), 2, ("the recipe ends in linear light", "a.png")),
        (("--recipe", "magic.json", "--preset", "srgb"), 2, ("--recipe", "--preset", "leave one")),
        (("--set", "encode.headroom=2"), 2, ("encode.headroom", "set bits too")),
        (("--workers", "0"), 2, ("--workers",)),
        (("--brighter",), 2, ("--brighter",)),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_and_nothing_is_left(
    fullwell: Command, tmp_path: Path, grey_dng: Path, monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...], code: int, words: tuple[str, ...],
) -> None:  # fmt: skip
    inputs, out = tmp_path / "in", tmp_path / "out"
    inputs.mkdir()
    out.mkdir()
    break_files(inputs, grey_dng)
    monkeypatch.chdir(inputs)

    answer = fullwell("develop", "grey.dng", "-o", out / "a.png", *options)

    refused(answer, code, *words)
    assert left_in(out) == []


@pytest.mark.parametrize(
    ("output", "code", "reason"),
    [
        ("a.bmp", 2, "a picture is written as .png, .tif"),
        ("no/a.png", 3, "does not exist; create it first"),
        ("/proc/a.png", 3, "/proc/a.png"),
        ("/proc/pictures/", 3, "/proc/pictures: cannot make the folder"),
        ("file/", 3, "cannot make the folder"),
    ],
)
def test_an_output_that_cannot_be_is_refused(
    fullwell: Command, tmp_path: Path, grey_dng: Path, output: str, code: int, reason: str
) -> None:
    (tmp_path / "file").write_text("mine")
    place = output if output.startswith("/") else f"{tmp_path}/{output}"

    refused(fullwell("develop", grey_dng, "-o", place), code, reason)
    assert left_in(tmp_path) == ["file"]
