"""A mask spreads over the diamond that the demosaicing kernels cover."""

import numpy as np
import pytest
import torch

from isp.core.cfa import Cfa
from isp.fused.borders import mirrored
from isp.fused.mask_rows import spread_rows
from isp.stages.demosaic.malvar2004 import KERNELS
from tests.strategies import BAYER_PHASES

DIAMOND = np.add.outer(np.abs(np.arange(-2, 3)), np.abs(np.arange(-2, 3))) <= 2


def spread(mask: np.ndarray, spoils: int, first: int = 0, last: int | None = None) -> np.ndarray:
    result = np.full_like(mask, 9)
    places = mirrored(mask.shape)  # type: ignore[arg-type]
    spread_rows(mask, spoils, *places, first, mask.shape[0] if last is None else last, result)
    return result


@pytest.mark.parametrize("spoils", [0, 1])
def test_one_photosite_spreads_over_a_diamond(spoils: int) -> None:
    mask = np.full((9, 10), 1 - spoils, np.uint8)
    mask[4, 5] = spoils

    result = spread(mask, spoils)

    wanted = np.full((9, 10), 1 - spoils)
    wanted[2:7, 3:8][DIAMOND] = spoils
    assert result.tolist() == wanted.tolist()


@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
def test_the_diamond_is_what_the_kernels_of_a_pixel_cover_together(cfa: Cfa) -> None:
    support = torch.tensor(KERNELS).abs() > 0
    at_green, at_colour = support[[0, 2, 3]].any(dim=0), support[[0, 1, 4]].any(dim=0)

    assert at_green.tolist() == at_colour.tolist() == DIAMOND.tolist()


def test_only_the_rows_that_are_asked_for_are_written() -> None:
    result = spread(np.ones((8, 5), np.uint8), 1, 2, 5)

    assert (result[2:5] == 1).all()
    assert (np.delete(result, [2, 3, 4], axis=0) == 9).all()
