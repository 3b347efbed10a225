"""Bilinear demosaicing interpolates each colour from its own photosites, at any phase and size."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rawpy
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import ProfileError
from isp.core.frame import Frame
from isp.files.raw import read_raw
from isp.stages.black_level import BlackLevel
from isp.stages.demosaic.bilinear import BilinearDemosaic, demosaic_bilinear, reach
from isp.stages.white_balance import WhiteBalance

BAYER_PHASES = (Cfa.RGGB, Cfa.GRBG, Cfa.GBRG, Cfa.BGGR)
COLOUR_PATTERNS = (*BAYER_PHASES, Cfa.XTRANS, Cfa.QUAD_RGGB, Cfa.NONA_RGGB)
SIZES = [(1, 1), (1, 4), (2, 2), (2, 3), (3, 3), (3, 5), (5, 2), (7, 13)]


def noise(*shape: int, seed: int = 5) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def test_a_red_site_averages_four_greens_beside_it_and_four_blues_across() -> None:
    mosaic = torch.arange(25.0).reshape(1, 1, 5, 5) ** 2

    red, green, blue = demosaic_bilinear(mosaic, Cfa.RGGB)[0, :, 2, 2].tolist()

    assert red == 12**2
    assert green == pytest.approx((7**2 + 11**2 + 13**2 + 17**2) / 4)
    assert blue == pytest.approx((6**2 + 8**2 + 16**2 + 18**2) / 4)


def test_a_green_site_averages_the_two_reds_left_and_right_and_the_two_blues_above() -> None:
    mosaic = torch.arange(25.0).reshape(1, 1, 5, 5) ** 2

    red, green, blue = demosaic_bilinear(mosaic, Cfa.RGGB)[0, :, 2, 1].tolist()

    assert (red, green) == ((10**2 + 12**2) / 2, 11**2)
    assert blue == (6**2 + 16**2) / 2


@pytest.mark.peer
@pytest.mark.filterwarnings("ignore:Please import .convolve:DeprecationWarning")
@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
def test_the_interior_equals_colour_demosaicing_to_1e_6(cfa: Cfa) -> None:
    from colour_demosaicing import demosaicing_CFA_Bayer_bilinear

    mosaic = noise(1, 1, 37, 52)
    theirs = demosaicing_CFA_Bayer_bilinear(mosaic[0, 0].double().numpy(), cfa.name)

    ours = demosaic_bilinear(mosaic, cfa)[0].permute(1, 2, 0).numpy()

    assert np.abs(ours - theirs)[2:-2, 2:-2].max() <= 1e-6


@pytest.mark.parametrize("down", [0, 1])
@pytest.mark.parametrize("right", [0, 1])
def test_a_shifted_crop_of_a_real_mosaic_gives_the_shifted_picture(
    nikon_mosaic: Tensor, down: int, right: int
) -> None:
    whole = demosaic_bilinear(nikon_mosaic, Cfa.RGGB)
    cropped = nikon_mosaic[..., 100 + down : 260 + down, 200 + right : 420 + right]

    shifted = demosaic_bilinear(cropped, Cfa.RGGB.crop(100 + down, 200 + right))

    inside = whole[..., 101 + down : 259 + down, 201 + right : 419 + right]
    torch.testing.assert_close(shifted[..., 1:-1, 1:-1], inside, rtol=0, atol=1e-6)


@pytest.mark.parametrize("cfa", COLOUR_PATTERNS, ids=lambda cfa: cfa.name)
@pytest.mark.parametrize("size", [(6, 6), (13, 17)])
def test_a_flat_colour_is_reproduced_to_the_last_row(cfa: Cfa, size: tuple[int, int]) -> None:
    colour = torch.tensor([[0.7, 0.2, 0.4]])

    picture = demosaic_bilinear(cfa.spread(colour, *size), cfa)

    torch.testing.assert_close(picture, colour.reshape(1, 3, 1, 1).expand(1, 3, *size))


@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
def test_a_linear_ramp_is_reproduced_inside_the_border(cfa: Cfa) -> None:
    rows, columns = torch.meshgrid(torch.arange(12.0), torch.arange(14.0), indexing="ij")
    ramp = 0.01 * rows + 0.02 * columns

    picture = demosaic_bilinear(ramp[None, None], cfa)

    torch.testing.assert_close(
        picture[..., 1:-1, 1:-1], ramp[1:-1, 1:-1].expand(1, 3, -1, -1), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("cfa", COLOUR_PATTERNS, ids=lambda cfa: cfa.name)
def test_each_photosite_keeps_its_own_value(cfa: Cfa) -> None:
    mosaic = noise(2, 1, 13, 14)

    picture = demosaic_bilinear(mosaic, cfa)

    own = cfa.colour_map(13, 14).expand(2, 1, -1, -1)
    assert torch.equal(picture.gather(1, own), mosaic)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("cfa", [*COLOUR_PATTERNS, Cfa.MONO], ids=lambda cfa: cfa.name)
def test_any_size_gives_finite_values_within_the_range_of_the_mosaic(
    cfa: Cfa, size: tuple[int, int]
) -> None:
    mosaic = noise(1, 1, *size)

    picture = demosaic_bilinear(mosaic, cfa)

    assert picture.shape == (1, 3, *size)
    assert bool(torch.isfinite(picture).all())
    assert picture.min() >= mosaic.min() - 1e-6
    assert picture.max() <= mosaic.max() + 1e-6


@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
@pytest.mark.parametrize("size", [(2, 2), (2, 3), (3, 5)], ids=str)
def test_a_tiny_flat_mosaic_mixes_no_colours(cfa: Cfa, size: tuple[int, int]) -> None:
    colour = torch.tensor([[0.7, 0.2, 0.4]])

    picture = demosaic_bilinear(cfa.spread(colour, *size), cfa)

    torch.testing.assert_close(picture, colour.reshape(1, 3, 1, 1).expand(1, 3, *size))


def test_a_monochrome_mosaic_becomes_three_equal_channels() -> None:
    mosaic = noise(1, 1, 5, 6)

    assert torch.equal(demosaic_bilinear(mosaic, Cfa.MONO), mosaic.expand(1, 3, 5, 6))


@pytest.mark.parametrize(("cfa", "radius"), [(Cfa.RGGB, 1), (Cfa.QUAD_RGGB, 1), (Cfa.NONA_RGGB, 2)])
def test_the_kernel_reaches_just_far_enough_to_see_every_colour(cfa: Cfa, radius: int) -> None:
    assert reach(cfa) == radius


def test_a_pattern_with_clear_photosites_is_refused() -> None:
    with pytest.raises(ProfileError, match="demosaicing gives R, G, B, but RGBW has"):
        BilinearDemosaic(Cfa.RGBW)


def test_an_unmeasured_red_spoils_red_around_it_and_no_other_colour() -> None:
    measured = torch.ones(1, 1, 6, 6, dtype=torch.bool)
    measured[..., 2, 2] = False
    frame = Frame.start(noise(1, 1, 6, 6), Domain.MOSAIC, measured=measured)

    masks = BilinearDemosaic(Cfa.RGGB).develop(frame).measured[0]

    around = torch.zeros(6, 6, dtype=torch.bool)
    around[1:4, 1:4] = True
    assert torch.equal(~masks[0], around)
    assert bool(masks[1].all())
    assert bool(masks[2].all())


@pytest.mark.parametrize("cfa", [*COLOUR_PATTERNS, Cfa.MONO], ids=lambda cfa: cfa.name)
def test_measured_is_exact_changing_unmeasured_photosites_changes_just_the_rest(cfa: Cfa) -> None:
    measured = noise(1, 1, 25, 27, seed=9) > 0.08
    frame = Frame.start(noise(1, 1, 25, 27), Domain.MOSAIC, measured=measured)
    poisoned = Frame.start(
        torch.where(measured, frame.data, frame.data + 100), Domain.MOSAIC, measured=measured
    )

    ours, theirs = (BilinearDemosaic(cfa).develop(f) for f in (frame, poisoned))

    changed = (ours.data - theirs.data).abs() > 1e-6
    assert torch.equal(changed, ~ours.measured)


@pytest.mark.peer
def test_the_camera_s_linear_picture_equals_libraw_s_within_half_a_percent_of_white(
    colour_chart_dng: Path,
) -> None:
    with rawpy.imread(str(colour_chart_dng)) as file:
        theirs = file.postprocess(
            gamma=(1, 1), no_auto_bright=True, adjust_maximum_thr=0, output_bps=16, user_flip=0,
            output_color=rawpy.ColorSpace.raw, user_wb=list(file.camera_whitebalance),
            demosaic_algorithm=rawpy.DemosaicAlgorithm.LINEAR,
            highlight_mode=rawpy.HighlightMode.Clip,
        )  # fmt: skip

    frame = read_raw(colour_chart_dng)
    cfa = frame.need_profile().cfa
    balanced = WhiteBalance(cfa).develop(BlackLevel(cfa).develop(frame))
    # LibRaw cuts at white before it interpolates; green has the lowest gain here, as ours has.
    cut = replace(balanced, data=balanced.data.clamp(0, 1))
    ours = BilinearDemosaic(cfa).develop(cut).data[0].permute(1, 2, 0).numpy()

    difference = np.abs(ours - theirs / 65535)[8:-8, 8:-8]
    assert theirs.shape == ours.shape == (1156, 1734, 3)
    assert np.median(difference) <= 0.005
    # In fact only its rounding is between us: down to 16 bits when scaling and once more after.
    assert difference.max() <= 2 / 65535
