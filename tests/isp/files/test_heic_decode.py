"""A HEIC is decoded with all its bits, upright, within the limits, or refused."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from isp.core.errors import FileError, LimitError, MissingError
from isp.files import heic_decode
from isp.files.display_codes import code_frame
from isp.files.heic_decode import decode_heic
from isp.files.limits import Limits
from isp.files.save import write
from tests.isp.files.samples import linear_frame, sdr_frame

pillow_heif = pytest.importorskip("pillow_heif", reason="the extra `codecs` is not installed")


@pytest.mark.parametrize("bits", [10, 12])
def test_codes_are_those_that_were_written(bits: int, tmp_path: Path) -> None:
    write(tmp_path / "a.heic", linear_frame(), bit_depth=bits)

    decoded = decode_heic(str(tmp_path / "a.heic"), Limits())

    assert decoded.facts["bit_depth"] == bits
    assert decoded.facts["cicp"] == [9, 16, 0, 1]
    coded = code_frame("a", linear_frame(), bits, transfer="pq")
    assert np.array_equal(decoded.arrays["code"], coded.code)


def turned_with_exif() -> tuple[bytes, np.ndarray]:
    """A phone's kind of file: 8 bits, turned, with what the camera noted."""
    exif = Image.Exif()
    exif[271] = "Maker"
    more = exif.get_ifd(0x8769)
    more[33434], more[33437], more[34855] = 1 / 60, 2.8, 400
    flat = np.full((12, 17, 3), 90, np.uint8)
    flat[:6] = 160
    picture = Image.fromarray(flat)
    exif[274] = 6
    made = io.BytesIO()
    pillow_heif.from_pillow(picture).save(made, quality=-1, exif=exif.tobytes(), chroma=444)
    return made.getvalue(), flat


def test_what_the_camera_noted_is_kept(tmp_path: Path) -> None:
    stored, _ = turned_with_exif()
    (tmp_path / "a.heic").write_bytes(stored)

    facts = decode_heic(str(tmp_path / "a.heic"), Limits()).facts

    assert facts["make"] == "Maker"
    assert facts["iso"] == 400.0
    assert facts["exposure_time_s"] == pytest.approx(1 / 60, rel=1e-3)
    assert facts["f_number"] == pytest.approx(2.8)
    assert facts["bit_depth"] == 8


def test_a_turned_picture_comes_upright(tmp_path: Path) -> None:
    stored, _ = turned_with_exif()
    (tmp_path / "a.heic").write_bytes(stored)

    decoded = decode_heic(str(tmp_path / "a.heic"), Limits())

    assert decoded.facts["orientation"] == 1
    shape = decoded.arrays["code"].shape[:2]
    # Some versions turn when they write, others say so in the file: both end upright.
    assert shape in ((17, 12), (12, 17))
    assert (decoded.facts["height"], decoded.facts["width"]) == shape


def test_a_picture_of_too_many_pixels_is_refused_by_its_header(tmp_path: Path) -> None:
    write(tmp_path / "a.heic", sdr_frame(64, 128))
    whole = (tmp_path / "a.heic").read_bytes()
    (tmp_path / "a.heic").write_bytes(whole[: whole.index(b"mdat") + 4])

    with pytest.raises(LimitError, match="128 x 64"):
        decode_heic(str(tmp_path / "a.heic"), Limits(pixels=4096))


def test_a_file_cut_short_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.heic", sdr_frame())
    path = tmp_path / "a.heic"
    path.write_bytes(path.read_bytes()[:-200])

    with pytest.raises(FileError, match="cut short or damaged"):
        decode_heic(str(path), Limits())
    path.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(FileError, match="it is a JPEG picture, not a HEIC"):
        decode_heic(str(path), Limits())


def test_without_the_extra_the_reason_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.heic", sdr_frame())

    def missing(package: str, purpose: str, extra: str) -> None:
        raise MissingError(f'{purpose} needs the package {package}: pip install "x[{extra}]"')

    monkeypatch.setattr(heic_decode, "optional", missing)

    with pytest.raises(MissingError, match="reading a HEIC needs the package pillow_heif"):
        decode_heic(str(tmp_path / "a.heic"), Limits())
