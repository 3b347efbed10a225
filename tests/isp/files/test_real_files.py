"""Every real file opens with the geometry of its index, or is refused for the true reason."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from isp.core.domain import Domain
from isp.core.errors import FileError, LimitError
from isp.core.frame import Frame
from isp.files.dump import DumpFlags
from isp.files.open import read
from isp.files.raw import read_raw

DATA = Path(
    os.environ.get("FULLWELL_DATA", Path(__file__).resolve().parents[4] / "shared" / "data")
)

# A word of the true reason, as the indexes and their notes give it.
RAW_REFUSALS = {
    "RAW_KODAK_C330_FORMAT_NONE_YRGB.raw": "no raw format's signature",
    "exiftool_CanonRaw.cr2": "finds no raw picture",
    "exiftool_CanonRaw.cr3": "runs out of data",
    "exiftool_CanonRaw.crw": "runs out of data",
    "exiftool_DNG.dng": "needs 140 strips or tiles, but only 1",
    "exiftool_FujiFilm.raf": "runs out of data",
    "exiftool_Minolta.mrw": "runs out of data",
    "exiftool_Nikon.nef": "LibRaw cannot decode",
    "exiftool_Panasonic.rw2": "reaches to byte 20524114, but the file has 12344",
    "exiftool_PhaseOne.iiq": "runs out of data",
    "exiftool_SigmaDP2.x3f": "too big",
    "iphone12pro_IMG_1361_pruned.dng": "cut short or pruned",
    "filetype_fixture-Leica-M10_first100kB.dng": "but the file has 100000 bytes",
}
HDR_REFUSALS = {
    "all_half_values.exr": "6138 values are NaN and 6 infinite",
    "bright_rings_nan_inf.exr": "6 values are NaN and 12 infinite",
    "deep_scanline_crop.exr": "deep data",
    "wide_float_g_only.exr": "no R, G, B and no Y, only G",
    "damaged_02.exr": "453.0 megapixels",
    "empty.exr": "the file is empty",
    "truncated_30pct.hdr": "cut short or damaged",
    "bad_magic.hdr": "of no known format",
}


def entries(index: str) -> list[dict[str, Any]]:
    """Entries of an index; none where the data are not (the tests then skip, saying so)."""
    path = DATA / index
    return json.loads(path.read_text())["files"] if path.is_file() else []


def flags_for(entry: dict[str, Any]) -> DumpFlags | None:
    """What the index says of a file without a header."""
    if not re.search("headerless|holding a mosaic", entry.get("type", "")):
        return None
    black = entry["black_level"]
    levels = black if isinstance(black, list) else [12.5 if isinstance(black, str) else black]
    return DumpFlags(
        width=entry["width"],
        height=entry["height"],
        bits=entry["bit_depth"],
        cfa=entry["cfa"][:4],
        black_level=tuple(float(v) for v in levels),
        white_level=float(entry["white_level"]),
    )


def size_of(entry: dict[str, Any]) -> tuple[int, int]:
    """Height and width that a reader shows: the active area's."""
    if "active_area_top_left_bottom_right" in entry:
        top, left, bottom, right = entry["active_area_top_left_bottom_right"]
        return bottom - top, right - left
    return entry["height"], entry["width"]


def opened(entry: dict[str, Any], folder: str) -> Frame:
    return read(DATA / folder / entry["file"], flags=flags_for(entry))


@pytest.mark.parametrize("entry", entries("raw/raw_index.json"), ids=lambda e: Path(e["file"]).name)
def test_every_raw_file_opens_right_or_is_refused_truly(
    entry: dict[str, Any], shared_data: Path
) -> None:
    reason = RAW_REFUSALS.get(Path(entry["file"]).name)
    if reason is not None:
        with pytest.raises((FileError, LimitError), match=reason):
            opened(entry, "raw")
        return

    frame = opened(entry, "raw")

    assert frame.size == size_of(entry)
    if entry["cfa"] is not None:
        assert frame.domain is Domain.RAW
        assert frame.profile is not None
        assert frame.profile.cfa.name == entry["cfa"][:4]
        assert frame.profile.white_level_dn == entry["white_level"]
        if isinstance(entry["black_level"], int):
            assert set(frame.profile.black_level_dn) == {entry["black_level"]}


