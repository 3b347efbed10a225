"""The rules held beside ours do what they say, on a mosaic worked out by hand."""

import pytest
import torch

from apps.defect_peers import RULES, beyond_all_eight, beyond_four_times, beyond_median
from isp.core.cfa import Cfa

NOISE = torch.tensor([[1e-4, 1e-9, 0.0]])  # sigma 0.01


@pytest.mark.parametrize(
    ("value", "all_eight", "median", "four_times"),
    [
        (0.16, False, False, False),  # 4 sigma above the largest neighbour, 6 above the median
        (0.18, True, False, False),  # 6 and 8
        (0.22, True, True, False),
        (0.5, True, True, True),  # more than four times 0.12
        (0.0, True, False, False),  # 10 sigma below 0.1, but not more
    ],
)  # fmt: skip
def test_each_rule_by_its_limit(
    value: float, all_eight: bool, median: bool, four_times: bool
) -> None:
    mosaic = torch.full((1, 1, 16, 16), 0.1)
    mosaic[..., 6, 8] = 0.12  # one of the eight
    mosaic[..., 8, 8] = value

    found = [rule(mosaic, NOISE, Cfa.RGGB)[0, 0, 8, 8] for rule in RULES.values()]

    assert [bool(f) for f in found] == [all_eight, median, four_times]
    assert list(RULES.values()) == [beyond_all_eight, beyond_median, beyond_four_times]
