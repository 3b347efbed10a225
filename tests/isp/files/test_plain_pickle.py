"""A pickled dictionary of numbers is read; a pickle that wants more is refused unrun."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from isp.core.errors import FileError
from isp.files.plain_pickle import read_pickled_dictionary

VALUES = {
    "Kmin": np.float64(0.25), "lines": {"slope": 1.5, "name": "g"}, "shape": np.array([0.1, -0.2]),
    "bias": np.arange(4, dtype=np.float32).reshape(2, 2), "list": [1, 2.5, "text"],
}  # fmt: skip


def saved(folder: Path, value: Any) -> Path:
    path = folder / "a.npy"
    np.save(path, value, allow_pickle=True)
    return path


def test_numbers_arrays_and_text_come_back(tmp_path: Path) -> None:
    found = read_pickled_dictionary(saved(tmp_path, VALUES))

    assert found["Kmin"] == 0.25
    assert found["lines"] == VALUES["lines"]
    assert found["list"] == VALUES["list"]
    np.testing.assert_array_equal(found["shape"], [0.1, -0.2])
    np.testing.assert_array_equal(found["bias"], [[0, 1], [2, 3]])


class Writes:
    """Its unpickling would create a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_a_pickle_that_calls_something_is_refused_before_it_runs(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    path = saved(tmp_path, {"Kmin": Writes(trap)})

    with pytest.raises(FileError, match=r"it wants pathlib\S*, which is not plain data"):
        read_pickled_dictionary(path)
    assert not trap.exists()


@pytest.mark.parametrize("name", ["eval", "getattr"])
def test_builtins_are_not_plain_data(name: str, tmp_path: Path) -> None:
    path = saved(tmp_path, {"a": 1})
    head = path.read_bytes()[:128]
    path.write_bytes(head + f"cbuiltins\n{name}\n.".encode())

    with pytest.raises(FileError, match=f"it wants builtins.{name}"):
        read_pickled_dictionary(path)


def test_an_array_is_born_empty_whatever_size_is_asked(tmp_path: Path) -> None:
    path = saved(tmp_path, {"a": 1})
    large = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I99999999999\ntS'b'\ntR."
    path.write_bytes(path.read_bytes()[:128] + large)

    with pytest.raises(FileError, match="one dictionary is expected, but it holds ndarray"):
        read_pickled_dictionary(path)


def test_other_content_is_refused_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(
        FileError, match=r"a\.npy: one dictionary is expected, but it holds float64"
    ):
        read_pickled_dictionary(saved(tmp_path, np.zeros(3)))
    with pytest.raises(FileError, match="it holds list"):
        read_pickled_dictionary(saved(tmp_path, np.array([[1], {}], dtype=object)[0:1].reshape(())))
    (tmp_path / "b.npy").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(FileError, match="not a numpy file of plain numbers"):
        read_pickled_dictionary(tmp_path / "b.npy")
    cut = saved(tmp_path, VALUES)
    cut.write_bytes(cut.read_bytes()[:200])
    with pytest.raises(FileError, match="not a numpy file of plain numbers"):
        read_pickled_dictionary(cut)
    with pytest.raises(FileError, match="no such file"):
        read_pickled_dictionary(tmp_path / "c.npy")
