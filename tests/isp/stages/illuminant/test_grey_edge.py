"""Grey edge looks at differences, so an offset of one colour does not move it."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from isp.core.cfa import Cfa
from isp.core.errors import FrameError
from isp.stages.illuminant.grey_edge import grey_edge

GAINS = torch.tensor([[2.0, 1.0, 1.5]])


def noise(height: int, width: int) -> torch.Tensor:
    return torch.rand(1, 1, height, width, generator=torch.Generator().manual_seed(3))


def everywhere(mosaic: torch.Tensor) -> torch.Tensor:
    return torch.ones_like(mosaic, dtype=torch.bool)


@pytest.mark.parametrize("cfa", [Cfa.RGGB, Cfa.GBRG, Cfa.XTRANS])
def test_the_gains_of_a_tinted_step_are_found_above_any_haze(cfa: Cfa) -> None:
    step = torch.ones(1, 1, 48, 48)
    step[..., 24:] = 3.0
    tinted = step * cfa.spread(1 / GAINS, 48, 48)
    hazy = tinted + cfa.spread(torch.tensor([[0.0, 0.1, 0.9]]), 48, 48)

    torch.testing.assert_close(grey_edge(hazy, everywhere(hazy), cfa), GAINS)


def test_the_estimate_is_scipy_s_gaussian_and_difference() -> None:
    mosaic = noise(40, 52)

    gains = grey_edge(mosaic, everywhere(mosaic), Cfa.RGGB)

    planes = Cfa.RGGB.pack(mosaic)[0].double().numpy()
    light = []
    for plane in planes:
        weights = ndimage.gaussian_filter(np.ones_like(plane), 1, radius=3, mode="constant")
        smooth = ndimage.gaussian_filter(plane, 1, radius=3, mode="constant") / weights
        kernel = np.array([-0.5, 0, 0.5])
        down, right = (ndimage.correlate1d(smooth, kernel, axis, mode="nearest") for axis in (0, 1))
        light.append(np.mean(np.hypot(down, right) ** 6))
    red, green, blue = light[0], (light[1] + light[2]) / 2, light[3]
    expected = [(green / red) ** (1 / 6), 1.0, (green / blue) ** (1 / 6)]
    assert gains[0].tolist() == pytest.approx(expected, rel=1e-5)


def test_an_unmeasured_period_gives_no_gradient_of_its_own() -> None:
    """Only red has a step, across a column that clipped: beside it the step is seen, not on it."""
    mosaic = torch.ones(1, 1, 2, 18) + 0.01 * noise(2, 18)
    mosaic[..., 0, 8::2] = 50.0
    measured = everywhere(mosaic)

    seen = grey_edge(mosaic, measured, Cfa.RGGB)
    measured[..., 8:10] = False
    hidden = grey_edge(mosaic, measured, Cfa.RGGB)

    assert hidden[0, 0] > 1.05 * seen[0, 0]


def test_what_was_not_measured_makes_no_edge() -> None:
    mosaic = noise(24, 24) * Cfa.RGGB.spread(1 / GAINS, 24, 24)
    measured = everywhere(mosaic)
    measured[..., 8:10, 8:10] = False
    poisoned = torch.where(measured, mosaic, 1e4)

    torch.testing.assert_close(
        grey_edge(poisoned, measured, Cfa.RGGB), grey_edge(mosaic, measured, Cfa.RGGB)
    )


def test_a_plain_wall_has_no_estimate() -> None:
    wall = torch.full((1, 1, 12, 12), 0.4)

    with pytest.raises(FrameError, match="grey edge finds a colour without edges"):
        grey_edge(wall, everywhere(wall), Cfa.RGGB)
