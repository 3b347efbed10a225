"""Masks of a Bayer mosaic's colours."""

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.errors import ProfileError
from isp.stages.demosaic.bayer_sites import bayer_sites, need_bayer


def test_the_masks_of_grbg_are_its_printed_pattern() -> None:
    sites = bayer_sites(Cfa.GRBG, torch.zeros(1, 1, 3, 3))

    assert sites.red[0, 0].tolist() == [[0, 1, 0], [0, 0, 0], [0, 1, 0]]
    assert sites.green[0, 0].tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    assert sites.blue[0, 0].tolist() == [[0, 0, 0], [1, 0, 1], [0, 0, 0]]
    assert sites.red_row[0, 0].tolist() == [[1, 1, 1], [0, 0, 0], [1, 1, 1]]


def test_another_pattern_is_refused_with_the_way_out() -> None:
    with pytest.raises(ProfileError, match="not XTRANS; use directional_mmse or bilinear"):
        need_bayer(Cfa.XTRANS, "some method")
