"""Colour noise goes, luma stays, and colour edges stay where luma or colour has them."""

import pytest
import torch
from torch import Tensor

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.luminance import luminance_of
from isp.core.transfer import decode_srgb, encode_srgb
from isp.stages.chroma_denoise import TAPS, ChromaDenoise, denoise_chroma

WEIGHTS = torch.tensor([[0.2126, 0.7152, 0.0722]])
SILENT = (0.0, 0.0)


def smoothed(
    linear: Tensor,
    radius: int = 14,
    contrast: float = 0.1,
    strength: float = 1.0,
    noise: tuple[float, float] = SILENT,
) -> Tensor:
    measured = torch.ones_like(linear[:, :1])
    law = torch.tensor([noise])
    return denoise_chroma(linear, measured, WEIGHTS, law, radius, contrast, strength)


def noise(height: int, width: int, sigma: float) -> Tensor:
    generator = torch.Generator().manual_seed(11)
    return sigma * torch.randn(1, 3, height, width, generator=generator)


def luma(linear: Tensor) -> Tensor:
    return luminance_of(encode_srgb(linear), WEIGHTS)


def chroma(linear: Tensor) -> Tensor:
    return encode_srgb(linear)[:, ::2] - luma(linear)


def two_halves(left: tuple[float, ...], right: tuple[float, ...]) -> Tensor:
    """Codes left and right of an upright edge, as light."""
    codes = torch.tensor(left).reshape(1, 3, 1, 1).expand(1, 3, 48, 48).clone()
    codes[..., 24:] = torch.tensor(right).reshape(3, 1, 1)
    return decode_srgb(codes)


def test_luma_is_what_it_was_to_the_last_rounding() -> None:
    linear = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(2)) * 4

    torch.testing.assert_close(luma(smoothed(linear)), luma(linear), rtol=0, atol=4e-6)


@pytest.mark.parametrize(("radius", "steps"), [(2, 1), (5, 1), (6, 2), (13, 2), (14, 3), (30, 4)])
def test_noise_far_below_the_range_falls_as_the_steps_say(radius: int, steps: int) -> None:
    """All weights are those of the distance: noise falls by the root of their sum of squares."""
    kernel = torch.ones(1)
    for step in range(steps):
        apart = torch.zeros(4 * 2**step + 1)
        apart[:: 2**step] = torch.tensor(TAPS)
        kernel = torch.nn.functional.conv1d(
            kernel.reshape(1, 1, -1), apart.reshape(1, 1, -1), padding=len(apart) - 1
        ).flatten()
    linear = 0.4 + noise(224, 224, 1e-4)

    before, after = (
        float(chroma(x)[..., 32:-32, 32:-32].std()) for x in (linear, smoothed(linear, radius))
    )

    # 160 x 160 pixels hold (160 / width of the kernel)^2 independent values or so, in two planes.
    fall = float(kernel.square().sum())
    assert after / before == pytest.approx(fall, rel=5 / (2 * 160 * fall**0.5 / 4))


def test_a_colour_edge_stays_where_luma_has_one() -> None:
    clean = two_halves((0.74, 0.35, 0.25), (0.58, 0.80, 0.85))
    linear = clean + noise(48, 48, 0.005)

    error = (chroma(smoothed(linear)) - chroma(clean)).abs()

    assert float(error.max()) < 0.1 * 0.47  # R' - Y' steps from 0.31 to -0.16
    assert float(error.mean()) < float((chroma(linear) - chroma(clean)).abs().mean()) / 2


def test_a_colour_edge_stays_without_any_step_of_luma() -> None:
    # Red up by 0.3 and green down by so much that luma is 0.5 on both sides.
    other = 0.5 - 0.3 * 0.2126 / 0.7152
    clean = two_halves((0.5, 0.5, 0.5), (0.8, other, 0.5))
    linear = clean + noise(48, 48, 0.005)

    error = (chroma(smoothed(linear)) - chroma(clean)).abs()

    assert float(error.max()) < 0.1 * 0.3
    assert float(error.mean()) < float((chroma(linear) - chroma(clean)).abs().mean()) / 2


def test_a_grey_picture_stays_as_it_is() -> None:
    grey = torch.rand(1, 1, 20, 20, generator=torch.Generator().manual_seed(3)).expand(1, 3, -1, -1)

    torch.testing.assert_close(smoothed(grey), grey, rtol=0, atol=2e-6)


