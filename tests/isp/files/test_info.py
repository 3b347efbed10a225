"""Facts of a file come without its pixels, and without torch for a camera's file."""

import subprocess
import sys
from pathlib import Path

import pytest

from isp.core.errors import FileError
from isp.files.dng import write_dng
from isp.files.dump import DumpFlags
from isp.files.exr import write_exr
from isp.files.info import info
from isp.files.picture import write_picture
from isp.files.save import write
from tests.isp.files.samples import camera, linear_frame, raw_frame, sdr_frame


def test_a_raw_tells_levels_shot_and_noise(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(camera()))

    facts = info(tmp_path / "a.dng")

    assert facts["file"] == str(tmp_path / "a.dng")
    assert (facts["width"], facts["height"], facts["iso"]) == (61, 40, 400.0)
    assert facts["exposure_time_s"] == pytest.approx(1 / 60)
    assert facts["black_level_dn"] == [60.0] * 4
    assert facts["noise_profile"][0] == pytest.approx(0.8 / (4095 - 60))


def test_each_kind_of_file_tells_its_size(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.exr", linear_frame())
    write_picture(tmp_path / "a.tif", sdr_frame())
    (tmp_path / "a.raw").write_bytes(bytes(2 * 12 * 17))
    flags = DumpFlags(width=17, height=12, bits=12, cfa="RGGB", black_level=(0.0,))
    asked = {"a.exr": None, "a.tif": None, "a.raw": flags}

    found = [info(tmp_path / name, flags=f) for name, f in asked.items()]

    assert [(f["width"], f["height"]) for f in found] == [(17, 12)] * 3
    assert [f["kind"] for f in found] == ["scene", "picture", "mosaic"]


@pytest.mark.parametrize("name", ["a.avif", "a.heic", "a.jxl"])
def test_a_delivered_picture_tells_its_bits_and_colours(name: str, tmp_path: Path) -> None:
    if not name.endswith("jxl"):
        pytest.importorskip("pylibheif", reason="the extra `codecs` is not installed")
        pytest.importorskip("pillow_heif", reason="the extra `codecs` is not installed")
    write(tmp_path / name, linear_frame(), hdr="pq")

    facts = info(tmp_path / name)

    assert (facts["kind"], facts["width"], facts["height"]) == ("picture", 17, 12)
    assert facts["cicp"] == [9, 16, 0, 1]
    assert facts["bit_depth"] == (16 if name == "a.jxl" else 10)
    if name == "a.avif":
        assert facts["max_cll_cd_m2"] > facts["max_fall_cd_m2"] > 1


def test_a_file_that_cannot_be_decoded_has_no_facts(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(camera()))
    (tmp_path / "a.dng").write_bytes((tmp_path / "a.dng").read_bytes()[:3000])

    with pytest.raises(FileError, match="cut short"):
        info(tmp_path / "a.dng")
    (tmp_path / "b.txt").write_text("words\n")
    with pytest.raises(FileError, match="it is a text file"):
        info(tmp_path / "b.txt")


def test_a_cameras_file_needs_no_torch(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(camera()))
    code = (
        "import sys; from isp.files.info import info; info(sys.argv[1]); "
        "print('torch' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.dng")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.strip() == "False"
