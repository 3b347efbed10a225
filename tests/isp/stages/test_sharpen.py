"""Sharpening raises contrast at fine detail, within the range that was there and a margin."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from calibration.sfr import slanted_edge_sfr
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.luminance import luminance_of
from isp.stages.sharpen import Sharpen, sharpen
from simulate.scenes.slanted_edge import slanted_edge

WEIGHTS = torch.tensor([[0.2126, 0.7152, 0.0722]])
SETTINGS = {"amount": 1.0, "radius": 0.8, "threshold": 0.0, "overshoot": 0.1}


def sharpened(linear: Tensor, **settings: float) -> Tensor:
    return sharpen(linear, torch.ones_like(linear[:, :1]), WEIGHTS, **(SETTINGS | settings))


def blurred_edge(sigma: float = 0.7) -> Tensor:
    """A slanted edge of contrast 4, seen by a Gaussian lens: (1, 3, 96, 80)."""
    edge = torch.from_numpy(slanted_edge(96, 80, contrast=4.0)).permute(2, 0, 1)[None].float()
    taps = torch.exp(-(torch.arange(-5, 6.0) ** 2) / (2 * sigma**2))
    kernel = torch.outer(taps, taps) / taps.sum() ** 2
    padded = F.pad(edge, (5, 5, 5, 5), mode="replicate")
    return F.conv2d(padded, kernel.expand(3, 1, -1, -1), groups=3)


def mtf50(linear: Tensor) -> float:
    found = slanted_edge_sfr(linear[0, 1]).mtf50
    assert found is not None
    return found


def test_the_frequency_at_half_contrast_rises_with_the_amount() -> None:
    edge = blurred_edge()

    rises = [mtf50(sharpened(edge, amount=a)) / mtf50(edge) for a in (0.0, 0.5, 1.0)]

    assert rises[0] == pytest.approx(1, abs=1e-6)
    assert rises[1] > 1.1
    assert rises[2] > 1.2
    assert rises[2] > rises[1]


@pytest.mark.parametrize("overshoot", [0.0, 0.1, 0.3])
@pytest.mark.parametrize("amount", [1.0, 5.0])
def test_nothing_passes_its_surroundings_by_more_than_the_margin(
    amount: float, overshoot: float
) -> None:
    edge = blurred_edge()
    light = luminance_of(edge, WEIGHTS)
    top, bottom = F.max_pool2d(light, 3, 1, 1), -F.max_pool2d(-light, 3, 1, 1)

    bright = luminance_of(sharpened(edge, amount=amount, overshoot=overshoot), WEIGHTS)

    margin = overshoot * (top - bottom) + 1e-6
    assert bool((bright <= top + margin).all())
    assert bool((bright >= bottom - margin).all())


def test_the_limit_is_what_holds_the_halo() -> None:
    edge = blurred_edge()
    highest = float(edge[:, 1].max())

    free, held = (float(sharpened(edge, amount=5.0, overshoot=o)[:, 1].max()) for o in (100.0, 0.0))

    assert free > 1.2 * highest
    assert held <= highest * (1 + 1e-6)


def test_a_point_rises_by_amount_times_what_the_blur_took() -> None:
    """Taps of radius 0.5 reach 2 px: 1, exp(-2), exp(-8) of 1.271342; the centre keeps 0.618690."""
    point = torch.ones(1, 3, 9, 9)
    point[..., 4, 4] = 2.0

    raised = sharpened(point, radius=0.5, overshoot=100.0)

    assert float(raised[0, 0, 4, 4]) == pytest.approx(2 + (1 - 1 / 1.271342**2), abs=1e-5)


def test_detail_below_the_threshold_is_left_alone() -> None:
    generator = torch.Generator().manual_seed(4)
    linear = 0.5 + 0.001 * torch.randn(1, 3, 32, 32, generator=generator)

    assert torch.equal(sharpened(linear, threshold=0.02), linear)
    assert not torch.equal(sharpened(linear, threshold=0.0), linear)


def test_colour_differences_stay_as_they_were() -> None:
    linear = torch.rand(1, 3, 20, 20, generator=torch.Generator().manual_seed(5))

    raised = sharpened(linear)

    torch.testing.assert_close(raised[:, :2] - raised[:, 1:], linear[:, :2] - linear[:, 1:])
    assert not torch.equal(raised, linear)


def test_unmeasured_pixels_stay_and_do_not_shine_into_others() -> None:
    linear = torch.full((1, 3, 16, 16), 0.5)
    linear[..., 8, 8] = 90.0
    measured = torch.ones(1, 1, 16, 16, dtype=torch.bool)
    measured[..., 8, 8] = False

    raised = Sharpen().develop(Frame.start(linear, Domain.LINEAR, measured=measured))

    torch.testing.assert_close(raised.data, linear, rtol=0, atol=1e-6)
    assert torch.equal(raised.measured, measured)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    "settings", [{"amount": -1.0}, {"radius": 0.0}, {"threshold": -0.1}, {"overshoot": -0.1}]
)
def test_settings_out_of_range_are_refused(settings: dict) -> None:
    with pytest.raises(UsageError, match="sharpening takes"):
        Sharpen(**settings)
