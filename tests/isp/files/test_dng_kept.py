"""A DNG that went through a stage keeps the tags of its file, but for what the stage changed."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch

from isp.core.domain import Domain
from isp.core.errors import FrameError
from isp.core.frame import Frame
from isp.files.dng import write_dng
from isp.files.dng_kept import file_tags
from isp.files.dng_opcodes import opcode_bytes
from isp.files.raw import read_raw
from isp.files.tiff_tags import RawTag, by_code
from isp.stages.black_level import BlackLevel
from isp.stages.opcodes import OpcodesMosaic
from isp.stages.white_balance import WhiteBalance
from tests.isp.files.opcode_samples import area, gain_map, opcode
from tests.isp.files.rich_dng import rich_dng

# Names, artist, calibration, balance, profile, forward matrix, and what the lens was.
SURVIVE = (271, 272, 306, 315, 50708, 50721, 50723, 50727, 50728, 50730, 50736, 50778, 50936,
           50964, 51041, 50719, 50720)  # fmt: skip


def tags_of(path: Path, ifd: str = "main") -> dict[int, RawTag]:
    return dict(by_code(file_tags(read_raw(path)), ifd))


def mosaic_of(path: Path) -> Frame:
    frame = read_raw(path)
    return BlackLevel(frame.need_profile().cfa).develop(frame)


@pytest.mark.parametrize("compression", ["none", "jpeg_xl"])
def test_a_mosaic_that_was_changed_keeps_every_tag_byte_by_byte(
    compression: str, tmp_path: Path
) -> None:
    rich_dng(tmp_path / "a.dng")
    mosaic = mosaic_of(tmp_path / "a.dng")
    changed = replace(mosaic, data=mosaic.data * 0.5)
    write_dng(tmp_path / "b.dng", changed, compression=compression)

    before, after = tags_of(tmp_path / "a.dng"), tags_of(tmp_path / "b.dng")

    assert set(SURVIVE) <= set(before)
    for code in SURVIVE:
        assert after[code] == before[code], code
    exif = tags_of(tmp_path / "b.dng", "exif")
    assert exif == tags_of(tmp_path / "a.dng", "exif")
    assert exif[42036].payload == b"50mm f2\0"
    assert exif[33434].payload == np.array([10, 600], "<u4").tobytes()  # 10/600, as it stood
    assert 37500 not in exif  # the maker's note holds positions in the old file
    assert tags_of(tmp_path / "b.dng", "gps")[1].payload == b"N\0"


def test_an_untouched_mosaic_gives_back_the_very_dn(tmp_path: Path) -> None:
    dn = rich_dng(tmp_path / "a.dng")
    mosaic = mosaic_of(tmp_path / "a.dng")
    write_dng(tmp_path / "b.dng", mosaic)

    back = read_raw(tmp_path / "b.dng")

    factor = 65535 // 4000
    assert np.array_equal(back.data[0, 0].numpy(), factor * dn)
    assert back.need_profile().black_level_dn == tuple(factor * b for b in (60, 64, 66, 70))
    again = BlackLevel(back.need_profile().cfa).develop(back)
    torch.testing.assert_close(again.data, mosaic.data, rtol=0, atol=1e-6)


def test_white_balance_is_not_stored_twice(tmp_path: Path) -> None:
    rich_dng(tmp_path / "a.dng")
    mosaic = mosaic_of(tmp_path / "a.dng")
    dim = replace(mosaic, data=mosaic.data * 0.4)
    write_dng(tmp_path / "b.dng", dim)
    write_dng(tmp_path / "c.dng", WhiteBalance(mosaic.need_profile().cfa).develop(dim))

    plain, balanced = read_raw(tmp_path / "b.dng"), read_raw(tmp_path / "c.dng")

    assert abs(plain.data - balanced.data).max() <= 1  # float32's last digit may round either way
    for frame in (plain, balanced):
        assert frame.shot.white_balance is not None
        assert frame.shot.white_balance[0].tolist() == pytest.approx([2.0, 1.0, 1.5])


def test_changed_numbers_are_ours_and_the_rest_is_the_files(tmp_path: Path) -> None:
    rich_dng(tmp_path / "a.dng")
    frame = mosaic_of(tmp_path / "a.dng")
    shot = replace(
        frame.shot, iso=torch.tensor([800.0]), exposure_time_s=torch.tensor([0.125]),
        white_balance=torch.tensor([[2.0, 1.0, 1.0]]), orientation=3,
    )  # fmt: skip
    profile = frame.need_profile().with_fields(colour_matrices=())
    write_dng(tmp_path / "b.dng", replace(frame, shot=shot, profile=profile))

    back, tags = read_raw(tmp_path / "b.dng"), tags_of(tmp_path / "b.dng")

    assert back.shot.iso is not None
    assert back.shot.exposure_time_s is not None
    assert back.shot.white_balance is not None
    assert (back.shot.iso.item(), back.shot.exposure_time_s.item()) == (800.0, 0.125)
    assert back.shot.white_balance[0].tolist() == pytest.approx([2.0, 1.0, 1.0])
    assert back.shot.orientation == 3
    # The camera's matrix went, and with it all that is meaningless without it.
    assert not {50721, 50723, 50727, 50778, 50964} & set(tags)
    assert tags[271].payload == b"Maker\0"


def test_another_forward_matrix_takes_the_place_of_the_files(tmp_path: Path) -> None:
    rich_dng(tmp_path / "a.dng")
    frame = mosaic_of(tmp_path / "a.dng")
    forward = ((0.6, 0.25, 0.1142), (0.25, 0.9, -0.15), (0.02, -0.1, 0.9049))
    entries = tuple(
        replace(m, forward=forward, calibration=None) for m in frame.need_profile().colour_matrices
    )
    profile = frame.need_profile().with_fields(colour_matrices=entries)
    write_dng(tmp_path / "b.dng", replace(frame, profile=profile))

    pairs = np.frombuffer(tags_of(tmp_path / "b.dng")[50964].payload, "<i4").reshape(9, 2)

    np.testing.assert_allclose(pairs[:, 0] / pairs[:, 1], np.ravel(forward), atol=1e-6)


def test_a_crop_loses_the_crop_tags_of_the_whole(tmp_path: Path) -> None:
    rich_dng(tmp_path / "a.dng")
    frame = read_raw(tmp_path / "a.dng")
    cut = {n: getattr(frame, n)[..., :30, :] for n in ("data", "measured", "clipped", "generated")}
    write_dng(tmp_path / "b.dng", replace(frame, **cut))

    assert not {50719, 50720} & set(tags_of(tmp_path / "b.dng"))


def test_noise_and_exposure_follow_the_light_that_is_called_white(tmp_path: Path) -> None:
    rich_dng(tmp_path / "a.dng")
    frame = mosaic_of(tmp_path / "a.dng")
    write_dng(tmp_path / "b.dng", frame, white=4.0)

    tags = tags_of(tmp_path / "b.dng")

    noise = np.frombuffer(tags[51041].payload, "<f8")
    assert noise == pytest.approx([1e-4 / 4, 1e-6 / 16, 2e-4 / 4, 2e-6 / 16, 3e-4 / 4, 3e-6 / 16])
    assert np.frombuffer(tags[50730].payload, "<i4").tolist() == [
        1_700_000,
        1_000_000,
    ]  # -0.3 + 2 stops


LIST_2 = opcode_bytes([opcode(9, gain_map(area(), np.full((1, 1, 1), 0.5)))])


def test_an_opcode_list_is_kept_until_it_is_carried_out(tmp_path: Path) -> None:
    rich_dng(tmp_path / "a.dng", {51009: (7, len(LIST_2), LIST_2)})
    mosaic = mosaic_of(tmp_path / "a.dng")
    write_dng(tmp_path / "b.dng", mosaic)
    done = OpcodesMosaic(mosaic.need_profile().cfa).develop(mosaic)
    write_dng(tmp_path / "c.dng", done)

    lists = [read_raw(tmp_path / n).shot.tags["opcode_lists"] for n in ("b.dng", "c.dng")]

    assert [list(found) for found in lists] == [["2"], []]
    with tifffile.TiffFile(tmp_path / "b.dng") as tiff:
        assert bytes(tiff.pages[0].tags[51009].value) == LIST_2
        assert bytes(tiff.pages[0].tags["DNGBackwardVersion"].value) == bytes([1, 3, 0, 0])
    assert torch.equal(done.data, mosaic.data * 0.5)


def test_a_mandatory_list_is_neither_dropped_by_a_crop_nor_by_a_demosaic(tmp_path: Path) -> None:
    rich_dng(tmp_path / "a.dng", {51009: (7, len(LIST_2), LIST_2)})
    frame = read_raw(tmp_path / "a.dng")
    cut = {n: getattr(frame, n)[..., :30, :] for n in ("data", "measured", "clipped", "generated")}
    colours = Frame.start(
        torch.rand(1, 3, *frame.size), Domain.CAMERA, shot=frame.shot, profile=frame.profile
    )

    with pytest.raises(FrameError, match="OpcodeList2 is for another size"):
        write_dng(tmp_path / "b.dng", replace(frame, **cut))
    with pytest.raises(FrameError, match="OpcodeList2 is for the mosaic and was not run"):
        write_dng(tmp_path / "b.dng", colours)
    assert [p.name for p in tmp_path.iterdir()] == ["a.dng"]


@pytest.mark.slow
@pytest.mark.peer
@pytest.mark.parametrize("compression", ["none", "lossless_jpeg"])
def test_exiftool_finds_the_files_tags_and_no_fault(compression: str, tmp_path: Path) -> None:
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    rich_dng(tmp_path / "a.dng")
    write_dng(tmp_path / "b.dng", mosaic_of(tmp_path / "a.dng"), compression=compression)

    done = subprocess.run(
        ["exiftool", "-validate", "-warning", "-error", "-a", "-LensModel", "-Make", "-Artist",
         "-AnalogBalance", "-GPSLatitudeRef", str(tmp_path / "b.dng")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    told = {line.split(":")[0].strip(): line.split(":", 1)[1].strip()
            for line in done.stdout.splitlines()}  # fmt: skip
    assert told == {
        "Validate": "OK", "Lens Model": "50mm f2", "Make": "Maker", "Artist": "The photographer",
        "Analog Balance": "1 1 1.25", "GPS Latitude Ref": "North",
    }  # fmt: skip
