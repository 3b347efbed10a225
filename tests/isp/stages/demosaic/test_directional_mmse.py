"""Two linear estimates, along rows and along columns, weighted by how little colours change."""

import numpy as np
import pytest
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.errors import ProfileError, UsageError
from isp.stages.demosaic.bilinear import demosaic_bilinear
from isp.stages.demosaic.directional_mmse import (
    RADIUS,
    DirectionalMmseDemosaic,
    demosaic_directional_mmse,
    direction_filters,
    reach,
)
from tests.isp.stages.demosaic.footprint import SIDE, claimed, reached

PATTERNS = (Cfa.RGGB, Cfa.BGGR, Cfa.XTRANS, Cfa.XTRANS.crop(1, 2), Cfa.QUAD_RGGB)
every_pattern = pytest.mark.parametrize("cfa", PATTERNS, ids=lambda cfa: cfa.name)


def noise(*shape: int, seed: int = 6) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=generator, dtype=torch.float64)


@every_pattern
def test_one_filter_a_site_is_what_a_loop_over_photosites_gives(cfa: Cfa) -> None:
    mosaic = noise(1, 1, 20, 21)
    filters = direction_filters(cfa, stretch=1.0)[0].numpy()
    rows, columns = cfa.period

    picture = demosaic_directional_mmse(mosaic, cfa, stretch=1.0, toe=None)[0].numpy()

    plane = mosaic[0, 0].numpy()
    for y in range(RADIUS, 20 - RADIUS):
        for x in range(RADIUS, 21 - RADIUS):
            window = plane[y - RADIUS : y + RADIUS + 1, x - RADIUS : x + RADIUS + 1]
            site = y % rows * columns + x % columns
            assert picture[:, y, x] == pytest.approx((filters[site] * window).sum(axis=(1, 2)))


@every_pattern
@pytest.mark.parametrize("stretch", [1.0, 4.0])
def test_a_flat_colour_is_reproduced(cfa: Cfa, stretch: float) -> None:
    # Borders continue by whole periods, so they see the flat colour too.
    colour = torch.tensor([[0.7, 0.2, 0.4]], dtype=torch.float64)

    picture = demosaic_directional_mmse(cfa.spread(colour, 13, 17), cfa, stretch)

    wanted = colour.reshape(1, 3, 1, 1).expand(1, 3, 13, 17)
    torch.testing.assert_close(picture, wanted, rtol=0, atol=1e-9)


@every_pattern
def test_each_photosite_keeps_its_own_value_to_the_last_bit(cfa: Cfa) -> None:
    mosaic = noise(2, 1, 13, 14).float() * 1.3 - 0.1

    picture = demosaic_directional_mmse(mosaic, cfa)

    own = cfa.colour_map(13, 14).expand(2, 1, -1, -1)
    assert torch.equal(picture.gather(1, own), mosaic)


@every_pattern
def test_lines_are_followed_along_rows_and_along_columns(cfa: Cfa) -> None:
    # Slow waves down the picture, grey: the plain filter must guess across the lines.
    wave = 0.5 + 0.4 * torch.sin(torch.arange(48.0, dtype=torch.float64) * 2 * np.pi / 3.6)
    lines = wave[:, None].expand(48, 48)[None, None]
    inside = np.s_[..., 9:-9, 9:-9]

    def error(mosaic: Tensor, stretch: float) -> float:
        picture = demosaic_directional_mmse(mosaic, cfa, stretch)
        return float((picture - mosaic).square()[inside].mean().sqrt())

    assert error(lines, 4.0) < 0.6 * error(lines, 1.0)
    assert error(lines.mT.contiguous(), 4.0) < 0.6 * error(lines.mT.contiguous(), 1.0)


@pytest.mark.parametrize("cfa", [Cfa.XTRANS, Cfa.QUAD_RGGB], ids=lambda cfa: cfa.name)
def test_rings_of_light_come_out_better_than_by_bilinear(cfa: Cfa) -> None:
    # A zone plate has edges of all directions; its colour changes slowly.
    rows, columns = torch.meshgrid(torch.arange(96.0), torch.arange(96.0), indexing="ij")
    rings = 0.5 + 0.4 * torch.cos(((rows - 48).square() + (columns - 48).square()) / 90)
    tint = torch.stack([0.9 - rows / 400, torch.full_like(rows, 0.7), 0.4 + columns / 400])
    scene = (rings * tint)[None]
    mosaic = scene.gather(1, cfa.colour_map(96, 96)[None, None])

    def error(picture: Tensor) -> float:
        return float((picture - scene)[..., 8:-8, 8:-8].square().mean().sqrt())

    ours = error(demosaic_directional_mmse(mosaic, cfa))

    assert ours < 0.5 * error(demosaic_bilinear(mosaic, cfa))


@pytest.mark.parametrize("site", [(0, 0), (1, 0), (2, 3)])
@pytest.mark.parametrize("stretch", [1.0, 4.0])
@pytest.mark.parametrize("cfa", [Cfa.XTRANS, Cfa.RGGB], ids=lambda cfa: cfa.name)
def test_exactly_the_colours_that_a_photosite_reaches_are_unmeasured_with_it(
    cfa: Cfa, stretch: float, site: tuple[int, int]
) -> None:
    stage = DirectionalMmseDemosaic(cfa, stretch=stretch, toe=None)
    stage.filters = direction_filters(cfa, stretch)
    row, column = SIDE // 2 + site[0], SIDE // 2 + site[1]

    lost, said = reached(stage, row, column), claimed(stage, row, column)

    # A symmetric site can have weights that are zero, to the rounding of the solution.
    assert not bool((lost & ~said).any())
    assert said.sum() <= lost.sum() * 1.05
    far = (said.any(dim=0).nonzero() - torch.tensor([row, column])).abs().max()
    assert far == reach(stretch)


def test_a_monochrome_sensor_is_sent_to_bilinear() -> None:
    with pytest.raises(ProfileError, match=r"MONO has .*use bilinear"):
        DirectionalMmseDemosaic(Cfa.MONO)


def test_a_stretch_below_1_and_a_toe_of_0_are_refused() -> None:
    with pytest.raises(UsageError, match="stretch is how much longer"):
        DirectionalMmseDemosaic(Cfa.RGGB, stretch=0.5)
    with pytest.raises(UsageError, match="toe is above 0"):
        DirectionalMmseDemosaic(Cfa.RGGB, toe=0.0)
