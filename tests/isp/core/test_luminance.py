"""Luminance is weighed by the frame's own primaries."""

import pytest
import torch

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.luminance import luminance_of, luminance_weights


@pytest.mark.parametrize(
    ("space", "weights"),
    [("bt709", (0.212639, 0.715169, 0.072192)), ("bt2020", (0.2627002, 0.6779981, 0.0593017))],
)
def test_the_weights_are_the_y_row_of_the_colour_space(
    space: str, weights: tuple[float, ...]
) -> None:
    """CONVENTIONS section 1.5, working and delivery spaces."""
    frame = Frame.start(
        torch.zeros(2, 3, 1, 1), Domain.LINEAR, colour=Colour(primaries=PRIMARIES[space])
    )

    found = luminance_weights(frame)

    assert found.shape == (2, 3)
    assert found[1].tolist() == pytest.approx(weights, abs=2e-6)


def test_luminance_is_the_weighted_sum_of_each_image_s_own_weights() -> None:
    linear = torch.tensor([1.0, 2.0, 4.0]).reshape(1, 3, 1, 1).expand(2, -1, -1, -1)
    weights = torch.tensor([[0.25, 0.5, 0.25], [1.0, 0.0, 0.0]])

    assert luminance_of(linear, weights).flatten().tolist() == [2.25, 1.0]


def test_white_has_the_luminance_1() -> None:
    for primaries in PRIMARIES.values():
        frame = Frame.start(
            torch.ones(1, 3, 1, 1), Domain.LINEAR, colour=Colour(primaries=primaries)
        )
        white = luminance_of(frame.data, luminance_weights(frame))
        assert float(white) == pytest.approx(1, abs=1e-6)
