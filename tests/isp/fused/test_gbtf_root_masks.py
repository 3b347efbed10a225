"""Masks after gbtf_root, in one pass of bytes, are those of the stage."""

import numpy as np
import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.fused.borders import continued
from isp.fused.gbtf_root_masks import HALO, STRIP, spread_rows
from isp.fused.shot_numbers import pair_shift
from isp.stages.demosaic import gbtf_root
from isp.stages.demosaic.gbtf_root import GbtfRootDemosaic
from tests.strategies import BAYER_PHASES


def spread(mask: np.ndarray, cfa: Cfa, spoils: int, first: int, last: int) -> np.ndarray:
    result = np.full_like(mask, 7)
    places = continued((mask.shape[0], mask.shape[1]), HALO)
    spread_rows(mask, spoils, *places, pair_shift(cfa), first, last, result)
    return result


def by_the_stage(mask: np.ndarray, cfa: Cfa) -> np.ndarray:
    marked = torch.from_numpy(mask > 0)[None, None]
    frame = Frame.start(torch.zeros(marked.shape), Domain.MOSAIC, clipped=marked)
    return GbtfRootDemosaic(cfa).develop(frame).clipped[0].any(dim=0).numpy().astype(np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (9, 10), (25, 33), (2 * STRIP + 5, 21)], ids=str)
@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
def test_every_pixel_is_lost_that_the_stage_loses(cfa: Cfa, size: tuple[int, int]) -> None:
    mask = (np.random.default_rng(4).random(size) > 0.99).astype(np.uint8)
    mask[size[0] // 2, size[1] // 2] = 1

    wanted = by_the_stage(mask, cfa)

    assert np.array_equal(spread(mask, cfa, 1, 0, size[0]), wanted)
    assert np.array_equal(spread(1 - mask, cfa, 0, 0, size[0]), 1 - wanted)


def test_rows_are_those_of_the_whole_and_no_others_are_written() -> None:
    mask = (np.random.default_rng(5).random((50, 20)) > 0.98).astype(np.uint8)

    part = spread(mask, Cfa.GRBG, 1, 7, 44)

    assert np.array_equal(part[7:44], by_the_stage(mask, Cfa.GRBG)[7:44])
    assert np.unique(np.delete(part, np.s_[7:44], axis=0)).tolist() == [7]


def test_the_margin_is_the_stage_s() -> None:
    assert HALO == gbtf_root.HALO
