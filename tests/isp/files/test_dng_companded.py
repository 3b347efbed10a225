"""A DNG of a companding sensor stores codes and a table, from which readers take the same DN."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rawpy
import tifffile
import torch

from isp.core.cfa import Cfa
from isp.core.companding import compand, nearest_code
from isp.core.errors import FrameError
from isp.core.frame import Frame
from isp.files.dng import write_dng
from isp.files.raw import read_raw
from tests.isp.files.samples import camera, raw_frame

# 14 bits of DN in 8, 10 or 16 bits of code; the first ones a DN apart.
TABLES = {
    "8 bits": tuple(max(c, round(16383 * (c / 255) ** 2)) for c in range(256)),
    "10 bits": tuple(range(512)) + tuple(512 + 31 * c for c in range(511)) + (16383,),
    "all": tuple(range(16384)),
    "two": (60, 16383),
}


def companded(cfa: Cfa, table: tuple[int, ...]) -> Frame:
    profile = camera(cfa, 14, tuple(60.0 for _ in range(cfa.period[0] * cfa.period[1])))
    matrices = () if cfa == Cfa.MONO else profile.colour_matrices
    profile = replace(profile, linearization_table_dn=table, colour_matrices=matrices)
    frame = raw_frame(profile)
    return replace(frame, data=compand(frame.data, table))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("cfa", [Cfa.GRBG, Cfa.XTRANS, Cfa.MONO], ids=lambda c: c.name)
def test_a_companded_file_stores_codes_that_libraw_expands(
    cfa: Cfa, name: str, tmp_path: Path
) -> None:
    table = TABLES[name]
    frame = companded(cfa, table)
    write_dng(tmp_path / "a.dng", frame)

    with tifffile.TiffFile(tmp_path / "a.dng") as tiff:
        tags = tiff.pages[0].tags
        assert tuple(tags[50712].value) == table
        assert tags[50712].dtype == tifffile.DATATYPE.SHORT
        codes = tiff.pages[0].asarray()
    with rawpy.imread(str(tmp_path / "a.dng")) as raw:
        dn, white = raw.raw_image.copy(), raw.white_level
        black = set(raw.black_level_per_channel)

    assert np.array_equal(codes, nearest_code(frame.data[0, 0], table).numpy())
    assert np.array_equal(np.asarray(table)[codes], dn)
    assert np.array_equal(dn, frame.data[0, 0].numpy())
    assert (white, black) == (16383, {60})  # on the scale of the table's levels


@pytest.mark.parametrize("with_sidecar", [True, False])
def test_we_read_a_companded_file_as_dn(with_sidecar: bool, tmp_path: Path) -> None:
    frame = companded(Cfa.RGGB, TABLES["8 bits"])
    write_dng(tmp_path / "a.dng", frame)
    if not with_sidecar:
        (tmp_path / "a.json").unlink()

    back = read_raw(tmp_path / "a.dng")

    assert torch.equal(back.data, frame.data)
    assert back.profile is not None
    assert (back.profile.white_level_dn, back.profile.bit_depth) == (16383.0, 14)
    assert back.profile.black_level_dn == (60.0,) * 4


def test_dn_that_no_code_stands_for_are_counted_and_refused(tmp_path: Path) -> None:
    frame = companded(Cfa.RGGB, TABLES["10 bits"])
    data = frame.data.clone()
    data[0, 0, 3, 4], data[0, 0, 5, 6] = 513, 16382

    with pytest.raises(FrameError, match="2 DN are not in the linearization table"):
        write_dng(tmp_path / "a.dng", replace(frame, data=data))

    assert list(tmp_path.iterdir()) == []


def test_a_table_beyond_16_bits_is_refused(tmp_path: Path) -> None:
    frame = raw_frame(replace(camera(), bit_depth=20, linearization_table_dn=(0, 2**20 - 1)))

    with pytest.raises(FrameError, match="its table ends at DN 1048575"):
        write_dng(tmp_path / "a.dng", replace(frame, data=torch.zeros_like(frame.data)))


@pytest.mark.parametrize(
    ("table", "white"),
    [((0, 200, 500, 690, 720, 4095), 690), ((0, 200, 500, 680, 705, 4095), 700)],
    ids=["the well's level is below it", "above it"],
)
def test_white_of_a_companded_shallow_well_is_what_the_file_can_hold(
    table: tuple[int, ...], white: int, tmp_path: Path, shallow: Frame
) -> None:
    """The well fills at 700 DN: stored as 690, or as 705, which is no less than 700."""
    profile = replace(shallow.need_profile(), linearization_table_dn=table)
    frame = replace(shallow, data=compand(shallow.data, table), profile=profile)
    write_dng(tmp_path / "a.dng", frame)

    with rawpy.imread(str(tmp_path / "a.dng")) as raw:
        assert raw.white_level == white
        assert bool((raw.raw_image[16:] >= white).all())


@pytest.mark.parametrize("table", [(0, 200, 500, 690, 720, 4095), (0, 200, 500, 680, 705, 4095)])
def test_a_full_companded_well_is_clipped_in_the_file_read_back(
    table: tuple[int, ...], tmp_path: Path, shallow: Frame
) -> None:
    profile = replace(shallow.need_profile(), linearization_table_dn=table)
    frame = replace(shallow, data=compand(shallow.data, table), profile=profile)
    write_dng(tmp_path / "a.dng", frame)

    back = read_raw(tmp_path / "a.dng")

    assert bool(back.clipped[..., 16:, :].all())
    assert not bool(back.clipped[..., :16, :].any())
    assert back.need_profile().linearization_table_dn == table
