"""A MATLAB file holds two tables of numbers of one shape, or it is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isp.core.errors import FileError, LimitError
from isp.files.dorf_decode import decode_dorf
from isp.files.limits import Limits
from isp.files.response_curves import read_dorf

TABLE = np.zeros((2, 4))


def matlab(folder: Path, **values: Any) -> Path:
    from scipy.io import savemat

    savemat(folder / "curves.mat", values)
    return folder / "curves.mat"


def test_both_tables_come_out_as_they_were(tmp_path: Path) -> None:
    path = matlab(tmp_path, I=TABLE, B=TABLE + 1, other=3)

    arrays = decode_dorf(str(path), Limits()).arrays

    assert sorted(arrays) == ["B", "I"]
    assert np.array_equal(arrays["B"], TABLE + 1)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"I": TABLE}, "it lacks B"),
        ({"other": TABLE}, "it lacks I and B"),
        ({"I": TABLE, "B": TABLE[:1]}, r"of one shape.*\(2, 4\).*\(1, 4\)"),
        ({"I": "light", "B": "dark"}, "tables of numbers"),
        ({"I": TABLE + 1j, "B": TABLE + 1j}, "tables of numbers"),
    ],
)
def test_other_contents_are_refused(tmp_path: Path, values: dict[str, Any], reason: str) -> None:
    with pytest.raises(FileError, match=reason):
        decode_dorf(str(matlab(tmp_path, **values)), Limits())


def test_what_is_no_matlab_file_gives_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "odd.mat").write_bytes(b"not a matlab file at all" * 20)

    with pytest.raises(FileError, match=r"odd\.mat: it cannot be decoded"):
        read_dorf(tmp_path / "odd.mat")


def test_a_file_over_the_limit_is_not_loaded(tmp_path: Path) -> None:
    with pytest.raises(LimitError, match="over the limit of 10"):
        decode_dorf(str(matlab(tmp_path, I=TABLE, B=TABLE)), Limits(file_bytes=10))
