"""A lens keeps the light that it spreads, and spreads it as its formulas say."""

import json
import math

import pytest
import torch
from torch import Tensor

from isp.core.errors import ProfileError
from simulate.geometry import Placement, place
from simulate.optics import Lens, blur, fall_off, veil

GREEN_NM = 540.0
EVERYTHING = Lens(
    name="all", gaussian_psf_um=0.8, diffraction=True, defocus_um=3.0, cos4=True,
    vignetting=(-0.2, 0.05), lateral_colour_ppm=(900.0, 0.0, -700.0), veiling_glare=0.03,
    focal_length_mm=4.3,
)  # fmt: skip


def point(size: int, row: int, column: int, light: float = 1.0) -> Tensor:
    picture = torch.zeros(1, 1, size, size, dtype=torch.float64)
    picture[..., row, column] = light
    return picture


def second_moment(picture: Tensor, middle: int) -> float:
    places = torch.arange(picture.shape[-1], dtype=torch.float64) - middle
    return float((picture[0, 0] * places**2).sum() / picture.sum())


def radii(size: int, middle: int) -> Tensor:
    places = torch.arange(size, dtype=torch.float64) - middle
    return torch.hypot(places.unsqueeze(1), places)


@pytest.mark.parametrize(
    "lens",
    [
        Lens(gaussian_psf_um=1.7),
        Lens(gaussian_psf_um=60.0),
        Lens(defocus_um=5.0),
        Lens(diffraction=True),
        Lens(gaussian_psf_um=0.3, defocus_um=2.5, diffraction=True),
    ],
)
@pytest.mark.parametrize("sample_um", [0.3, 1.1, 6.0])
def test_blur_keeps_the_light_and_makes_none_of_it_negative(lens: Lens, sample_um: float) -> None:
    """A sun in the corner: half of its blur leaves the picture, and the mirror brings it back."""
    sun = point(40, 0, 1, light=1e9)

    blurred = blur(sun, lens, sample_um, GREEN_NM, 2.8)

    torch.testing.assert_close(blurred.sum(), sun.sum(), rtol=1e-12, atol=0)
    assert float(blurred.min()) >= 0


@pytest.mark.parametrize(
    "lens", [Lens(gaussian_psf_um=1.7), Lens(defocus_um=5.0, diffraction=True)]
)
def test_blur_is_even_handed_with_light_below_zero(lens: Lens) -> None:
    """Out-of-gamut scene light may be negative; a blur is linear there too."""
    light = point(30, 11, 12)

    torch.testing.assert_close(
        blur(-light, lens, 1.0, GREEN_NM, 4.0), -blur(light, lens, 1.0, GREEN_NM, 4.0), atol=1e-15,
        rtol=0,
    )  # fmt: skip


@pytest.mark.parametrize("sample_um", [0.25, 0.5, 2.0])
def test_a_gaussian_s_second_moment_is_sigma_squared(sample_um: float) -> None:
    blurred = blur(point(101, 50, 50), Lens(gaussian_psf_um=1.5), sample_um, GREEN_NM)

    assert second_moment(blurred, 50) * sample_um**2 == pytest.approx(1.5**2, rel=1e-6)


@pytest.mark.parametrize("diameter_um", [0.7, 4.0, 13.0])
def test_a_defocused_point_is_a_disc_of_second_moment_d2_over_16(diameter_um: float) -> None:
    blurred = blur(point(61, 30, 30), Lens(defocus_um=diameter_um), 0.5, GREEN_NM)

    assert second_moment(blurred, 30) * 0.5**2 == pytest.approx(diameter_um**2 / 16, rel=1e-9)


def test_moments_of_blurs_that_follow_each_other_add() -> None:
    both = Lens(gaussian_psf_um=1.5, defocus_um=4.0)

    blurred = blur(point(81, 40, 40), both, 0.5, GREEN_NM)

    assert second_moment(blurred, 40) * 0.25 == pytest.approx(1.5**2 + 4.0**2 / 16, rel=1e-6)


