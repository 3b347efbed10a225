"""An .npy of anybody is an array of numbers or a refusal."""

import io
from pathlib import Path

import numpy as np
import pytest

from isp.core.errors import FileError, LimitError
from isp.files.limits import Limits
from isp.files.npy import read_npy


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<u2", ">i2", "|b1", "<f8"])
def test_numbers_come_back_in_the_machines_order(tmp_path: Path, dtype: str) -> None:
    array = np.arange(6).reshape(2, 3).astype(dtype)
    np.save(tmp_path / "a.npy", array)

    read = read_npy(tmp_path / "a.npy")

    assert read.dtype.isnative
    assert np.array_equal(read, array)
    read[0, 0] = 1  # the file is not mapped any more
    assert np.array_equal(np.load(tmp_path / "a.npy"), array)


def test_fortran_order_is_understood(tmp_path: Path) -> None:
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.save(tmp_path / "a.npy", array)

    assert np.array_equal(read_npy(tmp_path / "a.npy"), array)


def npy_with_header(header: str) -> bytes:
    text = header.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a .npy by its first bytes"),
        (b"PK\x03\x04", "not a .npy by its first bytes"),
        (b"\x93NUMPY\x01\x00\xff\xff", "not a readable .npy"),
        (npy_with_header("__import__('os').system('true')"), "not a readable .npy"),
        (npy_with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999,)}"),
         "not a readable .npy"),
        (npy_with_header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}") + b"\0" * 8,
         "not a readable .npy"),
        (npy_with_header("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}") + b"\0" * 8,
         "it holds complex64; real numbers"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_naming_file_and_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "a.npy").write_bytes(content)

    with pytest.raises(FileError, match=reason) as caught:
        read_npy(tmp_path / "a.npy")
    assert str(tmp_path / "a.npy") in str(caught.value)


def test_a_missing_file_and_an_archive_by_another_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        read_npy(tmp_path / "none.npy")
    held = io.BytesIO()
    np.savez(held, a=np.zeros(2))
    (tmp_path / "a.npy").write_bytes(held.getvalue())
    with pytest.raises(FileError, match=r"not a \.npy by its first bytes"):
        read_npy(tmp_path / "a.npy")


def test_more_values_than_allowed_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((10, 11), np.uint8))

    with pytest.raises(LimitError, match="the limit is"):
        read_npy(tmp_path / "a.npy", Limits(pixels=100))