def test_noise_that_is_known_widens_what_is_averaged() -> None:
    # The noise of 200 electrons at white and 3 e- of read noise, in a grey of 0.1.
    law = ((3 / 200) ** 2, 1 / 200)
    linear = 0.1 + noise(64, 64, (law[0] + 0.1 * law[1]) ** 0.5)

    spreads = [
        float(chroma(smoothed(linear, contrast=0.02, noise=n))[..., 8:56, 8:56].std())
        for n in (SILENT, law)
    ]

    assert spreads[1] < spreads[0] / 3


def test_strength_goes_from_nothing_to_all() -> None:
    linear = 0.4 + noise(24, 24, 0.02)
    linear[..., 3, 3] = -0.2
    all_of_it = chroma(smoothed(linear))

    torch.testing.assert_close(smoothed(linear, strength=0.0), linear, rtol=0, atol=1e-6)
    quarter = chroma(smoothed(linear, strength=0.25))
    positive = (linear > 0).all(dim=1, keepdim=True).expand_as(quarter)
    wanted = 0.75 * chroma(linear) + 0.25 * all_of_it
    torch.testing.assert_close(quarter[positive], wanted[positive], rtol=0, atol=1e-6)


def test_light_below_zero_goes_where_noise_reaches_and_stays_beyond() -> None:
    # Luminance is 0.3 (0.7152 + 0.0722) = 0.23622, where sRGB's curve rises by 1.0200 codes for
    # one of light: 1.055 / 2.4 x 0.23622^(-7 / 12). A contrast of 0.1 codes is 0.0980 of light.
    linear = torch.full((1, 3, 32, 32), 0.3)
    linear[:, 0, :16] = -0.09
    linear[:, 0, 16:] = -0.2

    red = smoothed(linear)[:, 0]

    torch.testing.assert_close(red[:, :10], torch.zeros(1, 10, 32), rtol=0, atol=1e-6)
    outside = torch.full((1, 10, 32), 0.1 / 1.02 - 0.2)
    torch.testing.assert_close(red[:, 22:], outside, rtol=0, atol=1e-5)


def test_unmeasured_pixels_stay_and_colour_nothing_around_them() -> None:
    linear = 0.4 + noise(24, 24, 0.01)
    linear[..., 12, 12] = torch.tensor([50.0, 0.0, 0.0])
    measured = torch.ones(1, 1, 24, 24, dtype=torch.bool)
    measured[..., 12, 12] = False
    frame = Frame.start(
        linear, Domain.LINEAR, measured=measured, colour=Colour(primaries=PRIMARIES["bt2020"])
    )

    smooth = ChromaDenoise().develop(frame)

    assert torch.equal(smooth.data[..., 12, 12], linear[..., 12, 12])
    assert torch.equal(smooth.measured, measured)
    others = smooth.data[measured.expand(-1, 3, -1, -1)]
    assert float((others - 0.4).abs().max()) < 0.1


def test_an_even_dark_colour_stays_beside_unmeasured_pixels() -> None:
    # Whatever stands in for them is dark too: were it averaged in, the colour would fade.
    dark = torch.tensor([0.004, 0.002, 0.001]).reshape(1, 3, 1, 1).expand(1, 3, 20, 20)
    measured = (torch.arange(20) % 3 == 0).float().expand(1, 1, 20, 20)

    smooth = denoise_chroma(dark, measured, WEIGHTS, torch.zeros(1, 2), 14, 0.2)

    torch.testing.assert_close(smooth, dark, rtol=0, atol=1e-7)


def test_the_history_says_that_nobody_knew_the_noise() -> None:
    developed = ChromaDenoise().develop(Frame.start(torch.ones(1, 3, 4, 4), Domain.LINEAR))

    assert developed.history[-1][1]["noise"] == [[0.0, 0.0]]


def test_a_gradient_flows_to_every_pixel() -> None:
    linear = (0.4 + noise(12, 12, 0.01)).requires_grad_()

    smoothed(linear).square().sum().backward()

    assert linear.grad is not None
    assert bool((linear.grad != 0).all())


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("settings", [{"radius": 1}, {"contrast": 0.0}, {"strength": 1.5}])
def test_settings_out_of_range_are_refused(settings: dict) -> None:
    with pytest.raises(UsageError, match="chroma denoising takes"):
        ChromaDenoise(**settings)
