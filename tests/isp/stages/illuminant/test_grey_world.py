"""Grey world makes the means equal, of what was measured."""

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.errors import FrameError
from isp.stages.illuminant.grey_world import grey_world

BAYER_PHASES = (Cfa.RGGB, Cfa.GRBG, Cfa.GBRG, Cfa.BGGR)
GAINS = torch.tensor([[2.0, 1.0, 1.5]])


@pytest.mark.parametrize("cfa", [*BAYER_PHASES, Cfa.XTRANS])
@pytest.mark.parametrize("size", [(12, 12), (13, 17)])
def test_grey_world_finds_the_gains_of_a_tinted_grey(cfa: Cfa, size: tuple[int, int]) -> None:
    tinted = 0.4 * cfa.spread(1 / GAINS, *size)

    gains = grey_world(tinted, torch.ones(1, 1, *size, dtype=torch.bool), cfa)

    torch.testing.assert_close(gains, GAINS)


def test_grey_world_is_not_pulled_by_clipped_highlights() -> None:
    # The lower half is so bright that green and blue clip at 1 while red does not.
    scene = torch.full((1, 1, 8, 8), 0.2)
    scene[..., 4:, :] = 5.0
    unclipped = scene * Cfa.RGGB.spread(torch.tensor([[0.1, 1.0, 0.5]]), 8, 8)
    mosaic = unclipped.clamp(max=1.0)

    gains = grey_world(mosaic, mosaic < 1, Cfa.RGGB)
    pulled = grey_world(mosaic, torch.ones_like(mosaic, dtype=torch.bool), Cfa.RGGB)

    torch.testing.assert_close(gains, torch.tensor([[10.0, 1.0, 2.0]]))
    assert pulled[0, 0] < 5  # what it would have been without the mask


def test_grey_world_balances_each_image_of_a_batch_for_itself() -> None:
    tints = torch.tensor([[0.5, 1.0, 1.0], [1.0, 1.0, 0.25]])
    mosaic = Cfa.BGGR.spread(tints, 4, 4)

    gains = grey_world(mosaic, torch.ones_like(mosaic, dtype=torch.bool), Cfa.BGGR)

    torch.testing.assert_close(gains, torch.tensor([[2.0, 1.0, 1.0], [1.0, 1.0, 4.0]]))


def test_grey_world_refuses_a_frame_with_nothing_measured() -> None:
    nothing = torch.zeros(1, 1, 4, 4, dtype=torch.bool)

    with pytest.raises(FrameError, match="no measured photosites; pass gains"):
        grey_world(torch.ones(1, 1, 4, 4), nothing, Cfa.RGGB)


def test_grey_world_refuses_a_colour_without_light() -> None:
    blind = Cfa.RGGB.spread(torch.tensor([[0.0, 1.0, 1.0]]), 4, 4)

    with pytest.raises(FrameError, match="a colour without light"):
        grey_world(blind, torch.ones(1, 1, 4, 4, dtype=torch.bool), Cfa.RGGB)
