"""Equation 12 by hand, and where it clips."""

import pytest
import torch

from enhance.nets.adaptive_residual import Heads, linear_heads, mixed


def plane(value: float, planes: int = 4) -> torch.Tensor:
    return torch.full((1, planes, 1, 1), value)


@pytest.mark.parametrize(
    ("clip_max", "expected"),
    # M = 1/4: clip(-1) / 4 + 3/4 clip(1.6), clipped to [0, 1], to [0, 1.5] and not at all.
    [(1.0, 0.75), (1.5, 1.125), (None, 0.95)],
)
def test_both_values_are_clipped_and_then_mixed(clip_max: float | None, expected: float) -> None:
    heads = Heads(share=plane(0.25, 1), direct=plane(-1.0), corrected=plane(1.6))

    torch.testing.assert_close(mixed(heads, clip_max), plane(expected))


def test_nine_channels_are_map_value_and_correction_in_that_order() -> None:
    output = torch.arange(9.0).reshape(1, 9, 1, 1)

    heads = linear_heads(output, plane(10.0))

    assert heads.share.tolist() == [[[[0.5]]]]
    assert heads.direct.flatten().tolist() == [1, 2, 3, 4]
    assert heads.corrected.flatten().tolist() == [15, 16, 17, 18]
