"""fullwell develop: the formats that pictures are delivered in."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.apps.cli.developed_grey import LINEAR_GREY, ROUNDING, srgb
from tests.apps.conftest import Command
from tests.apps.samples import (
    SIZE,
    left_in,
    read_codes,
)
from tests.isp.files.second_readers import read_by_oiio


def light_of_pq(code: NDArray[Any], bits: int) -> NDArray[Any]:
    """Luminance in cd/m2, SMPTE ST 2084 equation 4.1."""
    power = (code / (2**bits - 1)) ** (32 / 2523)
    light = np.maximum(power - 3424 / 4096, 0) / (2413 / 128 - 2392 / 128 * power)
    return np.asarray(10000 * light ** (8192 / 1305))


@pytest.mark.parametrize("name", ["a.avif", "a.png"])
def test_hdr_codes_stand_for_the_luminance_that_was_asked_for(
    fullwell: Command, tmp_path: Path, grey_dng: Path, name: str
) -> None:
    import imagecodecs

    if name == "a.avif":
        pytest.importorskip("pylibheif", reason="the extra `codecs` is not installed")
    options = ("--hdr", "pq") if name == "a.png" else ()

    answer = fullwell("develop", grey_dng, "-o", tmp_path / name, "--white", "100", *options)

    assert (answer.code, answer.err) == (0, "")
    stored = (tmp_path / name).read_bytes()
    codes = imagecodecs.avif_decode(stored) if name == "a.avif" else read_codes(tmp_path / name)
    bits = 10 if name == "a.avif" else 16
    step = 100 * LINEAR_GREY * 10 / 2**bits  # a code of PQ is at most 1 % of light at 10 bits here
    off = np.abs(light_of_pq(codes.astype(float), bits) - 100 * LINEAR_GREY)
    assert off.max() <= 100 * ROUNDING * 2 + step


def test_an_ultra_hdr_jpeg_has_the_preset_s_picture_and_the_light_before_the_tone_curve(
    fullwell: Command, tmp_path: Path, grey_dng: Path
) -> None:
    from isp.files.jpeg_bytes import decode_jpeg
    from isp.files.ultrahdr import read_ultrahdr

    fullwell("develop", grey_dng, "-o", tmp_path / "sdr.jpg", "--tone", "filmic")

    answer = fullwell(
        "develop", grey_dng, "-o", tmp_path / "a.jpg", "--tone", "filmic", "--hdr", "gain_map",
        "--space", "p3",
    )  # fmt: skip

    assert (answer.code, answer.err) == (0, "")
    # OpenImageIO would read the HDR rendition.
    base, alone = (decode_jpeg((tmp_path / n).read_bytes()) for n in ("a.jpg", "sdr.jpg"))
    assert np.abs(base.astype(int) - alone).max() <= 1  # grey is grey in any primaries
    light = read_ultrahdr(tmp_path / "a.jpg").data.numpy()
    assert np.abs(light - LINEAR_GREY).max() <= ROUNDING + 0.02 * LINEAR_GREY


@pytest.mark.parametrize("name", ["a.jxl", "a.hdr", "a.exr"])
def test_light_formats_hold_linear_light(
    fullwell: Command, tmp_path: Path, grey_dng: Path, name: str
) -> None:
    answer = fullwell("develop", grey_dng, "-o", tmp_path / name)

    assert (answer.code, answer.err) == (0, "")
    light = read_by_oiio(tmp_path / name, "float")
    assert np.abs(light - LINEAR_GREY).max() <= ROUNDING + LINEAR_GREY * 2**-7


def test_yuv_is_written_with_its_sidecar(fullwell: Command, tmp_path: Path, grey_dng: Path) -> None:
    answer = fullwell("develop", grey_dng, "-o", tmp_path / "a.nv12", "--full-range")

    assert (answer.code, answer.err) == (0, "")
    assert json.loads((tmp_path / "a.nv12.json").read_text())["full_range"] is True
    luma = np.frombuffer((tmp_path / "a.nv12").read_bytes(), np.uint8)[: SIZE[0] * SIZE[1]]
    assert np.abs(luma / 255 - srgb(LINEAR_GREY)).max() <= 1.5 / 255 + 2 * ROUNDING


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("-o", "a.jpg", "--hdr", "pq"), "pq is written as .png"),
        (("-o", "a.png", "--hdr", "gain_map"), "gain_map is written as .jpg"),
        (("-o", "a.hdr", "--space", "p3"), "its space is bt709"),
        (("-o", "a.dng", "--space", "acescg"), "a DNG has the camera's own space"),
        (("-o", "a.yuv", "--space", "p3"), 'its space is bt709 or bt2020, not "p3"'),
        (("-o", "a.yuv", "--set", "encode.space=p3"), "a matrix for bt709 and bt2020, not for p3"),
        (("-o", "a.avif", "--bit-depth", "8"), "bit depth is 10 or 12"),
        (("-o", "a.png", "--white", "100"), "white is of linear light"),
        (("-o", "a.avif", "--white", "-3"), "white is above 0"),
        (("-o", "a.png", "--quality", "90"), "takes no quality"),
        (("-o", "a.png", "--full-range"), "have a range to choose"),
    ],
)
def test_what_does_not_go_together_is_one_sentence(
    fullwell: Command, tmp_path: Path, grey_dng: Path, options: tuple[str, ...], sentence: str
) -> None:
    name, *rest = options[1:]

    answer = fullwell("develop", grey_dng, "-o", tmp_path / name, *rest)

    assert answer.code == 2
    assert sentence in answer.err
    assert "try: fullwell develop --help" in answer.err
    assert left_in(tmp_path) == []


def test_a_missing_codec_is_exit_3_and_leaves_nothing(
    fullwell: Command, tmp_path: Path, grey_dng: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)

    answer = fullwell("develop", grey_dng, "-o", tmp_path / "a.heic")

    assert answer.code == 3
    assert 'pip install "fullwell[codecs]"' in answer.err
    assert left_in(tmp_path) == []
