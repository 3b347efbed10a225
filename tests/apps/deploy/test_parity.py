"""Differences in image terms, by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from apps.deploy.parity import CODES, PERFECT_DB, ParityRow, check_fp32, difference
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import CheckError
from isp.core.frame import Frame

GREY = np.full((1, 3, 4, 5), 0.5, np.float32)
MASK = np.ones((1, 1, 4, 5), np.float32)


def wanted(domain: Domain = Domain.SDR) -> Frame:
    return Frame.start(torch.from_numpy(GREY), domain, colour=Colour())


def test_equal_pictures_have_no_psnr_and_no_difference() -> None:
    row = difference("g", [GREY, MASK, 0 * MASK], wanted())

    assert (row.largest, row.dn_max, row.psnr_db) == (0.0, 0.0, PERFECT_DB)
    assert row.delta_e_2000_max == pytest.approx(0.0, abs=1e-9)
    assert row.masks_equal
    assert row.record()["size"] == [4, 5]


def test_one_pixel_off_by_a_thousandth() -> None:
    off = GREY.copy()
    off[0, 1, 2, 3] += 1e-3

    row = difference("g", [off, MASK, 0 * MASK], wanted())

    assert row.largest == pytest.approx(1e-3, rel=1e-4)
    assert row.dn_max == pytest.approx(1e-3 * CODES, rel=1e-4)
    assert row.psnr_db == pytest.approx(-10 * np.log10(1e-6 / 60), abs=1e-3)
    assert row.delta_e_2000_max is not None
    assert row.delta_e_2000_max > 0.05


def test_above_white_a_difference_is_a_share_of_the_picture() -> None:
    light = wanted(Domain.LINEAR)
    light = replace(light, data=light.data * 20)

    row = difference("g", [GREY * 20 + 1e-3, MASK, 0 * MASK], light)

    assert row.largest == pytest.approx(1e-4, rel=1e-2)
    assert row.delta_e_2000_max is None


@pytest.mark.parametrize("place", [0, 1])
def test_one_pixel_of_a_mask_is_seen(place: int) -> None:
    masks = [MASK.copy(), 0 * MASK]
    masks[place][0, 0, 3, 4] = 1 - masks[place][0, 0, 3, 4]

    assert not difference("g", [GREY, *masks], wanted()).masks_equal


def row(largest: float = 0.0, equal: bool = True) -> ParityRow:
    return ParityRow(
        graph="tone", size=(4, 5), largest=largest, dn_max=0.0, dn_p999=0.0, psnr_db=90.0,
        delta_e_2000_max=None, masks_equal=equal,
    )  # fmt: skip


def test_what_is_further_off_than_full_precision_may_be_is_refused() -> None:
    check_fp32([row(9e-5)])
    with pytest.raises(CheckError, match=r"tone is 0\.00011 of white from torch at 5 x 4"):
        check_fp32([row(), row(1.1e-4)])
    with pytest.raises(CheckError, match="nan of white"):
        check_fp32([row(float("nan"))])
    with pytest.raises(CheckError, match="other masks"):
        check_fp32([row(equal=False)])
