"""A folder of captures is understood by its descriptor, its metadata or its names."""

from pathlib import Path

import numpy as np
import pytest

from calibration import capture_folder
from calibration.capture_folder import find_captures
from calibration.emva_descriptor import Descriptor, Exposure, descriptor_text
from isp.core.domain import Domain
from isp.core.errors import CalibrationError, FileError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.dng import write_dng
from isp.files.dump import DumpFlags
from isp.files.profile import load_profile

MONO = DumpFlags(cfa="MONO", bits=12, black_level=(0.0,))


def write_png(path: Path, value: int) -> None:
    """A 16-bit grey PNG of 6 x 4."""
    import imagecodecs

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(imagecodecs.png_encode(np.full((4, 6), value, np.uint16)))


def write_raw(path: Path, iso: float, time: float, camera: str = "SonyA7S2") -> None:
    """A DNG of a built-in camera."""
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    frame = Frame.start(
        torch.full((1, 1, 32, 32), 600.0),
        Domain.RAW,
        shot=Shot.single(iso=iso, exposure_time_s=time, f_number=4),
        profile=load_profile(camera),
    )
    write_dng(path, frame)


def test_a_descriptor_says_all(tmp_path: Path) -> None:
    for name in ("b1", "b2", "d1", "d2"):
        write_png(tmp_path / "images" / f"{name}.png", 100)
    exposures = [
        Exposure(
            exposure_time_s=1e-3,
            photons=photons,
            paths=tuple(tmp_path / "images" / f"{kind}{i}.png" for i in (1, 2)),
        )
        for kind, photons in (("b", 50.0), ("d", None))
    ]
    text = descriptor_text(
        Descriptor(bit_depth=12, width=6, height=4, exposures=tuple(exposures)), tmp_path
    )
    (tmp_path / "set.txt").write_text(text)

    found = find_captures(tmp_path)

    assert (found.bit_depth, found.cfa.name, found.white_level_dn) == (12, "MONO", 4095)
    assert found.iso_name(100.0) == "ISO 100 (none stated)"
    flat, dark = found.stacks
    assert (flat.photons, flat.dark, dark.dark) == (50.0, False, True)
    assert [frame.mean() for frame in flat.frames()] == [100, 100]
    assert find_captures(tmp_path / "set.txt").stacks[0].name == flat.name


def described(folder: Path, size: str = "12 6 4", name: str = "set.txt") -> Path:
    """A descriptor of one dark, and its picture of 6 x 4 with code 100."""
    write_png(folder / "1.png", 100)
    (folder / name).write_text(f"v 3.0\nn {size}\nd 1000\ni 1.png\n")
    return folder


def test_two_descriptors_in_a_folder_are_refused_by_name(tmp_path: Path) -> None:
    described(tmp_path, name="old.txt")
    described(tmp_path, name="set.txt")
    (tmp_path / "README.txt").write_text("Shot on Monday.\n")

    with pytest.raises(FileError, match=r"old\.txt and set\.txt are EMVA descriptors"):
        find_captures(tmp_path)
    assert len(find_captures(tmp_path / "old.txt").stacks) == 1


def test_a_picture_of_another_size_than_said_is_refused_with_both(tmp_path: Path) -> None:
    (dark,) = find_captures(described(tmp_path, "12 8 4")).stacks

    with pytest.raises(FileError, match=r"1\.png: it has 6 x 4 .* set\.txt says 8 x 4"):
        list(dark.frames())


def test_codes_beyond_the_bits_that_were_said_are_refused(tmp_path: Path) -> None:
    (dark,) = find_captures(described(tmp_path, "6 6 4")).stacks
    (stated,) = find_captures(tmp_path, flags=DumpFlags(bits=7)).stacks

    with pytest.raises(FileError, match=r"codes up to 100, but 6 bits.* end at 63"):
        list(dark.frames())
    assert len(list(stated.frames())) == 1


@pytest.mark.parametrize("text", ["", "12 6 4\nd 1000\n"])
def test_a_text_that_is_no_descriptor_is_named_beside_the_picture(
    tmp_path: Path, text: str
) -> None:
    described(tmp_path)
    (tmp_path / "set.txt").write_text(text)
    (tmp_path / "README.txt").write_text("Shot on Monday.\n")

    with pytest.raises(FileError, match=r"--cfa.*; set\.txt would be read first"):
        find_captures(tmp_path)
    with pytest.raises(CalibrationError, match=r"dark.*; set\.txt would be read first"):
        find_captures(tmp_path, flags=MONO)


