"""Directional differences weighted by how little they change, under a square root."""

import numpy as np
import pytest
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.errors import ProfileError, UsageError
from isp.stages.demosaic.gbtf_root import HALO, GbtfRootDemosaic, demosaic_gbtf_root
from isp.stages.demosaic.malvar2004 import demosaic_malvar2004
from tests.isp.stages.demosaic.footprint import SIDE, claimed, reached

BAYER_PHASES = (Cfa.RGGB, Cfa.GRBG, Cfa.GBRG, Cfa.BGGR)
INSIDE = np.s_[..., HALO:-HALO, HALO:-HALO]
every_phase = pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
every_toe = pytest.mark.parametrize("toe", [1e-3, None])


def noise(*shape: int, seed: int = 6) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=generator, dtype=torch.float64)


def by_hand(mosaic: np.ndarray, green: np.ndarray) -> np.ndarray:
    """Green by loops, a photosite at a time, from the method's description; linear light."""
    height, width = mosaic.shape

    def difference(y: int, x: int, dy: int, dx: int) -> float:
        at = [mosaic[y + k * dy, x + k * dx] for k in range(-2, 3)]
        other = (at[1] + at[3]) / 2 + (2 * at[2] - at[0] - at[4]) / 4
        return float(at[2] - other if green[y, x] else other - at[2])

    def change(y: int, x: int, dy: int, dx: int) -> float:
        before, after = (difference(y + k * dy, x + k * dx, dy, dx) for k in (-1, 1))
        return abs(after - before)

    full = mosaic.copy()
    for y in range(HALO, height - HALO):
        for x in range(HALO, width - HALO):
            if green[y, x]:
                continue
            total = weights = 0.0
            for dy, dx in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                axis = abs(dy), abs(dx)
                arm = [(y + k * dy, x + k * dx) for k in range(3)]
                changes = sum(
                    change(i + side * axis[1], j + side * axis[0], *axis)
                    for i, j in arm
                    for side in (-1, 0, 1)
                )
                weight = 1 / max(changes, 1e-3) ** 2
                total += weight * sum(difference(i, j, *axis) for i, j in arm) / 3
                weights += weight
            full[y, x] = mosaic[y, x] + total / weights
    return full


@every_phase
def test_green_is_what_loops_over_the_description_give(cfa: Cfa) -> None:
    mosaic = noise(1, 1, 26, 28)
    green = cfa.colour_map(26, 28).numpy() == 1

    picture = demosaic_gbtf_root(mosaic, cfa, toe=None)

    wanted = by_hand(mosaic[0, 0].numpy(), green)
    assert np.abs(picture[0, 1].numpy() - wanted)[INSIDE].max() < 1e-12


@every_phase
def test_three_colours_that_ramp_differently_are_reproduced_inside_the_border(cfa: Cfa) -> None:
    # Differences are interpolated without error then, and opposite arms are equally steep.
    rows, columns = torch.meshgrid(torch.arange(32.0), torch.arange(34.0), indexing="ij")
    slopes = torch.tensor([[0.01, 0.02], [0.013, -0.004], [-0.006, 0.009]])
    colours = (slopes @ torch.stack([rows.flatten(), columns.flatten()])).reshape(1, 3, 32, 34)
    mosaic = colours.gather(1, cfa.colour_map(32, 34)[None, None])

    picture = demosaic_gbtf_root(mosaic, cfa, toe=None)

    torch.testing.assert_close(picture[INSIDE], colours[INSIDE], rtol=0, atol=1e-5)


def test_grey_lines_come_out_grey_along_rows_and_along_columns() -> None:
    stripes = torch.zeros(1, 1, 36, 36, dtype=torch.float64)
    stripes[..., ::3, :] = 0.8

    level = demosaic_gbtf_root(stripes, Cfa.RGGB)
    upright = demosaic_gbtf_root(stripes.mT.contiguous(), Cfa.RGGB)

    # Across the lines the differences change at every step, along them never. What is left is red
    # and blue from the opposite colour's rows; Malvar's error is 50 times as large.
    wanted = stripes.expand(1, 3, -1, -1)
    torch.testing.assert_close(level[INSIDE], wanted[INSIDE], rtol=0, atol=1e-3)
    torch.testing.assert_close(upright[INSIDE], wanted.mT[INSIDE], rtol=0, atol=1e-3)
    assert (demosaic_malvar2004(stripes, Cfa.RGGB) - wanted)[INSIDE].abs().max() > 0.05


