"""A raw file becomes a frame of DN with masks, levels and the camera's noise."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FileError, LimitError, UsageError
from isp.files.dng import write_dng
from isp.files.dump import DumpFlags, write_dump
from isp.files.limits import Limits
from isp.files.raw import read_raw
from tests.isp.files import test_dng_tags
from tests.isp.files.samples import camera, png_header, raw_frame

FLAGS = DumpFlags(bits=10, cfa="GBRG", black_level=(64.0,), wb=(2.0, 1.0, 1.5))


def test_saturated_and_floored_photosites_are_clipped(tmp_path: Path) -> None:
    frame = raw_frame(camera())
    write_dng(tmp_path / "a.dng", frame)

    back = read_raw(tmp_path / "a.dng")

    # 3 sigma = 3 * 0.8 DN/e- * 2.5 e- = 6 DN below white.
    expected = (frame.data >= 4095 - 6) | (frame.data == 0)
    assert torch.equal(back.clipped, expected)
    assert torch.equal(back.measured, ~expected)


def test_black_deltas_leave_a_flat_black(tmp_path: Path) -> None:
    across = np.arange(60) % 4
    dn = np.full((40, 60), 64, np.uint16) + across.astype(np.uint16)
    deltas = tuple(int(n) for v in across for n in (v, 1))
    path = test_dng_tags.write_dng(
        tmp_path / "a.dng", {50714: (3, 1, 64), 50715: ("2i", 60, deltas)}, dn
    )

    frame = read_raw(path)

    assert frame.profile is not None
    assert frame.profile.black_level_dn == (65.5,) * 4  # 64 and the mean delta
    assert torch.equal(frame.data, torch.full((1, 1, 40, 60), 65.5))
    assert "uneven_black_level" in frame.history[0][1]


def test_a_profile_adds_its_noise_and_keeps_the_files_levels(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(camera(Cfa.GBRG)))
    known = replace(camera(), full_well_e=9000.0, black_level_dn=(1.0,) * 4)

    back = read_raw(tmp_path / "a.dng", profile=known)

    assert back.profile is not None
    assert (back.profile.full_well_e, back.profile.name) == (9000.0, "test camera")
    assert (back.profile.cfa, back.profile.black_level_dn) == (Cfa.GBRG, (60.0,) * 4)
    assert back.history[0][1]["camera"] == "test camera"


def test_a_profile_fills_the_flags_of_a_dump(tmp_path: Path) -> None:
    dn = np.arange(48, dtype=np.uint16).reshape(6, 8)
    (tmp_path / "a.raw").write_bytes(dn.tobytes())

    frame = read_raw(tmp_path / "a.raw", flags=DumpFlags(width=8, height=6), profile=camera())

    assert frame.data[0, 0].tolist() == dn.tolist()
    assert frame.profile is not None
    assert frame.profile.white_level_dn == 4095.0


def test_a_dump_with_a_sidecar_needs_no_flag(tmp_path: Path) -> None:
    dn = np.arange(48, dtype=np.uint16).reshape(6, 8)
    write_dump(tmp_path / "a.raw", dn, FLAGS)

    frame = read_raw(tmp_path / "a.raw")

    assert frame.domain is Domain.RAW
    assert frame.data[0, 0].tolist() == dn.tolist()
    assert frame.profile is not None
    assert frame.shot.white_balance is not None
    assert frame.profile.cfa is not None
    assert frame.profile.cfa.name == "GBRG"
    assert frame.shot.white_balance.tolist() == [[2.0, 1.0, 1.5]]


def test_a_dump_that_looks_like_text_is_read_as_it_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(b"@" * 48)

    flags = DumpFlags(width=8, height=6, bits=8, cfa="RGGB", black_level=(0.0,))

    assert read_raw(tmp_path / "a.raw", flags=flags).data.unique().tolist() == [64.0]


def test_a_camera_of_another_pattern_is_refused_and_a_shifted_one_is_not(tmp_path: Path) -> None:
    """GBRG is RGGB seen from its second row; no Bayer pattern is X-Trans."""
    write_dng(tmp_path / "a.dng", raw_frame(camera(Cfa.GBRG)))

    with pytest.raises(UsageError, match=r"a\.dng: its pattern is GBRG, but the camera test"):
        read_raw(tmp_path / "a.dng", profile=camera(Cfa.XTRANS))
    with pytest.raises(UsageError, match="the camera test camera has"):
        read_raw(tmp_path / "a.dng", profile=camera(Cfa.MONO))
    assert read_raw(tmp_path / "a.dng", profile=camera()).need_profile().cfa == Cfa.GBRG


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.dng", b"\x89PNG\r\n\x1a\n0000", "it is a PNG picture, not a camera raw"),
        ("a.dng", b"shopping list: bread\n", "it is a text file, not a camera raw"),
        ("a.dng", b"", "the file is empty"),
        ("a.nef", bytes(range(128, 256)), "no raw format's signature"),
    ],
)
def test_what_is_no_raw_is_refused_by_what_it_is(
    name: str, content: bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(FileError, match=f"{name}: .*{words}"):
        read_raw(tmp_path / name)


def test_a_folder_is_no_raw(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="it is a folder"):
        read_raw(tmp_path)


def test_our_own_dng_cut_short_is_refused(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(camera()))
    whole = (tmp_path / "a.dng").read_bytes()
    # The EXIF IFD is behind the pixels: cut into the pixels.
    (tmp_path / "a.dng").write_bytes(whole[:3000])

    with pytest.raises(FileError, match=r"a\.dng: it is cut short or pruned"):
        read_raw(tmp_path / "a.dng")


def test_a_mosaic_png_over_the_limit_is_refused_by_its_header(tmp_path: Path) -> None:
    path = png_header(tmp_path / "a.png", 20_000, 10_001)

    with pytest.raises(LimitError, match=r"a\.png: 20000 x 10001 is 200\.0 megapixels"):
        read_raw(path, flags=FLAGS)


def test_a_decoder_is_stopped_after_the_time_allowed(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(camera()))

    with pytest.raises(LimitError, match=r"a\.dng: decoding it took more than"):
        read_raw(tmp_path / "a.dng", limits=Limits(seconds=0.001))


def test_layout_flags_for_a_real_raw_are_refused(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(camera()))

    with pytest.raises(UsageError, match="says its layout itself; width, bits"):
        read_raw(tmp_path / "a.dng", flags=DumpFlags(width=61, bits=12))


def test_levels_that_do_not_fit_are_a_file_error(tmp_path: Path) -> None:
    path = test_dng_tags.write_dng(tmp_path / "a.dng", {50714: (3, 1, 2000)})

    with pytest.raises(FileError, match="black_level_dn 2000 is not below white_level_dn 1023"):
        read_raw(path)


def test_the_history_holds_no_path_of_the_machine(tmp_path: Path) -> None:
    write_dng(tmp_path / "a.dng", raw_frame(camera()))

    assert str(tmp_path) not in json.dumps(read_raw(tmp_path / "a.dng").history)