@pytest.mark.parametrize("entry", entries("hdr/hdr_index.json"), ids=lambda e: Path(e["file"]).name)
def test_every_scene_opens_right_or_is_refused_truly(
    entry: dict[str, Any], shared_data: Path
) -> None:
    name = Path(entry["file"]).name
    if name in HDR_REFUSALS or "expected" in entry:
        words = HDR_REFUSALS.get(name, "damaged|cut short")
        with pytest.raises((FileError, LimitError), match=f"{name}: .*({words})"):
            opened(entry, "hdr")
        return

    frame = opened(entry, "hdr")

    assert frame.domain is Domain.SCENE
    assert frame.size == (entry["height"], entry["width"])
    if entry.get("channel_max") and "R" in entry["channels"]:
        highest = frame.data.amax(dim=(0, 2, 3)).tolist()
        assert highest == pytest.approx(entry["channel_max"], rel=1e-3)
    if "whiteLuminance" in entry:
        assert frame.colour is not None
        assert frame.colour.anchor_cd_m2 == entry["whiteLuminance"]
        assert frame.colour.primaries == pytest.approx(entry["chromaticities"])


def test_the_indexes_are_where_they_should_be(shared_data: Path) -> None:
    assert len(entries("raw/raw_index.json")) == 26
    assert len(entries("hdr/hdr_index.json")) == 79


def test_libraws_guess_by_length_is_never_asked_for(shared_data: Path) -> None:
    # LibRaw opens this 768 x 512 16-bit file as 1024 x 768 8-bit.
    with pytest.raises(FileError, match="no raw format's signature"):
        read_raw(shared_data / "raw/alam_isp/DSC_1339_768x512_rggb.raw")


def test_the_colour_chart_keeps_what_its_tags_say(shared_data: Path) -> None:
    frame = read_raw(shared_data / "colorchecker/canon_550d_colorchart.dng")

    assert frame.profile is not None
    assert frame.shot.white_balance is not None
    assert frame.profile.black_level_dn == (2056.0,) * 4
    assert (frame.profile.white_level_dn, frame.profile.bit_depth) == (15000.0, 14)
    balance = frame.shot.white_balance[0].tolist()
    assert balance == pytest.approx([2.477 / 1.0, 1.0, 2.477 / 1.462])
    assert frame.profile.colour_matrices[0].xyz_to_camera[0] == (0.6461, -0.1164, -0.0857)
    assert frame.shot.exposure_time_s is None  # the file says 0 s, which nobody exposed


def test_a_lossy_linear_dng_is_camera_light(shared_data: Path) -> None:
    frame = read_raw(shared_data / "raw/dng/canon_eos_6d_lossy_linear.dng")

    # First codes 56, 50, 54 through the file's polynomial 0.0078125 x + 0.9921875 x^3.
    expected = [(0.0078125 * x + 0.9921875 * x**3) for x in (c / 255 for c in (56, 50, 54))]
    assert frame.domain is Domain.CAMERA
    assert frame.shot.white_balance is not None
    light = (frame.data[0, :, 0, 0] / frame.shot.white_balance[0]).tolist()
    assert light == pytest.approx(expected, abs=1.5 / 65535)
    assert frame.history[0][1]["opcodes_executed_by_libraw"][0]["name"] == "MapPolynomial"


def test_a_raw_rgb_png_keeps_its_sixteen_bits(shared_data: Path) -> None:
    name = "raw/c5_imx135/S_IMX135_BLCCSC_field_001_sensorname_sony_imx135.png"

    frame = read(shared_data / name)

    code = frame.data * 65535
    assert frame.history[0][1]["bit_depth"] == 16
    assert len(code.round().unique()) > 256