@every_phase
@every_toe
@pytest.mark.parametrize("size", [(2, 2), (2, 3), (3, 5), (13, 17)], ids=str)
def test_a_flat_colour_is_reproduced_to_the_last_row(
    cfa: Cfa, toe: float | None, size: tuple[int, int]
) -> None:
    colour = torch.tensor([[0.7, 0.2, 0.4]])

    picture = demosaic_gbtf_root(cfa.spread(colour, *size), cfa, toe)

    wanted = colour.reshape(1, 3, 1, 1).expand(1, 3, *size)
    torch.testing.assert_close(picture, wanted, rtol=0, atol=2e-6)


@every_phase
def test_each_photosite_keeps_its_own_value_to_the_last_bit(cfa: Cfa) -> None:
    mosaic = noise(2, 1, 13, 14).float() * 1.3 - 0.1

    picture = demosaic_gbtf_root(mosaic, cfa)

    own = cfa.colour_map(13, 14).expand(2, 1, -1, -1)
    assert torch.equal(picture.gather(1, own), mosaic)


def test_noise_around_black_keeps_its_mean() -> None:
    # The curve is odd. 5 standard errors of a mean over 10 000 photosites, of which the estimates
    # average a few, so that neighbours are not independent: sqrt(4) for it.
    dark = 0.003 * torch.randn(1, 1, 100, 100, generator=torch.Generator().manual_seed(3))

    picture = demosaic_gbtf_root(dark, Cfa.RGGB)

    assert picture.mean(dim=(0, 2, 3)).abs().max() < 5 * 2 * 0.003 / 100


@pytest.mark.parametrize(("down", "right"), [(0, 1), (1, 0), (1, 1)])
def test_a_shifted_crop_of_a_real_mosaic_gives_the_shifted_picture(
    nikon_mosaic: Tensor, down: int, right: int
) -> None:
    whole = demosaic_gbtf_root(nikon_mosaic[..., :200, :240], Cfa.RGGB)
    cropped = nikon_mosaic[..., 10 + down : 160 + down, 20 + right : 200 + right]

    shifted = demosaic_gbtf_root(cropped, Cfa.RGGB.crop(10 + down, 20 + right))

    inside = whole[..., 10 + down : 160 + down, 20 + right : 200 + right]
    torch.testing.assert_close(shifted[INSIDE], inside[INSIDE], rtol=0, atol=1e-6)


def test_single_precision_decides_as_double_does_where_nothing_changes_along_a_line() -> None:
    ramp = torch.round(torch.linspace(0.05, 0.95, 512).double() * 959) / 959  # a 10-bit camera's
    mosaic = ramp.repeat(64, 1)
    mosaic[::7, ::5] = 1.0

    single, double = (
        demosaic_gbtf_root(m[None, None], Cfa.RGGB).double() for m in (mosaic.float(), mosaic)
    )

    # Changes of 0 and of rounding's size give the weights here, and both must mean none.
    assert float((single - double).abs().max()) < 1 / 65535


def test_a_gradient_flows_to_every_photosite() -> None:
    mosaic = noise(1, 1, 12, 12).requires_grad_()

    demosaic_gbtf_root(mosaic, Cfa.RGGB).square().sum().backward()

    assert mosaic.grad is not None
    assert bool((mosaic.grad != 0).all())
    assert bool(mosaic.grad.isfinite().all())


@every_toe
@pytest.mark.parametrize("site", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_exactly_the_colours_that_a_photosite_reaches_are_unmeasured_with_it(
    site: tuple[int, int], toe: float | None
) -> None:
    stage = GbtfRootDemosaic(Cfa.GRBG, toe=toe)
    row, column = SIDE // 2 + site[0], SIDE // 2 + site[1]

    assert torch.equal(reached(stage, row, column), claimed(stage, row, column))


@pytest.mark.parametrize("cfa", [Cfa.XTRANS, Cfa.QUAD_RGGB, Cfa.MONO], ids=lambda cfa: cfa.name)
def test_a_pattern_that_is_not_bayer_is_refused(cfa: Cfa) -> None:
    with pytest.raises(ProfileError, match=f"gbtf_root is made for Bayer patterns, not {cfa.name}"):
        GbtfRootDemosaic(cfa)


@pytest.mark.parametrize("toe", [0.0, -1e-3])
def test_a_toe_that_is_none_above_0_is_refused(toe: float) -> None:
    with pytest.raises(UsageError, match="toe is above 0"):
        GbtfRootDemosaic(Cfa.RGGB, toe=toe)
