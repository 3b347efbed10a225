"""A look is a table for the display's codes, and codes stay codes."""

from pathlib import Path

import numpy as np
import pytest
import torch

from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FileError, UsageError
from isp.core.frame import Frame
from isp.core.lut import Lut
from isp.files.lut import write_lut
from isp.stages.look import Look


def codes(*values: float) -> Frame:
    data = torch.tensor(values).reshape(1, 1, 1, -1).expand(1, 3, 1, -1).contiguous()
    return Frame.start(data, Domain.SDR, colour=Colour(transfer="srgb"))


def table(path: Path, rows: list[list[float]]) -> str:
    write_lut(path, Lut(table=np.array(rows, dtype=np.float32)))
    return str(path)


def test_without_a_file_codes_stay_as_they_are() -> None:
    frame = codes(0.0, 0.25, 1.0)

    assert torch.equal(Look().develop(frame).data, frame.data)


def test_the_table_works_on_the_codes_themselves_and_not_on_light(tmp_path: Path) -> None:
    """A curve from 0.1 to 0.9: code c becomes 0.1 + 0.8 c, whatever light it stands for."""
    file = table(tmp_path / "faded.cube", [[0.1] * 3, [0.9] * 3])

    developed = Look(file).develop(codes(0.0, 0.5, 1.0))

    assert developed.data[0, 0, 0].tolist() == pytest.approx([0.1, 0.5, 0.9])
    assert developed.colour == codes(0.0).colour
    name, said = developed.history[-1]
    assert (name, said["file"], len(said["table_sha256"])) == ("look", "faded.cube", 64)


def test_a_table_that_leaves_0_to_1_is_cut_there(tmp_path: Path) -> None:
    file = table(tmp_path / "hard.cube", [[-0.5] * 3, [1.5] * 3])

    assert Look(file).develop(codes(0.0, 0.5, 1.0)).data[0, 1, 0].tolist() == [0.0, 0.5, 1.0]


def test_colours_are_looked_up_together_in_a_cube(tmp_path: Path) -> None:
    """A cube that swaps red and blue does so between its corners too."""
    cube = Lut.identity(3).table[..., ::-1]
    write_lut(tmp_path / "swap.cube", Lut(table=np.ascontiguousarray(cube)))
    data = torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(1))
    frame = Frame.start(data, Domain.SDR)

    for interpolation in ("tetrahedral", "trilinear"):
        swapped = Look(str(tmp_path / "swap.cube"), interpolation).develop(frame).data
        torch.testing.assert_close(swapped, data.flip(1))


def test_what_is_no_look_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="tetrahedral, trilinear"):
        Look(interpolation="nearest")
    with pytest.raises(FileError, match=r"none\.cube"):
        Look(str(tmp_path / "none.cube"))
    with pytest.raises(DomainError, match="takes SDR"):
        Look().develop(Frame.start(torch.ones(1, 3, 2, 2), Domain.LINEAR))