def test_the_airy_pattern_is_dark_at_1_22_lambda_n_and_holds_84_percent_within() -> None:
    """First zero of J1 at 3.8317 = 1.2197 pi; encircled 1 - J0^2 - J1^2 = 0.8378 there.

    Born and Wolf, Principles of Optics, section 8.5.2.
    """
    size, middle, sample = 513, 256, 0.05  # lambda N = 1 um: 20 samples
    blurred = blur(point(size, middle, middle), Lens(diffraction=True), sample, 500.0, 2.0)
    r = radii(size, middle) * sample
    profile = blurred[0, 0, middle, middle:]

    # Peak pi / (4 (lambda N)^2) per area.
    assert float(profile[0]) == pytest.approx(math.pi / 4 * sample**2, rel=1e-4)
    assert (10 + int(profile[10:34].argmin())) * sample == pytest.approx(1.22, abs=sample / 2)
    assert float(profile.min()) < 1e-3 * float(profile[0])
    # Within a circle through pixels: the ring that it cuts is dark, so 0.05 % are enough.
    assert float(blurred[0, 0][r <= 1.2197].sum()) == pytest.approx(0.8378, abs=5e-4)


@pytest.mark.parametrize(("f_number", "wavelength_nm"), [(2.0, 460.0), (8.0, 540.0), (16.0, 620.0)])
def test_a_grating_loses_contrast_by_the_diffraction_mtf(
    f_number: float, wavelength_nm: float
) -> None:
    """2/pi (acos v - v sqrt(1 - v^2)), v = f lambda N. Whole half-waves fit between the mirrors."""
    n, sample = 128, 0.2
    for k in (4, 16, 40, 90):
        wave = torch.cos(math.pi * k * (torch.arange(n, dtype=torch.float64) + 0.5) / n)
        blurred = blur(
            (1 + wave).expand(1, 1, 8, n), Lens(diffraction=True), sample, wavelength_nm, f_number
        )

        contrast = float(2 * ((blurred[0, 0, 3] - 1) * wave).mean())

        v = min(1.0, k / (2 * n * sample) * wavelength_nm * 1e-3 * f_number)
        wanted = 2 / math.pi * (math.acos(v) - v * math.sqrt(1 - v * v))
        assert contrast == pytest.approx(wanted, abs=1e-12)


def test_a_stopped_down_lens_blurs_more_and_red_more_than_blue() -> None:
    def peak(f_number: float, wavelength_nm: float) -> float:
        lens = Lens(diffraction=True)
        return float(blur(point(65, 32, 32), lens, 0.25, wavelength_nm, f_number).max())

    # The mirrored tails add to the peaks of the wider patterns.
    assert peak(2.0, 540) / peak(4.0, 540) == pytest.approx(4, rel=1e-2)
    assert peak(4.0, 460) / peak(4.0, 620) == pytest.approx((620 / 460) ** 2, rel=1e-2)


def placement(focal_length_mm: float | None = 2.0) -> Placement:
    """4 mm x 3 mm of 1 mm photosites: half diagonal 2.5 mm."""
    return place((3, 4), size=(3, 4), pitch_um=1000.0, focal_length_mm=focal_length_mm)


def test_light_falls_with_the_fourth_power_of_the_cosine() -> None:
    """Pixel (0, 3) is 1 mm up and 1.5 mm right: r^2 = 3.25, tan^2 = 3.25 / 4, cos^4 = 0.3044."""
    share = fall_off(Lens(cos4=True), placement(), 3, 4)

    assert float(share[0, 3]) == pytest.approx((1 + 3.25 / 4) ** -2, rel=1e-12)
    assert float(share[1, 1]) == pytest.approx((1 + 0.25 / 4) ** -2, rel=1e-12)
    angle = math.atan(1.5 / 2)
    assert float(share[1, 3]) == pytest.approx(math.cos(angle) ** 4, rel=1e-12)