def test_names_say_what_pngs_do_not(tmp_path: Path) -> None:
    for index in (1, 2):
        write_png(tmp_path / "flats" / f"10ms_{index}.png", 500)
        write_png(tmp_path / "darks" / "iso400" / f"20ms_{index}.png", 5)

    found = find_captures(tmp_path, flags=MONO)

    assert found.iso_name(400.0) == "ISO 400"

    assert {(s.dark, s.exposure_time_s, s.iso, s.count) for s in found.stacks} == {
        (False, 0.01, 100.0, 2), (True, 0.02, 400.0, 2),
    }  # fmt: skip


def test_raws_say_it_in_their_metadata(tmp_path: Path) -> None:
    for index in (1, 2):
        write_raw(tmp_path / "flat" / f"{index}.dng", 800, 0.01)
        write_raw(tmp_path / "dark" / f"{index}.dng", 800, 0.01)

    found = find_captures(tmp_path)

    assert found.isos == (800,)
    assert found.cfa.name == "RGGB"
    assert found.black_level_dn == (512, 512, 512, 512)
    assert sorted(stack.count for stack in found.stacks) == [2, 2]
    assert next(iter(found.stacks[0].frames())).shape == (32, 32)


def test_raws_are_sorted_by_their_tags_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the first is decoded while they are sorted, and the stacks are the same as of all."""
    for index, (kind, time) in enumerate([("flat", 0.01), ("flat", 1 / 60), ("dark", 1 / 60)] * 2):
        write_raw(tmp_path / kind / f"{index}.dng", 800, time)
    decoded = []
    whole = capture_folder.read

    def counted(path: Path, **options: object) -> Frame:
        decoded.append(path.name)
        return whole(path, **options)

    monkeypatch.setattr(capture_folder, "read", counted)
    by_tags = find_captures(tmp_path)
    once = list(decoded)
    monkeypatch.setattr(capture_folder, "read_shot_tags", lambda path, limits: None)
    by_pixels = find_captures(tmp_path)

    assert once == ["2.dng"]  # the first of dark/
    assert len(decoded) == 1 + 6
    assert [(s.dark, s.count) for s in by_tags.stacks] == [(False, 2), (False, 2), (True, 2)]
    for one, other in zip(by_tags.stacks, by_pixels.stacks, strict=True):
        assert (one.name, one.dark, one.iso, one.count) == (
            other.name, other.dark, other.iso, other.count,
        )  # fmt: skip
        assert one.exposure_time_s == pytest.approx(other.exposure_time_s, rel=1e-6)


def test_a_raw_of_another_camera_is_refused_when_its_stack_is_opened(tmp_path: Path) -> None:
    write_raw(tmp_path / "dark" / "1.dng", 800, 0.01)
    write_raw(tmp_path / "dark" / "2.dng", 800, 0.01, camera="CanonEOS700D")

    (stack,) = find_captures(tmp_path).stacks

    with pytest.raises(CalibrationError, match=r"2\.dng: white level"):
        list(stack.frames())


def test_a_file_that_says_neither_flat_nor_dark_is_named(tmp_path: Path) -> None:
    write_png(tmp_path / "10ms.png", 5)

    with pytest.raises(CalibrationError, match=r'10ms\.png.*"flat" or "dark"'):
        find_captures(tmp_path, flags=MONO)


def test_a_file_without_an_exposure_time_is_named(tmp_path: Path) -> None:
    write_png(tmp_path / "darks" / "1.png", 5)

    with pytest.raises(CalibrationError, match=r"1\.png: no exposure time"):
        find_captures(tmp_path, flags=MONO)


def test_a_picture_is_no_capture(tmp_path: Path) -> None:
    write_png(tmp_path / "darks" / "1s.png", 5)

    with pytest.raises(FileError, match="--cfa"):
        find_captures(tmp_path)


def test_two_sizes_are_refused(tmp_path: Path) -> None:
    import imagecodecs

    write_png(tmp_path / "darks" / "1s_1.png", 5)
    (tmp_path / "darks" / "1s_2.png").write_bytes(
        imagecodecs.png_encode(np.full((5, 6), 5, np.uint16))
    )

    with pytest.raises(CalibrationError, match=r"1s_2\.png: size"):
        find_captures(tmp_path, flags=MONO)


def test_an_empty_folder_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no raw, PNG or TIFF"):
        find_captures(tmp_path)
    with pytest.raises(FileError, match="no such folder"):
        find_captures(tmp_path / "nowhere")


def test_frames_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    """A fade is told from flicker by it."""
    for number in range(1, 13):
        write_png(tmp_path / "flats" / f"10ms_{number}.png", number)

    (stack,) = find_captures(tmp_path, flags=MONO).stacks

    assert [int(frame[0, 0]) for frame in stack.frames()] == list(range(1, 13))
