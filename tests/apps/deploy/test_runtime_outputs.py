"""A picture is written with the project's codes, whole or not at all, over nothing unasked."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from apps.deploy import runtime
from apps.deploy.runtime import Result, RunError, UsageError, mask_codes, output_bytes, png_bytes
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.files.picture import read_picture, write_masks, write_picture

SDR = {"domain_out": "SDR", "about": {}}


def a_picture(planes: int = 3) -> NDArray[np.float32]:
    """Values from -0.1 to 1.1, and every code and tie of 8 bits."""
    count = planes * 40 * 52
    picture = np.linspace(-0.1, 1.1, count, dtype=np.float32).reshape(1, planes, 40, 52)
    ties = (np.arange(510) / 510).astype(np.float32)
    picture.reshape(-1)[:510] = ties
    return picture


def decoded(content: bytes) -> NDArray:
    """The codes as imagecodecs' libpng reads them."""
    import imagecodecs

    return np.asarray(imagecodecs.png_decode(content))


@pytest.mark.parametrize("bit_depth", [8, 16])
def test_a_png_holds_the_codes_that_the_project_writes(tmp_path: Path, bit_depth: int) -> None:
    picture = a_picture()
    frame = Frame.start(torch.from_numpy(picture), Domain.SDR, colour=Colour(transfer="srgb"))
    write_picture(tmp_path / "theirs.png", frame, bit_depth=bit_depth)

    ours = output_bytes(tmp_path / "ours.png", Result(picture), SDR, bit_depth)

    theirs = decoded((tmp_path / "theirs.png").read_bytes())
    assert theirs.dtype == (np.uint8 if bit_depth == 8 else np.uint16)
    np.testing.assert_array_equal(decoded(ours), theirs)


def test_codes_round_half_to_even() -> None:
    halves = np.array([0.5, 1.5, 2.5, 253.5]) / 255

    codes = runtime.png_codes(halves.reshape(1, 1, 1, 4))

    assert codes.reshape(-1).tolist() == [0, 2, 2, 254]


def test_a_grey_picture_becomes_a_grey_png() -> None:
    codes = runtime.png_codes(a_picture(1), 16)

    np.testing.assert_array_equal(decoded(png_bytes(codes)), codes[..., 0])


def test_code_points_that_the_manifest_knows_are_written(tmp_path: Path) -> None:
    manifest = SDR | {"about": {"cicp": [9, 13, 0, 1]}}
    path = tmp_path / "p.png"
    path.write_bytes(output_bytes(path, Result(a_picture()), manifest))

    colour = read_picture(path).colour
    assert colour is not None
    assert (colour.space, colour.transfer) == ("bt2020", "srgb")


def test_masks_are_the_bits_that_the_project_writes(tmp_path: Path) -> None:
    draws = np.random.Generator(np.random.PCG64(4))
    measured, clipped = (draws.random((1, 1, 40, 52)) < 0.5 for _ in range(2))
    frame = Frame.start(
        torch.from_numpy(a_picture()), Domain.SDR,
        measured=torch.from_numpy(measured), clipped=torch.from_numpy(clipped),
    )  # fmt: skip
    write_masks(tmp_path / "theirs.png", frame)

    result = Result(a_picture(), measured.astype(np.float32), clipped.astype(np.float32))

    theirs = decoded((tmp_path / "theirs.png").read_bytes())
    np.testing.assert_array_equal(decoded(png_bytes(mask_codes(result))), theirs)


def test_masks_of_three_planes_are_joined() -> None:
    measured, clipped = np.ones((1, 3, 1, 2), np.float32), np.zeros((1, 3, 1, 2), np.float32)
    measured[0, 1, 0, 0], clipped[0, 2, 0, 0] = 0, 1

    assert mask_codes(Result(a_picture()[..., :1, :2], measured, clipped)).tolist() == [[[2], [1]]]


def test_an_array_keeps_every_value(tmp_path: Path) -> None:
    path = tmp_path / "p.npy"
    path.write_bytes(output_bytes(path, Result(a_picture()), {"domain_out": "MOSAIC"}))

    np.testing.assert_array_equal(np.load(path), a_picture())


def test_what_a_file_cannot_hold_is_refused() -> None:
    broken = a_picture()
    broken[0, 0, 0, 0] = np.nan

    for name in ("p.png", "p.npy"):
        with pytest.raises(RunError, match="NaN"):
            output_bytes(Path(name), Result(broken), SDR)
    with pytest.raises(UsageError, match=r"an output is a \.png or a \.npy"):
        output_bytes(Path("p.jpg"), Result(a_picture()), SDR)
    with pytest.raises(UsageError, match="a PNG holds SDR, but the bundle gives MOSAIC"):
        output_bytes(Path("p.png"), Result(a_picture()), {"domain_out": "MOSAIC"})


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(b"old")

    with pytest.raises(RunError, match="exists already; pass --force"):
        runtime.write_whole(path, b"new")
    assert path.read_bytes() == b"old"

    runtime.write_whole(path, b"new", force=True)
    assert path.read_bytes() == b"new"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runtime.os, "fsync", full)

    with pytest.raises(RunError, match=r"p.png: cannot write it \(No space left on device\)"):
        runtime.write_whole(path, b"new", force=True)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["p.png"]


def test_the_input_is_never_the_output(tmp_path: Path) -> None:
    path = tmp_path / "p.npy"
    np.save(path, np.ones((4, 4)))

    with pytest.raises(RunError, match="it is the input"):
        runtime.refuse_output(path, True, [path])
    with pytest.raises(RunError, match="it is a folder"):
        runtime.refuse_output(tmp_path, True)
    with pytest.raises(RunError, match="does not exist; create it first"):
        runtime.refuse_output(tmp_path / "no" / "p.png", True)
