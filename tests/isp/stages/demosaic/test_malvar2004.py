"""Malvar 2004 corrects bilinear interpolation by the gradient of the photosite's own colour."""

import numpy as np
import pytest
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import ProfileError
from isp.core.frame import Frame
from isp.stages.demosaic.malvar2004 import MalvarDemosaic, demosaic_malvar2004

BAYER_PHASES = (Cfa.RGGB, Cfa.GRBG, Cfa.GBRG, Cfa.BGGR)
SIZES = [(1, 1), (1, 4), (2, 2), (2, 3), (3, 3), (3, 5), (5, 2), (7, 13)]


def noise(*shape: int, seed: int = 6) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_a_single_bright_red_spreads_by_the_printed_coefficients() -> None:
    # Figure 2: red at a red site corrects green there by 4/8 and blue by 6/8, and is subtracted
    # two photosites further on, by 1/8 and 1.5/8.
    mosaic = torch.zeros(1, 1, 9, 9)
    mosaic[..., 4, 4] = 1

    red, green, blue = demosaic_malvar2004(mosaic, Cfa.RGGB)[0]

    assert (red[4, 4], green[4, 4], blue[4, 4]) == (1, 4 / 8, 6 / 8)
    assert (green[4, 6], blue[4, 6]) == (-1 / 8, -1.5 / 8)
    assert (red[4, 5], red[5, 4], red[5, 5]) == (4 / 8, 4 / 8, 2 / 8)


def test_a_single_bright_green_spreads_by_the_printed_coefficients() -> None:
    # Row 4 is a red row, so that (4, 5) is a green with red left and right of it.
    mosaic = torch.zeros(1, 1, 9, 9)
    mosaic[..., 4, 5] = 1

    red, green, blue = demosaic_malvar2004(mosaic, Cfa.RGGB)[0]

    assert (red[4, 5], green[4, 5], blue[4, 5]) == (5 / 8, 1, 5 / 8)
    assert green[4, 4] == 2 / 8
    assert (red[4, 7], red[2, 5]) == (-1 / 8, 0.5 / 8)
    assert (blue[4, 7], blue[2, 5]) == (0.5 / 8, -1 / 8)
    assert (red[3, 4], blue[3, 4]) == (-1 / 8, -1 / 8)


@pytest.mark.peer
@pytest.mark.filterwarnings("ignore:Please import .convolve:DeprecationWarning")
@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
def test_the_interior_equals_colour_demosaicing_to_1e_6(cfa: Cfa) -> None:
    from colour_demosaicing import demosaicing_CFA_Bayer_Malvar2004

    mosaic = noise(1, 1, 37, 52)
    theirs = demosaicing_CFA_Bayer_Malvar2004(mosaic[0, 0].double().numpy(), cfa.name)

    ours = demosaic_malvar2004(mosaic, cfa)[0].permute(1, 2, 0).numpy()

    assert np.abs(ours - theirs)[2:-2, 2:-2].max() <= 1e-6


@pytest.mark.parametrize("down", [0, 1])
@pytest.mark.parametrize("right", [0, 1])
def test_a_shifted_crop_of_a_real_mosaic_gives_the_shifted_picture(
    nikon_mosaic: Tensor, down: int, right: int
) -> None:
    whole = demosaic_malvar2004(nikon_mosaic, Cfa.RGGB)
    cropped = nikon_mosaic[..., 100 + down : 260 + down, 200 + right : 420 + right]

    shifted = demosaic_malvar2004(cropped, Cfa.RGGB.crop(100 + down, 200 + right))

    inside = whole[..., 102 + down : 258 + down, 202 + right : 418 + right]
    torch.testing.assert_close(shifted[..., 2:-2, 2:-2], inside, rtol=0, atol=1e-6)


@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
@pytest.mark.parametrize("size", [(2, 2), (2, 3), (3, 5), (13, 17)], ids=str)
def test_a_flat_grey_is_reproduced_to_the_last_row(cfa: Cfa, size: tuple[int, int]) -> None:
    picture = demosaic_malvar2004(torch.full((1, 1, *size), 0.3), cfa)

    torch.testing.assert_close(picture, torch.full((1, 3, *size), 0.3))


@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
def test_a_flat_colour_is_reproduced_to_the_last_row(cfa: Cfa) -> None:
    # The gradients of a flat colour vanish, at the mirrored border too.
    colour = torch.tensor([[0.7, 0.2, 0.4]])

    picture = demosaic_malvar2004(cfa.spread(colour, 7, 9), cfa)

    torch.testing.assert_close(picture, colour.reshape(1, 3, 1, 1).expand(1, 3, 7, 9))


@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
def test_a_linear_ramp_is_reproduced_inside_the_border(cfa: Cfa) -> None:
    rows, columns = torch.meshgrid(torch.arange(12.0), torch.arange(14.0), indexing="ij")
    ramp = 0.01 * rows + 0.02 * columns

    picture = demosaic_malvar2004(ramp[None, None], cfa)

    torch.testing.assert_close(
        picture[..., 2:-2, 2:-2], ramp[2:-2, 2:-2].expand(1, 3, -1, -1), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
def test_each_photosite_keeps_its_own_value(cfa: Cfa) -> None:
    mosaic = noise(2, 1, 13, 14)

    picture = demosaic_malvar2004(mosaic, cfa)

    own = cfa.colour_map(13, 14).expand(2, 1, -1, -1)
    assert torch.equal(picture.gather(1, own), mosaic)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
def test_any_size_gives_finite_values(cfa: Cfa, size: tuple[int, int]) -> None:
    picture = demosaic_malvar2004(noise(1, 1, *size), cfa)

    assert picture.shape == (1, 3, *size)
    assert bool(torch.isfinite(picture).all())


def test_an_overshoot_is_not_clipped() -> None:
    mosaic = torch.ones(1, 1, 9, 9)
    mosaic[..., :5] = 0

    picture = demosaic_malvar2004(mosaic, Cfa.RGGB)

    assert picture.min() < 0
    assert picture.max() > 1


@pytest.mark.parametrize("cfa", [Cfa.XTRANS, Cfa.QUAD_RGGB, Cfa.MONO], ids=lambda cfa: cfa.name)
def test_a_pattern_that_is_not_bayer_is_sent_to_bilinear(cfa: Cfa) -> None:
    with pytest.raises(ProfileError, match=f"not {cfa.name}; use bilinear"):
        MalvarDemosaic(cfa)


@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
def test_measured_is_exact_changing_unmeasured_photosites_changes_just_the_rest(cfa: Cfa) -> None:
    measured = noise(1, 1, 25, 27, seed=9) > 0.03
    frame = Frame.start(noise(1, 1, 25, 27), Domain.MOSAIC, measured=measured)
    poison = 100 * (1 + noise(1, 1, 25, 27, seed=10))  # no two cancel each other
    poisoned = Frame.start(
        torch.where(measured, frame.data, poison), Domain.MOSAIC, measured=measured
    )

    ours, theirs = (MalvarDemosaic(cfa).develop(f) for f in (frame, poisoned))

    changed = (ours.data - theirs.data).abs() > 1e-4
    assert torch.equal(changed, ~ours.measured)
    assert torch.equal(ours.data[ours.measured], theirs.data[ours.measured])
