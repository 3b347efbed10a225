"""Menon 2007 where rows and columns change alike, as they often do in photographs of 8 bits."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.transfer import decode_srgb
from isp.files.picture import read_picture
from isp.stages.demosaic.menon2007 import HALO, demosaic_menon2007

every_phase = pytest.mark.parametrize(
    "cfa", [Cfa.RGGB, Cfa.GRBG, Cfa.GBRG, Cfa.BGGR], ids=lambda cfa: cfa.name
)
against_the_peer = pytest.mark.filterwarnings("ignore:Please import .convolve:DeprecationWarning")
KODAK = ("kodim03", "kodim07_crop", "kodim12_crop", "kodim16_crop", "kodim20", "kodim23")
SCIKIT_IMAGE = ("astronaut", "chelsea", "coffee", "rocket")  # those in its wheel
INSIDE = np.s_[HALO:-HALO, HALO:-HALO]  # beyond it colour-demosaicing fills in zeros


def drawn_codes(height: int, width: int) -> Tensor:
    """Slopes and a little noise in 8 bits, (1, 3, h, w): changes tie at 1.5 % of reds and blues."""
    across = torch.linspace(20, 200, width).expand(height, width)
    down = torch.linspace(200, 60, height)[:, None].expand(height, width)
    codes = torch.stack([across, down, (across + down) / 2])
    generator = torch.Generator().manual_seed(4)
    return (codes + torch.randn(codes.shape, generator=generator)).round()[None].double()


def seen(picture: Tensor, cfa: Cfa) -> Tensor:
    """A picture (1, 3, h, w) through the pattern."""
    own = cfa.colour_map(picture.shape[-2], picture.shape[-1]).reshape(1, 1, *picture.shape[-2:])
    return picture.gather(1, own)


def farthest(mosaic: Tensor, cfa: Cfa, refine: bool = True) -> float:
    """Largest difference from colour-demosaicing in the interior."""
    from colour_demosaicing import demosaicing_CFA_Bayer_Menon2007

    theirs = demosaicing_CFA_Bayer_Menon2007(mosaic[0, 0].numpy(), cfa.name, refine)
    ours = demosaic_menon2007(mosaic, cfa, refine)[0].permute(1, 2, 0).numpy()
    return float(np.abs(ours - theirs)[INSIDE].max())


def farthest_of_photograph(codes: Tensor, cfa: Cfa) -> float:
    """The same of code values 0..1 as they are, and of their light in 16 bits."""
    light = (decode_srgb(codes) * 65535).round() / 65535
    return max(farthest(seen(picture, cfa), cfa) for picture in (codes, light))


def scikit_image(name: str) -> Tensor:
    from skimage import data

    return torch.from_numpy(getattr(data, name)().copy()).permute(2, 0, 1)[None].double() / 255


def test_where_both_directions_change_alike_the_row_is_taken() -> None:
    # Green is 0.25 in rows of red and 0.75 in rows of blue, red and blue are 0: along the row and
    # along the column every difference of colours is constant, so that nothing changes in either.
    mosaic = torch.zeros(1, 1, 22, 22)
    mosaic[..., ::2, 1::2] = 0.25
    mosaic[..., 1::2, ::2] = 0.75

    green = demosaic_menon2007(mosaic, Cfa.RGGB, refine=False)[0, 1]

    assert bool((green[::2] == 0.25).all())
    assert bool((green[1::2] == 0.75).all())


@pytest.mark.peer
@against_the_peer
@pytest.mark.parametrize("refine", [True, False])
@every_phase
def test_codes_with_ties_give_what_colour_demosaicing_gives(cfa: Cfa, refine: bool) -> None:
    # A 255th is no binary number: the sums that tie differ by their rounding.
    assert farthest(seen(drawn_codes(120, 140), cfa) / 255, cfa, refine) <= 1e-12


@every_phase
def test_whole_codes_decide_alike_in_single_and_double_precision(cfa: Cfa) -> None:
    # All sums of the decision are whole quarters below 2**24, exact in both.
    mosaic = seen(drawn_codes(120, 140), cfa)

    double = demosaic_menon2007(mosaic, cfa)
    single = demosaic_menon2007(mosaic.float(), cfa).double()

    torch.testing.assert_close(single, double, rtol=0, atol=8 * 255 * 2.0**-23)


@pytest.mark.peer
@against_the_peer
@every_phase
def test_the_middle_of_a_photograph_equals_colour_demosaicing(cfa: Cfa) -> None:
    middle = scikit_image("astronaut")[..., 160:352, 160:352]

    assert farthest_of_photograph(middle, cfa) <= 1e-6


@pytest.mark.slow
@pytest.mark.peer
@against_the_peer
@pytest.mark.parametrize("name", SCIKIT_IMAGE)
@every_phase
def test_every_photograph_of_scikit_image_equals_colour_demosaicing(cfa: Cfa, name: str) -> None:
    assert farthest_of_photograph(scikit_image(name), cfa) <= 1e-6


@pytest.mark.slow
@pytest.mark.peer
@against_the_peer
@pytest.mark.parametrize("name", KODAK)
@every_phase
def test_every_kodak_photograph_equals_colour_demosaicing(
    cfa: Cfa, name: str, shared_data: Path
) -> None:
    codes = read_picture(shared_data / "sdr" / f"{name}.png").data.double()

    assert farthest_of_photograph((codes * 255).round() / 255, cfa) <= 1e-6


@pytest.mark.peer
@against_the_peer
def test_the_middle_of_a_kodak_photograph_equals_colour_demosaicing(shared_data: Path) -> None:
    codes = read_picture(shared_data / "sdr" / "kodim23.png").data.double()[..., 160:352, 260:452]

    assert farthest_of_photograph((codes * 255).round() / 255, Cfa.GBRG) <= 1e-6
