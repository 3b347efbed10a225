"""Codes are held by integers of their own width."""

import torch

from isp.fused.codes import CODES


def test_the_integers_hold_the_largest_code_and_no_more() -> None:
    assert {bits: torch.iinfo(kind).max for bits, kind in CODES.items()} == {8: 255, 16: 65535}
