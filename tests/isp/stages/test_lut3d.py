"""Tables are interpolated as colour-science does, and light beyond them is kept."""

from pathlib import Path

import colour
import numpy as np
import pytest
import torch

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import FileError, UsageError
from isp.core.frame import Frame
from isp.core.lut import Lut
from isp.core.transfer import decode_srgb, encode_srgb
from isp.files.lut import write_lut
from isp.stages.lut3d import Lut3d, apply_lut

UNIT = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])


def noisy_table(size: int, dimensions: int = 3) -> np.ndarray:
    shape = (size, 3) if dimensions == 1 else (size, size, size, 3)
    return np.random.default_rng(size).random(shape).astype(np.float32)


def pixels(low: float = 0.0, high: float = 1.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(8)
    return low + (high - low) * torch.rand(1, 3, 19, 23, generator=generator)


@pytest.mark.parametrize("interpolation", ["tetrahedral", "trilinear"])
@pytest.mark.parametrize("size", [2, 5])
def test_a_cube_is_interpolated_as_colour_science_does(interpolation: str, size: int) -> None:
    table, domain = noisy_table(size), torch.tensor([[-0.5, 0.0, 0.1], [1.5, 2.0, 0.9]])
    theirs = colour.LUT3D(size=size, domain=domain.double().numpy())
    theirs.table = table.transpose(2, 1, 0, 3).astype(np.float64)  # theirs is red, green, blue
    values = domain[0].reshape(1, 3, 1, 1) + (domain[1] - domain[0]).reshape(1, 3, 1, 1) * pixels()

    ours = apply_lut(values, torch.from_numpy(table), domain, interpolation)

    method = getattr(colour.algebra, f"table_interpolation_{interpolation}")
    expected = theirs.apply(values[0].permute(1, 2, 0).double().numpy(), interpolator=method)
    # float32: (size - 1) cells, each place rounded to 2^-23 of the table's range of 1, few sums
    np.testing.assert_allclose(ours[0].permute(1, 2, 0), expected, rtol=0, atol=5e-6)


def test_curves_are_interpolated_as_numpy_does() -> None:
    table, values = noisy_table(7, 1), pixels()

    ours = apply_lut(values, torch.from_numpy(table), UNIT)

    for channel in range(3):
        expected = np.interp(values[0, channel], np.linspace(0, 1, 7), table[:, channel])
        np.testing.assert_allclose(ours[0, channel], expected, rtol=0, atol=3e-6)


@pytest.mark.parametrize("interpolation", ["tetrahedral", "trilinear"])
def test_the_entries_themselves_come_out_at_the_grid(interpolation: str) -> None:
    table = noisy_table(3)
    steps = np.linspace(0, 1, 3, dtype=np.float32)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    grid = torch.from_numpy(np.stack([red, green, blue]).reshape(1, 3, 3, 9))

    looked_up = apply_lut(grid, torch.from_numpy(table), UNIT, interpolation)

    assert torch.equal(looked_up[0].reshape(3, -1).T, torch.from_numpy(table.reshape(-1, 3)))


@pytest.mark.parametrize("interpolation", ["tetrahedral", "trilinear"])
def test_an_identity_is_the_identity_beyond_its_domain_too(interpolation: str) -> None:
    values = pixels(-3.0, 9.0)

    table = torch.from_numpy(Lut.identity(4).table)

    torch.testing.assert_close(
        apply_lut(values, table, UNIT, interpolation), values, rtol=0, atol=1e-6
    )


def test_light_beyond_the_domain_keeps_its_excess() -> None:
    curve = torch.tensor([[0.25, 0.25, 0.25], [0.75, 0.75, 0.75]])
    values = torch.tensor([-2.0, 0.5, 11.0]).reshape(1, 1, 1, 3).expand(1, 3, 1, 3)

    looked_up = apply_lut(values, curve, UNIT)

    assert looked_up[0, 0, 0].tolist() == pytest.approx([0.25 - 2, 0.5, 0.75 + 10])


def test_grey_stays_grey_in_a_cube_whose_greys_are_grey() -> None:
    """Tetrahedra meet along the grey line; a cell blended from all corners would tint it."""
    table = noisy_table(4)
    for k in range(4):
        table[k, k, k] = (k / 3) ** 2
    grey = torch.linspace(0, 1, 50).reshape(1, 1, 1, 50).expand(1, 3, 1, 50)

    looked_up = apply_lut(grey, torch.from_numpy(table), UNIT)

    assert (looked_up - looked_up[:, :1]).abs().max() < 1e-6


def write_swap(folder: Path) -> str:
    """A cube that exchanges red and blue."""
    table = Lut.identity().table[..., ::-1]
    write_lut(folder / "swap.cube", Lut(table=np.ascontiguousarray(table)))
    return str(folder / "swap.cube")


def test_a_table_for_codes_sees_codes(tmp_path: Path) -> None:
    curve = np.linspace(0, 1, 2, dtype=np.float32)[:, None].repeat(3, axis=1) * 0.5
    write_lut(tmp_path / "half.cube", Lut(table=curve))
    frame = Frame.start(torch.full((1, 3, 1, 1), 0.18), Domain.LINEAR)

    halved = Lut3d(str(tmp_path / "half.cube"), encoding="srgb").develop(frame)

    expected = decode_srgb(encode_srgb(torch.tensor(0.18)) / 2)
    torch.testing.assert_close(halved.data.flatten(), expected.expand(3), rtol=0, atol=1e-7)


def test_a_table_for_other_primaries_works_in_them(tmp_path: Path) -> None:
    """Pure BT.709 red becomes pure BT.709 blue, in a frame of BT.2020."""
    stage = Lut3d(write_swap(tmp_path), space="bt709")
    frame = Frame.start(
        torch.tensor([0.627404, 0.069097, 0.016391]).reshape(1, 3, 1, 1),
        Domain.LINEAR,
        colour=Colour(primaries=PRIMARIES["bt2020"]),
    )

    swapped = stage.develop(frame).data.flatten()

    assert swapped.tolist() == pytest.approx([0.043313, 0.011362, 0.895595], abs=2e-6)


def test_without_a_file_nothing_changes_and_the_history_names_file_and_table(
    tmp_path: Path,
) -> None:
    frame = Frame.start(pixels(-1, 4), Domain.LINEAR)

    torch.testing.assert_close(Lut3d().develop(frame).data, frame.data, rtol=0, atol=1e-6)
    note = Lut3d(write_swap(tmp_path)).develop(frame).history[-1][1]
    assert note["file"] == "swap.cube"
    assert note["table_sha256"] != Lut3d().settings()["table_sha256"]


def test_wrong_choices_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="interpolation of a table is tetrahedral, trilinear"):
        Lut3d(interpolation="cubic")
    with pytest.raises(UsageError, match="encoding of a table is linear, srgb"):
        Lut3d(encoding="pq")
    with pytest.raises(UsageError, match="space of a table is bt709"):
        Lut3d(space="adobe")
    with pytest.raises(FileError, match="cannot be read"):
        Lut3d(str(tmp_path / "none.cube"))
