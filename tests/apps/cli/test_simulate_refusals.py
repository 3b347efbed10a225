"""fullwell simulate: what is refused says why, and leaves nothing."""

from pathlib import Path

import numpy as np
import pytest

from tests.apps.conftest import Command
from tests.apps.samples import (
    SHOT,
    dn_of,
    grey,
    left_in,
    refused,
    write_exr,
)


def test_nothing_is_overwritten_without_force(
    fullwell: Command, tmp_path: Path, grey_exr: Path
) -> None:
    for taken, way_out in (("a.dng", "pass --force"), ("a.json", "move it")):
        (tmp_path / taken).write_text("mine")
        answer = fullwell("simulate", grey_exr, "-o", tmp_path / "a.dng", *SHOT)

        refused(answer, 3, taken, way_out)
        assert left_in(tmp_path) == [taken]
        assert (tmp_path / taken).read_text() == "mine"
        (tmp_path / taken).unlink()

    (tmp_path / "a.dng").write_text("mine")
    assert fullwell("simulate", grey_exr, "-o", tmp_path / "a.dng", *SHOT, "--force").code == 0
    assert dn_of(tmp_path / "a.dng").shape == (24, 32)


NAN = np.full((24, 32, 3), np.nan, dtype=np.float32)


INFINITE = np.full((24, 32, 3), np.inf, dtype=np.float32)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nan.exr", "2304 values are NaN and 0 infinite"),
        ("infinite.exr", "0 values are NaN and 2304 infinite"),
        ("cut.exr", "damaged"),
        ("text.exr", "by its first bytes it is a text file"),
        ("empty.exr", "the file is empty"),
        ("folder", "it is a folder"),
        ("none.exr", "there is no such file"),
        ("small.exr", "too small"),
        ("grey.hdr", "by its first bytes it is an OpenEXR picture"),
        ("picture.png", "but this is SDR"),
        ("raw.dng", "but this is RAW"),
    ],
)
def test_a_scene_that_cannot_be_used_is_refused_and_nothing_is_left(
    fullwell: Command, tmp_path: Path, grey_dng: Path, name: str, reason: str
) -> None:
    scenes = tmp_path / "scenes"
    (scenes / "folder").mkdir(parents=True)
    write_exr(scenes / "nan.exr", NAN)
    write_exr(scenes / "infinite.exr", INFINITE)
    whole = write_exr(scenes / "grey.hdr", grey()).read_bytes()
    write_exr(scenes / "small.exr", grey(size=(9, 9)))
    (scenes / "cut.exr").write_bytes(whole[: len(whole) * 2 // 3])
    (scenes / "text.exr").write_text("a scene\n")
    (scenes / "empty.exr").touch()
    (scenes / "raw.dng").write_bytes(grey_dng.read_bytes())
    fullwell("develop", grey_dng, "-o", scenes / "picture.png")
    out = tmp_path / "out"
    out.mkdir()

    answer = fullwell("simulate", scenes / name, "-o", out / "a.dng", *SHOT)

    refused(answer, 3, reason)
    assert name in answer.err or "a.dng" in answer.err
    assert answer.out == ""
    assert left_in(out) == []


@pytest.mark.parametrize(
    ("options", "code", "reason"),
    [
        (("--camera", "Nikon"), 3, 'no camera is named "Nikon"; known: CanonEOS5D4'),
        (("--camera", "none.json"), 3, "there is no such file"),
        (("--camera", "/proc"), 3, "/proc: it is a folder"),
        (("--iso", "50"), 3, "ISO 50 is outside 100..6400"),
        (("--iso", "high"), 2, "--iso"),
        (("--iso", "0"), 2, "--iso"),
        (("--exposure-time", "1/0"), 2, "--exposure-time"),
        (("--f-number", "f/2"), 2, "--f-number"),
        (("--seed", "-1"), 2, "--seed"),
        (("--seed", str(2**64)), 2, "--seed"),
        (("--body", "1.5"), 2, "--body"),
        (("--luminance-scale", "-3"), 2, "--luminance-scale"),
        (("--illuminant", "candle"), 2, 'no illuminant is named "candle"'),
        (("--set", "full_well_e"), 2, "expected name=value"),
        (("--set", "full_well=3"), 2, "a camera has no full_well"),
        (("--set", "prnu_percent=3", "--set", "prnu_percent=4"), 2, "prnu_percent came twice"),
        (("--size", "30"), 2, "WIDTHxHEIGHT in photosites"),
        (("--size", "99999x99999"), 2, "megapixels of scene, but the limit is 200"),
        (("--fov", "180"), 2, "between 0 and 180 degrees"),
        (("--fov", "0"), 2, "--fov"),
        (("--lens", "blur=3"), 2, "a lens has no field blur"),
        (("--lens", "defocus_um=1e6"), 2, "wider than the sensor's diagonal"),
        (("--lens", "cos4=true"), 3, "needs a focal length"),
        (("--view", "30,0"), 2, "needs --fov and --size"),
        (("--view", "30,0", "--fov", "60", "--size", "30x30"), 2, "twice as wide as high"),
        (("--bracket=-2;2",), 2, "stops with commas"),
        (("--bracket=2000",), 2, "within 30 of 0"),
        (("--burst", "0"), 2, "--burst"),
        (("--burst", "2", "--bracket=0,1"), 2, "choose one"),
        (("--burst", "2", "--no-noise"), 2, "noise-free electrons"),
        (("--burst", "2", "--jitter", "3"), 2, "--jitter does nothing without --bracket"),
        (("--bracket=0,1", "--jitter", "inf"), 2, "0 to 100 percent"),
        (("--bracket=0,1", "--jitter", "-1"), 2, "--jitter"),
        (("--burst", "2", "--shake-px", "inf"), 2, "shake_px is 0 or more"),
        (("--shake-px", "1"), 2, "--shake-px does nothing without"),
        (("--no-truth",), 2, "--no-truth does nothing without"),
        (("--response", "linear"), 2, "--response does nothing without --ldr"),
        (("--quality", "90"), 2, "--quality does nothing without --ldr"),
        (("--ldr",), 2, "an 8-bit camera writes .png, .jpg"),
        (("--set", "full_well_e=-3"), 3, "full_well_e must be positive"),
        (("--set", "black_level_dn=16000"), 3, "is not below white_level_dn"),
        (("--nosuch",), 2, "--nosuch"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_and_nothing_is_left(
    fullwell: Command,
    tmp_path: Path,
    grey_exr: Path,
    options: tuple[str, ...],
    code: int,
    reason: str,
) -> None:
    answer = fullwell("simulate", grey_exr, "-o", tmp_path / "a.dng", *SHOT, *options)

    refused(answer, code, reason)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("output", "code", "reason"),
    [
        ("a.png", 2, "written as .dng, .tif or .raw"),
        ("no/a.dng", 3, "does not exist; create it first"),
        (".", 2, "written as .dng, .tif or .raw"),
        ("folder.dng", 3, "it is a folder; a file name is needed"),
        ("/proc/a.dng", 3, "/proc/a."),
    ],
)
def test_an_output_that_cannot_be_is_refused(
    fullwell: Command, tmp_path: Path, grey_exr: Path, output: str, code: int, reason: str
) -> None:
    (tmp_path / "folder.dng").mkdir()

    refused(fullwell("simulate", grey_exr, "-o", tmp_path / output, *SHOT), code, reason)
    assert left_in(tmp_path) == ["folder.dng"]


def test_a_missing_option_is_named(fullwell: Command, tmp_path: Path, grey_exr: Path) -> None:
    answer = fullwell("simulate", grey_exr, "-o", tmp_path / "a.dng", *SHOT[:-2])

    refused(answer, 2, "--f-number")