def test_vignetting_is_a_polynomial_of_the_square_of_the_radius() -> None:
    """r^2 = 3.25 / 6.25 = 0.52 at (0, 3): 1 - 0.5 0.52 + 0.1 0.52^2."""
    share = fall_off(Lens(vignetting=(-0.5, 0.1)), placement(None), 3, 4)

    assert float(share[0, 3]) == pytest.approx(1 - 0.5 * 0.52 + 0.1 * 0.52**2, rel=1e-12)
    assert float(share[1, 1]) == pytest.approx(1 - 0.5 * 0.04 + 0.1 * 0.04**2, rel=1e-12)


def test_both_fall_offs_multiply() -> None:
    one, other = Lens(cos4=True), Lens(vignetting=(-0.3,))
    both = Lens(cos4=True, vignetting=(-0.3,))

    product = fall_off(one, placement(), 3, 4) * fall_off(other, placement(), 3, 4)
    torch.testing.assert_close(fall_off(both, placement(), 3, 4), product)


def test_glare_veils_the_dark_and_keeps_the_mean() -> None:
    picture = torch.zeros(2, 3, 4, 5, dtype=torch.float64)
    picture[0, 0, 1, 1], picture[1] = 20.0, 3.0

    veiled = veil(picture, 0.05)

    torch.testing.assert_close(veiled.mean((-2, -1)), picture.mean((-2, -1)), rtol=1e-14, atol=0)
    assert float(veiled[0, 0, 3, 4]) == pytest.approx(0.05 * 20 / 20)
    assert float(veiled[0, 0, 1, 1]) == pytest.approx(0.95 * 20 + 0.05)
    assert float(veiled[0, 1].max()) == 0  # each channel for itself
    assert veil(picture, 0.0) is picture


def test_lateral_colour_goes_in_proportion_between_the_three() -> None:
    lens = Lens(lateral_colour_ppm=(800.0, 0.0, -400.0))

    waves = (700, 620, 580, 540, 500, 460, 400)
    excess = [round(1e6 * (lens.magnification(w) - 1)) for w in waves]
    assert excess == [800, 800, 400, 0, -200, -400, -400]


def test_a_lens_goes_to_json_and_back() -> None:
    assert Lens.from_record(json.loads(json.dumps(EVERYTHING.record()))) == EVERYTHING
    assert Lens().record() == {"name": "lens"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"gaussian_psf_um": -1.0}, "gaussian_psf_um must be >= 0 um"),
        ({"defocus_um": float("nan")}, "defocus_um must be >= 0 um"),
        ({"veiling_glare": 1.5}, "veiling_glare is a share"),
        ({"lateral_colour_ppm": [1.0, 2.0]}, "three magnifications|wrong kind"),
        ({"lateral_colour_ppm": [1.0, 2.0, 1e6]}, "three magnifications"),
        ({"vignetting": [-1.5]}, "less than no light"),
        ({"vignetting": [float("inf")]}, "finite"),
        ({"focal_length_mm": 0.0}, "focal_length_mm must be positive"),
        ({"aperture": 2}, "no field aperture; fields: .*vignetting"),
        ({"defocus_um": "wide"}, "wrong kind"),
    ],
)
def test_a_lens_that_cannot_be_is_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(ProfileError, match=words):
        Lens.from_record(values)


def test_what_an_effect_lacks_is_asked_for() -> None:
    with pytest.raises(ProfileError, match=r"cos4 .* needs a focal length"):
        fall_off(Lens(cos4=True), placement(None), 3, 4)
    with pytest.raises(ProfileError, match=r"diffraction .* needs an f-number"):
        blur(point(4, 1, 1), Lens(diffraction=True), 1.0, GREEN_NM)


def test_gradients_reach_the_light() -> None:
    light = torch.rand(1, 1, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    lens = Lens(gaussian_psf_um=0.7, defocus_um=2.0)

    assert torch.autograd.gradcheck(
        lambda x: blur(x, lens, 1.0, GREEN_NM), (light + 1).requires_grad_(True)
    )
