"""Local Laplacian: the fast filter against the definition, steps without halos, white at 1."""

import pytest
import torch

from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.stages.pyramid import LEVELS, expand, gaussian_pyramid
from isp.stages.tone.local_laplacian import (
    DETAIL_STOPS,
    LocalLaplacianTone,
    edge_slope_of,
    local_laplacian,
)

WEIGHTS = torch.tensor([[0.25, 0.5, 0.25]])


def by_definition(values: torch.Tensor, slope: float, detail: float) -> torch.Tensor:
    """Paris et al. 2011, algorithm 1: a picture of its own for every coefficient."""
    levels = gaussian_pyramid(values)
    result = levels[-1]
    out = [torch.zeros_like(level) for level in levels[:-1]]
    for level in range(LEVELS):
        for y in range(levels[level].shape[-2]):
            for x in range(levels[level].shape[-1]):
                reference = levels[level][0, 0, y, x]
                near = (values - reference).clamp(-detail, detail)
                remapped = reference + near + slope * (values - reference - near)
                own = gaussian_pyramid(remapped, level + 1)
                band = own[level] - expand(own[level + 1], own[level])
                out[level][0, 0, y, x] = band[0, 0, y, x]
    for level in range(LEVELS - 1, -1, -1):
        result = out[level] + expand(result, out[level])
    return result


def test_the_fast_filter_is_the_definition_within_a_tenth_of_a_stop() -> None:
    """Ten stops, references 0.66 stops apart, interpolated linearly: 0.012 was measured."""
    values = 10 * torch.rand(1, 1, 7, 9, generator=torch.Generator().manual_seed(8)).square()

    fast = local_laplacian(values, torch.full((1, 1, 1, 1), 0.3))

    error = fast - by_definition(values, 0.3, DETAIL_STOPS)
    assert error.abs().max() < 0.1
    assert fast.std() < 0.75 * values.std()


def test_a_slope_of_1_gives_the_picture_back() -> None:
    values = torch.rand(1, 1, 13, 21, generator=torch.Generator().manual_seed(8)) * 12 - 6

    torch.testing.assert_close(
        local_laplacian(values, torch.ones(1, 1, 1, 1)), values, rtol=0, atol=1e-4
    )


def test_differences_below_the_detail_are_kept_whatever_the_slope() -> None:
    values = 1.2 * torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(8))

    torch.testing.assert_close(
        local_laplacian(values, torch.zeros(1, 1, 1, 1)), values, rtol=0, atol=1e-4
    )


def toned(light: torch.Tensor, strength: float = 1.0) -> torch.Tensor:
    frame = Frame.start(light.expand(1, 3, *light.shape), Domain.LINEAR)
    return LocalLaplacianTone(strength).develop(frame).data[0, 0]


def step() -> torch.Tensor:
    light = torch.full((48, 96), 0.05)
    light[:, 48:] = 12.0
    return light


def test_a_step_is_lower_but_neither_haloed_nor_turned_round() -> None:
    """Overshoot is at most a fortieth of the step's own stops."""
    line = torch.log2(toned(step())[24])

    height = float(line[80] - line[15])
    assert 0.2 < height < 0.7 * torch.log2(torch.tensor(240.0))
    assert float(line[:47].max() - line[:47].min()) < 0.4
    assert bool((line.diff()[40:56] >= -0.025 * 7.9).all())


def test_the_brightest_but_a_thousandth_becomes_white() -> None:
    """Where the picture exceeds white: 0.1 % of 96 x 48 pixels are 4."""
    result = toned(step() * (0.8 + 0.4 * torch.rand(
        48, 96, generator=torch.Generator().manual_seed(3)
    )))  # fmt: skip

    assert float(result.flatten().sort().values[-5]) == pytest.approx(1.0, rel=1e-3)
    assert result.max() < 1.1


def test_a_picture_below_white_is_left_alone() -> None:
    light = 0.9 * torch.rand(20, 30, generator=torch.Generator().manual_seed(3)) + 0.01

    torch.testing.assert_close(toned(light), light, rtol=1e-4, atol=1e-5)


def test_a_strength_of_0_leaves_every_picture_alone() -> None:
    torch.testing.assert_close(toned(step(), 0.0), step(), rtol=1e-4, atol=1e-5)


def test_the_slope_takes_a_bright_edge_to_white() -> None:
    """From 0.18, beyond 1.32 stops of detail: 1.15 stops of room for log2(16 / 0.18) - 1.32."""
    light = torch.full((1, 3, 10, 10), 16.0)
    everywhere = torch.ones(1, 1, 10, 10, dtype=torch.bool)

    slope = edge_slope_of(light, everywhere, WEIGHTS)

    assert float(slope) == pytest.approx((2.474 - 1.3219) / (6.474 - 1.3219), abs=1e-3)
    assert edge_slope_of(light / 32, everywhere, WEIGHTS).tolist() == [1.0]


def test_rebuilt_light_that_was_not_measured_is_compressed_too() -> None:
    light = step()
    light[20:28, 70:78] = 100.0
    measured = torch.ones(1, 1, 48, 96, dtype=torch.bool)
    measured[..., 20:28, 70:78] = False
    frame = Frame.start(light.expand(1, 3, 48, 96), Domain.LINEAR, measured=measured)

    result = LocalLaplacianTone().develop(frame).data[0, 0]

    # Three stops above what is around it, of which the slope, 0.24, keeps less than one.
    assert 1.0 < result[24, 74] < 1.6
    assert result[24, 74] > result[24, 60]


def test_a_black_picture_and_a_strength_beyond_1_are_refused() -> None:
    with pytest.raises(FrameError, match="nothing to map"):
        toned(torch.zeros(4, 4))
    with pytest.raises(UsageError, match="strength is 0 to 1"):
        LocalLaplacianTone(1.5)
