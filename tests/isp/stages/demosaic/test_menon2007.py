"""Menon 2007 filters along rows and columns, decides, and refines."""

import numpy as np
import pytest
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.errors import ProfileError
from isp.stages.demosaic.menon2007 import HALO, MenonDemosaic, demosaic_menon2007
from tests.isp.stages.demosaic.footprint import SIDE, claimed, reached

BAYER_PHASES = (Cfa.RGGB, Cfa.GRBG, Cfa.GBRG, Cfa.BGGR)
every_phase = pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)


def noise(*shape: int, seed: int = 6) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=generator, dtype=torch.float64)


@pytest.mark.peer
@pytest.mark.filterwarnings("ignore:Please import .convolve:DeprecationWarning")
@pytest.mark.parametrize("refine", [True, False])
@every_phase
def test_the_interior_equals_colour_demosaicing(cfa: Cfa, refine: bool) -> None:
    from colour_demosaicing import demosaicing_CFA_Bayer_Menon2007

    mosaic = noise(1, 1, 61, 72)
    theirs = demosaicing_CFA_Bayer_Menon2007(mosaic[0, 0].numpy(), cfa.name, refine)

    ours = demosaic_menon2007(mosaic, cfa, refine)[0].permute(1, 2, 0).numpy()
    single = demosaic_menon2007(mosaic.float(), cfa, refine)[0].permute(1, 2, 0).numpy()

    inside = np.s_[HALO:-HALO, HALO:-HALO]  # beyond it they fill the border with zeros
    assert np.abs(ours - theirs)[inside].max() <= 1e-12  # the order asks for 1e-6
    assert np.abs(single - theirs)[inside].max() <= 8 * np.finfo(np.float32).eps


def test_lines_along_one_axis_are_interpolated_along_them_without_error() -> None:
    # Grey stripes of one row's height: whatever crosses them is wrong by their contrast.
    stripes = torch.zeros(1, 1, 30, 30, dtype=torch.float64)
    stripes[..., ::3, :] = 0.8
    wanted = stripes.expand(1, 3, -1, -1)

    level = demosaic_menon2007(stripes, Cfa.RGGB)
    upright = demosaic_menon2007(stripes.mT.contiguous(), Cfa.RGGB)

    # Green, and the colour of the photosite's row, come from the row alone.
    inside = np.s_[..., HALO:-HALO, HALO:-HALO]
    torch.testing.assert_close(level[:, 1][inside], wanted[:, 1][inside], rtol=0, atol=1e-12)
    torch.testing.assert_close(upright[:, 1][inside], wanted[:, 1].mT[inside], rtol=0, atol=1e-12)


def test_green_beside_an_edge_is_that_of_its_own_side() -> None:
    # A red photosite (8, 8) just left of an upright edge; rows are 0.1 left and 0.9 right of it.
    mosaic = torch.full((1, 1, 18, 18), 0.1, dtype=torch.float64)
    mosaic[..., 9:] = 0.9

    green = demosaic_menon2007(mosaic, Cfa.RGGB, refine=False)[0, 1]

    assert green[8, 8] == pytest.approx(0.1)
    assert green[9, 9] == pytest.approx(0.9)


def test_the_last_step_averages_the_difference_over_three_photosites() -> None:
    # Flat green and a single brighter red: green there is first 0.5 x 0.3 too high in both
    # directions (weight 1/2 of its own colour), so R - G is 0.15 there and half of it, 0.075, at
    # the two neighbours; their mean of 0.1 is taken off red.
    mosaic = torch.full((1, 1, 21, 21), 0.2, dtype=torch.float64)
    mosaic[..., 10, 10] = 0.5

    plain = demosaic_menon2007(mosaic, Cfa.RGGB, refine=False)[0, 1, 10, 10]
    refined = demosaic_menon2007(mosaic, Cfa.RGGB)[0, 1, 10, 10]

    assert plain == pytest.approx(0.35)
    assert refined == pytest.approx(0.4)


@every_phase
@pytest.mark.parametrize("size", [(2, 2), (2, 3), (3, 5), (13, 17)], ids=str)
def test_a_flat_colour_is_reproduced_to_the_last_row(cfa: Cfa, size: tuple[int, int]) -> None:
    colour = torch.tensor([[0.7, 0.2, 0.4]])

    picture = demosaic_menon2007(cfa.spread(colour, *size), cfa)

    wanted = colour.reshape(1, 3, 1, 1).expand(1, 3, *size)
    torch.testing.assert_close(picture, wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("refine", [True, False])
@every_phase
def test_each_photosite_keeps_its_own_value(cfa: Cfa, refine: bool) -> None:
    mosaic = noise(2, 1, 13, 14)

    picture = demosaic_menon2007(mosaic, cfa, refine)

    own = cfa.colour_map(13, 14).expand(2, 1, -1, -1)
    assert torch.equal(picture.gather(1, own), mosaic)


@pytest.mark.parametrize(("down", "right"), [(0, 1), (1, 0), (1, 1)])
def test_a_shifted_crop_of_a_real_mosaic_gives_the_shifted_picture(
    nikon_mosaic: Tensor, down: int, right: int
) -> None:
    whole = demosaic_menon2007(nikon_mosaic[..., :200, :240], Cfa.RGGB)
    cropped = nikon_mosaic[..., 10 + down : 160 + down, 20 + right : 200 + right]

    shifted = demosaic_menon2007(cropped, Cfa.RGGB.crop(10 + down, 20 + right))

    inside = whole[..., 10 + down : 160 + down, 20 + right : 200 + right]
    cut = np.s_[..., HALO:-HALO, HALO:-HALO]
    torch.testing.assert_close(shifted[cut], inside[cut], rtol=0, atol=1e-6)


def test_a_gradient_flows_to_every_photosite() -> None:
    mosaic = noise(1, 1, 12, 12).requires_grad_()

    demosaic_menon2007(mosaic, Cfa.RGGB).square().sum().backward()

    assert mosaic.grad is not None
    assert bool((mosaic.grad != 0).all())


@pytest.mark.parametrize("refine", [True, False])
@pytest.mark.parametrize("site", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_every_colour_that_a_photosite_reaches_is_unmeasured_with_it(
    site: tuple[int, int], refine: bool
) -> None:
    stage = MenonDemosaic(Cfa.GRBG, refine=refine)
    row, column = SIDE // 2 + site[0], SIDE // 2 + site[1]

    lost, said = reached(stage, row, column), claimed(stage, row, column)

    assert not bool((lost & ~said).any())
    # What random pictures never showed to matter is at most a sixth of what is called unmeasured.
    assert said.sum() < 1.2 * lost.sum()
    far = (said.any(dim=0).nonzero() - torch.tensor([row, column])).abs().max()
    assert far <= HALO


@pytest.mark.parametrize("cfa", [Cfa.XTRANS, Cfa.QUAD_RGGB, Cfa.MONO], ids=lambda cfa: cfa.name)
def test_a_pattern_that_is_not_bayer_is_refused(cfa: Cfa) -> None:
    with pytest.raises(ProfileError, match=f"menon2007 is made for Bayer patterns, not {cfa.name}"):
        MenonDemosaic(cfa)
