"""Colour noise goes, luminance stays exactly, and colour edges stay where luminance has them."""

import pytest
import torch
from torch import Tensor

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.luminance import luminance_of
from isp.stages.chroma_denoise import ChromaDenoise, denoise_chroma

WEIGHTS = torch.tensor([[0.2126, 0.7152, 0.0722]])


def smoothed(
    linear: Tensor, radius: int = 5, contrast: float = 0.1, strength: float = 1.0
) -> Tensor:
    measured = torch.ones_like(linear[:, :1])
    return denoise_chroma(linear, measured, WEIGHTS, radius, contrast, strength)


def noise(height: int, width: int, sigma: float) -> Tensor:
    generator = torch.Generator().manual_seed(11)
    return sigma * torch.randn(1, 3, height, width, generator=generator)


def chroma(linear: Tensor) -> Tensor:
    return linear[:, ::2] - luminance_of(linear, WEIGHTS)


def test_luminance_is_what_it_was_to_the_last_rounding() -> None:
    linear = torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(2)) * 4 - 0.5

    torch.testing.assert_close(
        luminance_of(smoothed(linear), WEIGHTS), luminance_of(linear, WEIGHTS), rtol=0, atol=2e-6
    )


def test_colour_noise_of_an_even_patch_falls_as_the_window_says() -> None:
    """Two means over 11 x 11: the noise of a pyramid of side 21, 2/3 of 1/11 along each axis."""
    linear = 0.4 + noise(96, 96, 0.01)

    before, after = (float(chroma(x)[..., 24:72, 24:72].std()) for x in (linear, smoothed(linear)))

    assert after < before * (2 / 3 / 11) * 1.5  # the slope on the guide brings some back
    assert after > before * (2 / 3 / 11) * 0.4


def test_a_colour_edge_stays_where_the_luminance_has_one() -> None:
    clean = torch.tensor([0.5, 0.1, 0.05]).reshape(1, 3, 1, 1).expand(1, 3, 48, 48).clone()
    clean[..., 24:] = torch.tensor([0.3, 0.6, 0.7]).reshape(3, 1, 1)
    linear = clean + noise(48, 48, 0.005)

    error = (chroma(smoothed(linear)) - chroma(clean)).abs()

    assert float(error.max()) < 0.1 * 0.38  # R - Y steps from 0.32 to -0.20, B - Y from -0.13
    assert float(error.mean()) < float((chroma(linear) - chroma(clean)).abs().mean()) / 2


def test_exposure_changes_nothing_but_the_exposure() -> None:
    linear = 0.4 + noise(32, 32, 0.02)

    torch.testing.assert_close(smoothed(8 * linear) / 8, smoothed(linear), rtol=0, atol=2e-4)


def test_a_grey_picture_stays_as_it_is() -> None:
    grey = torch.rand(1, 1, 20, 20, generator=torch.Generator().manual_seed(3)).expand(1, 3, -1, -1)

    torch.testing.assert_close(smoothed(grey), grey, rtol=0, atol=1e-6)


def test_strength_goes_from_nothing_to_all() -> None:
    linear = 0.4 + noise(24, 24, 0.02)
    all_of_it = smoothed(linear)

    torch.testing.assert_close(smoothed(linear, strength=0.0), linear, rtol=0, atol=1e-6)
    torch.testing.assert_close(smoothed(linear, strength=0.25), 0.75 * linear + 0.25 * all_of_it)


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


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("settings", [{"radius": 0}, {"contrast": 0.0}, {"strength": 1.5}])
def test_settings_out_of_range_are_refused(settings: dict) -> None:
    with pytest.raises(UsageError, match="chroma denoising takes"):
        ChromaDenoise(**settings)
