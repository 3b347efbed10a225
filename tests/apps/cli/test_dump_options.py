"""Flags of a headerless dump reach the reader, one by one and together."""

import inspect
import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from apps.cli.dump_options import OPTIONS, dump_flags, takes_dumps
from isp.core.errors import UsageError
from isp.files.dump import DumpFlags
from tests.apps.conftest import Command
from tests.apps.samples import read_codes, refused

DN = (np.arange(24 * 30, dtype=np.uint16).reshape(24, 30) * 5) + 64


def test_no_flag_is_no_dump() -> None:
    assert dump_flags(width=None, black_level=None) is None


def test_black_levels_are_one_or_one_per_site() -> None:
    assert dump_flags(black_level="64") == DumpFlags(black_level=(64.0,))
    assert dump_flags(black_level="1,2,3,4.5", width=8) == DumpFlags(
        black_level=(1.0, 2.0, 3.0, 4.5), width=8
    )


def test_black_levels_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(UsageError, match='--black-level is numbers with commas, not "dark"'):
        dump_flags(black_level="dark")


def test_a_command_gets_the_flags_in_place_of_the_options() -> None:
    @takes_dumps
    def command(name: str, flags: DumpFlags | None = None) -> tuple[str, DumpFlags | None]:
        return name, flags

    assert command(name="a", width=8, height=None) == ("a", DumpFlags(width=8))
    assert command(name="b") == ("b", None)
    assert list(inspect.signature(command).parameters) == ["name", *OPTIONS]
    # What the options say is what the sidecar and the reader know.
    assert set(OPTIONS) <= {field.name for field in fields(DumpFlags)}


def test_every_flag_of_a_layout_is_heeded(fullwell: Command, tmp_path: Path) -> None:
    """Two big-endian frames, msb-aligned 12 bits, 5 bytes before them and 4 after each row."""
    rows = np.zeros((24, 32), dtype=">u2")
    rows[:, :30] = DN << 4
    path = tmp_path / "odd.raw"
    path.write_bytes(b"12345" + np.zeros_like(rows).tobytes() + rows.tobytes())

    answer = fullwell(
        "info", path, "--width", 30, "--height", 24, "--bits", 12, "--packing", "u16",
        "--stride", 64, "--offset", 5, "--endian", "big", "--align", "msb", "--cfa", "GBRG",
        "--black-level", "64", "--white-level", 4000, "--frame", 1, "--json",
    )  # fmt: skip

    assert answer.code == 0, answer.err
    facts = json.loads(answer.out)
    said = {"width": 30, "height": 24, "bit_depth": 12, "white_level_dn": 4000.0}
    assert said.items() <= facts.items()
    assert facts["cfa"] == [["G", "B"], ["R", "G"]]
    assert (facts["minimum_dn"], facts["maximum_dn"]) == (DN.min(), DN.max())


def test_a_dump_is_developed_by_its_flags_and_gains(fullwell: Command, tmp_path: Path) -> None:
    path = tmp_path / "grey.raw"
    np.full((24, 30), 64 + 1000, dtype="<u2").tofile(path)
    flags = ("--width", 30, "--height", 24, "--bits", 12, "--cfa", "RGGB", "--black-level", "64")

    answer = fullwell(
        "develop", path, "-o", tmp_path / "grey.tif", *flags, "--white-level", 4095,
        "--wb", "1,1,1", "--linear", "--camera", "NikonD850",
    )  # fmt: skip

    assert answer.code == 0, answer.err
    # The flags go before the camera, whose white level is 15520.
    wanted = round(65535 * 1000 / (4095 - 64))
    assert abs(read_codes(tmp_path / "grey.tif").astype(int) - wanted).max() <= 1


def test_a_dump_without_enough_flags_says_which_are_missing(
    fullwell: Command, tmp_path: Path
) -> None:
    path = tmp_path / "grey.raw"
    DN.tofile(path)

    answer = fullwell("develop", path, "-o", tmp_path / "out.png", "--width", 30)

    refused(answer, 2, "grey.raw", "--height, --bits, --cfa, --black-level")


def test_a_dump_of_another_size_says_what_would_fit(fullwell: Command, tmp_path: Path) -> None:
    path = tmp_path / "grey.raw"
    DN.tofile(path)
    flags = ("--width", 32, "--height", 24, "--bits", 12, "--cfa", "RGGB", "--black-level", "64")

    answer = fullwell("develop", path, "-o", tmp_path / "out.png", *flags)

    refused(answer, 3, "grey.raw", "32 x 24 u16 with stride 64 needs 1536 bytes", "has 1440")
    assert "would fit" in answer.err


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (("--packing", "zip"), "packing is one of u8, u16, mipi10"),
        (("--endian", "middle"), "endian is one of little, big"),
        (("--align", "top"), "align is one of lsb, msb"),
        (("--bits", "20"), "bits must be at most 16"),
        (("--width", "0"), "width must be at least 1"),
        (("--width", "x"), "--width"),
        (("--black-level", "a,b"), "--black-level"),
    ],
)
def test_a_flag_that_makes_no_sense_is_a_usage_error(
    fullwell: Command, tmp_path: Path, flags: tuple[str, str], reason: str
) -> None:
    path = tmp_path / "grey.raw"
    DN.tofile(path)

    refused(fullwell("info", path, *flags), 2, reason)


def test_flags_of_a_layout_are_refused_for_a_file_that_says_it_itself(
    fullwell: Command, grey_dng: Path
) -> None:
    refused(fullwell("info", grey_dng, "--width", 30), 2, "which says its layout itself")
