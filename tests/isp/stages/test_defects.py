"""A defect takes the mean of sound photosites of its own colour, and nothing else changes."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.sensor import Defect, SensorProfile
from isp.stages.defects import Defects, correct_defects

BAYER_PHASES = (Cfa.RGGB, Cfa.GRBG, Cfa.GBRG, Cfa.BGGR)


def at(height: int, width: int, *places: tuple[int, int]) -> Tensor:
    """A map with 1 at the given rows and columns."""
    defective = torch.zeros(1, 1, height, width)
    for row, column in places:
        defective[..., row, column] = 1
    return defective


def test_a_defect_is_the_weighted_mean_of_its_eight_neighbours_one_period_away() -> None:
    mosaic = torch.full((1, 1, 5, 5), 99.0)
    mosaic[0, 0, ::2, ::2] = torch.tensor([[1.0, 2.0, 3.0], [4.0, 1e6, 6.0], [7.0, 8.0, 13.0]])

    corrected = correct_defects(mosaic, at(5, 5, (2, 2)), Cfa.RGGB)

    # Corners once and sides twice: 24 + 40, over 12.
    assert corrected[0, 0, 2, 2] == pytest.approx(64 / 12)


@pytest.mark.parametrize("cfa", [*BAYER_PHASES, Cfa.XTRANS, Cfa.QUAD_RGGB])
@pytest.mark.parametrize("place", [(0, 0), (0, 5), (6, 7), (12, 13), (13, 0)])
def test_only_the_same_colour_corrects_a_defect_at_the_border_too(
    cfa: Cfa, place: tuple[int, int]
) -> None:
    height, width = 14, 15
    colours = cfa.colour_map(height, width)
    mosaic = (colours * 10.0 + 1)[None, None].clone()
    mosaic[..., place[0], place[1]] = 1e6

    corrected = correct_defects(mosaic, at(height, width, place), cfa)

    torch.testing.assert_close(corrected, (colours * 10.0 + 1)[None, None])


@pytest.mark.parametrize("cfa", BAYER_PHASES)
def test_a_ramp_is_reproduced_exactly(cfa: Cfa) -> None:
    rows, columns = torch.meshgrid(torch.arange(9.0), torch.arange(10.0), indexing="ij")
    ramp = (3 * rows + 2 * columns)[None, None]
    broken = torch.where(at(9, 10, (4, 5)) > 0, torch.tensor(-7.0), ramp)

    assert torch.equal(correct_defects(broken, at(9, 10, (4, 5)), cfa), ramp)


def test_photosites_that_are_not_listed_keep_their_bits() -> None:
    mosaic = torch.rand(2, 1, 8, 9, generator=torch.Generator().manual_seed(1))
    defective = at(8, 9, (3, 3), (0, 8)).expand(2, -1, -1, -1)

    corrected = correct_defects(mosaic, defective, Cfa.GBRG)

    assert torch.equal(corrected[defective == 0], mosaic[defective == 0])


def test_a_defect_beside_a_defect_is_not_corrected_with_it() -> None:
    mosaic = torch.full((1, 1, 9, 9), 0.5)
    cluster = at(9, 9, (4, 4), (4, 6), (2, 4), (6, 2))
    mosaic[cluster > 0] = 1e6

    torch.testing.assert_close(
        correct_defects(mosaic, cluster, Cfa.RGGB), torch.full((1, 1, 9, 9), 0.5)
    )


def test_a_defect_among_defects_only_is_left_as_it_is() -> None:
    everything = torch.ones(1, 1, 6, 6)
    mosaic = torch.rand(1, 1, 6, 6, generator=torch.Generator().manual_seed(2))

    assert torch.equal(correct_defects(mosaic, everything, Cfa.RGGB), mosaic)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (2, 3), (3, 5)])
def test_a_tiny_mosaic_is_corrected_or_left_but_never_broken(size: tuple[int, int]) -> None:
    corrected = correct_defects(torch.full((1, 1, *size), 0.25), at(*size, (0, 0)), Cfa.RGGB)

    assert corrected.eq(0.25).all()


def test_the_stage_corrects_the_profile_s_list_and_leaves_it_unmeasured(
    profile: SensorProfile,
) -> None:
    listed = replace(profile, defects=(Defect(row=2, column=2), Defect(row=900, column=1)))
    data = torch.full((1, 1, 6, 6), 0.5)
    data[..., 2, 2] = 1e3
    measured = at(6, 6, (2, 2)) == 0
    frame = Frame.start(data, Domain.MOSAIC, profile=listed, measured=measured)

    corrected = Defects(Cfa.RGGB).develop(frame)

    assert corrected.data.eq(0.5).all()
    assert torch.equal(corrected.measured, measured)
    assert corrected.history == (("defects", {"corrected": 1}),)
