"""The logarithm of luminance has a floor that was measured."""

import torch

from isp.stages.tone.luminance import (
    lit_luminance,
    measured_or_all,
)


def test_light_at_or_below_0_counts_as_16_stops_below_the_brightest_measured() -> None:
    linear = torch.tensor([-1.0, 0.0, 2.0, 500.0]).reshape(1, 1, 1, 4).expand(1, 3, 1, 4)
    measured = torch.tensor([1.0, 1.0, 1.0, 0.0]).reshape(1, 1, 1, 4)
    weights = torch.tensor([[0.25, 0.5, 0.25]])

    lit = lit_luminance(linear, weights, measured)

    assert lit.flatten().tolist() == [2 * 2.0**-16, 2 * 2.0**-16, 2.0, 500.0]


def test_where_nothing_was_measured_everything_counts() -> None:
    masks = torch.tensor([[0.0, 0.0], [0.0, 1.0]]).reshape(2, 1, 1, 2)

    assert measured_or_all(masks).flatten().tolist() == [1, 1, 0, 1]
