"""Shades of grey is the Minkowski norm of order 6, of what was measured."""

import pytest
import torch

from isp.core.cfa import Cfa
from isp.stages.illuminant.shades_of_grey import shades_of_grey

GAINS = torch.tensor([[2.0, 1.0, 1.5]])


@pytest.mark.parametrize("cfa", [Cfa.RGGB, Cfa.GBRG, Cfa.XTRANS])
def test_the_gains_of_a_tinted_grey_are_found(cfa: Cfa) -> None:
    tinted = 0.4 * cfa.spread(1 / GAINS, 13, 17)

    gains = shades_of_grey(tinted, torch.ones(1, 1, 13, 17, dtype=torch.bool), cfa)

    torch.testing.assert_close(gains, GAINS)


def test_the_norm_is_the_sixth() -> None:
    """Red is 1 in one of two periods: (1/2)^(1/6) of green, which is 1 in both."""
    mosaic = torch.ones(1, 1, 2, 4)
    mosaic[..., 0, 2] = 0.0

    gains = shades_of_grey(mosaic, torch.ones(1, 1, 2, 4, dtype=torch.bool), Cfa.RGGB)

    torch.testing.assert_close(gains, torch.tensor([[2 ** (1 / 6), 1.0, 1.0]]))


def test_unmeasured_photosites_do_not_count() -> None:
    mosaic = Cfa.RGGB.spread(1 / GAINS, 8, 8).clone()
    measured = torch.ones(1, 1, 8, 8, dtype=torch.bool)
    mosaic[..., 4:, :], measured[..., 4:, :] = 50.0, False

    torch.testing.assert_close(shades_of_grey(mosaic, measured, Cfa.RGGB), GAINS)
