"""A response is named on the command line by a few words or a file."""

from pathlib import Path

import numpy as np
import pytest
import torch

from apps.responses import response_of
from isp.core.errors import FileError, ProfileError, UsageError
from tests.isp.files.test_response_curves import SMALL

HALF = torch.tensor([0.5], dtype=torch.float64)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("srgb", 0.7353570),
        ("linear", 0.5),
        ("power:2", 0.5**0.5),
        ("sigmoid:0.6,0.9", 0.7548453),
    ],
)
def test_a_formula_is_written_with_its_numbers(text: str, code: float) -> None:
    assert float(response_of(text).encode(HALF)) == pytest.approx(code, abs=5e-7)


def test_a_table_is_written_as_its_file(tmp_path: Path) -> None:
    from scipy.io import savemat

    (tmp_path / "mine.csv").write_text("0 0\n0.5 0.8\n1 1\n")
    (tmp_path / "emor.txt").write_text(SMALL)
    grid = np.linspace(0, 1, 5)
    savemat(tmp_path / "dorf.mat", {"I": np.stack([grid, grid]), "B": np.stack([grid**2, grid])})

    for text, code in (
        (f"{tmp_path}/mine.csv", 0.8),
        (f"emor:{tmp_path}/emor.txt", 0.7),
        (f"emor:{tmp_path}/emor.txt:1,0.25", 0.75),
        (f"dorf:{tmp_path}/dorf.mat:1", 0.25),
        (f"dorf:{tmp_path}/dorf.mat:2", 0.5),
    ):
        assert float(response_of(text).encode(HALF)) == pytest.approx(code), text
    with pytest.raises(UsageError, match="1 to 2"):
        response_of(f"dorf:{tmp_path}/dorf.mat:3")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("gamma", r'no response is named "gamma"; write srgb, linear, power:GAMMA'),
        ("power:", "needs 1 number after its colon"),
        ("power:a", "needs 1 number after"),
        ("sigmoid:0.6", "needs 2 numbers after"),
        ("dorf:curves.mat", "write dorf:FILE:NUMBER"),
        ("dorf:curves.mat:0.5", "write dorf:FILE:NUMBER"),
    ],
)
def test_a_text_that_names_none_is_refused_with_the_forms(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        response_of(text)


def test_wrong_numbers_and_missing_files_are_refused_by_what_they_are() -> None:
    with pytest.raises(ProfileError, match="positive"):
        response_of("sigmoid:-1,1")
    with pytest.raises(FileError, match=r"none\.txt"):
        response_of("emor:none.txt:1,2")
