"""Luminance is that of the frame's own space, and its logarithm has a floor that was measured."""

import pytest
import torch

from isp.core.colour import PRIMARIES, Colour
from isp.stages.tone.luminance import (
    lit_luminance,
    luminance_of,
    luminance_weights,
    measured_or_all,
)


def test_the_weights_are_the_y_row_of_the_space() -> None:
    weights = luminance_weights(Colour(primaries=PRIMARIES["bt2020"]), torch.ones(2, 3, 1, 1))

    # CONVENTIONS 1.5
    assert weights.tolist() == [pytest.approx([0.2627002, 0.6779981, 0.0593017], abs=1e-6)] * 2
    white = luminance_of(torch.ones(2, 3, 1, 1), weights)
    assert white.flatten().tolist() == pytest.approx([1, 1])


def test_light_at_or_below_0_counts_as_16_stops_below_the_brightest_measured() -> None:
    linear = torch.tensor([-1.0, 0.0, 2.0, 500.0]).reshape(1, 1, 1, 4).expand(1, 3, 1, 4)
    measured = torch.tensor([1.0, 1.0, 1.0, 0.0]).reshape(1, 1, 1, 4)
    weights = torch.tensor([[0.25, 0.5, 0.25]])

    lit = lit_luminance(linear, weights, measured)

    assert lit.flatten().tolist() == [2 * 2.0**-16, 2 * 2.0**-16, 2.0, 500.0]


def test_where_nothing_was_measured_everything_counts() -> None:
    masks = torch.tensor([[0.0, 0.0], [0.0, 1.0]]).reshape(2, 1, 1, 2)

    assert measured_or_all(masks).flatten().tolist() == [1, 1, 0, 1]
