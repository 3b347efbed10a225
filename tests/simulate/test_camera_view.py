"""A view is lens times photosite: it blurs, aliases, shifts and counts as a camera does."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, ProfileError, UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from simulate.camera_view import view
from simulate.exposure import expose
from simulate.optics import Lens


def scene_of(light: Tensor, **parts: object) -> Frame:
    return Frame.start(light, Domain.SCENE, **parts)  # type: ignore[arg-type]


def grating(cycles_per_px: float, height: int, width: int, phase: float = 0.3) -> Frame:
    """1 + 0.5 cos, each pixel the mean of the wave over it: sinc(cycles) of its contrast."""
    places = torch.arange(width, dtype=torch.float64) + 0.5
    contrast = 0.5 * float(np.sinc(cycles_per_px))
    wave = 1 + contrast * torch.cos(2 * math.pi * cycles_per_px * places + phase)
    return scene_of(wave.expand(1, 3, height, width))


def contrast_at(row: Tensor, cycles: float) -> float:
    """Amplitude of a frequency in a row, by least squares, away from its mirrored ends."""
    places = np.arange(row.shape[-1]) + 0.5
    inside = slice(row.shape[-1] // 5, -(row.shape[-1] // 5))
    turn = 2 * math.pi * cycles * places
    design = np.stack([np.ones_like(turn), np.cos(turn), np.sin(turn)], 1)[inside]
    found, *_ = np.linalg.lstsq(design, row.double().numpy()[inside], rcond=None)
    return float(np.hypot(found[1], found[2]))


@pytest.mark.parametrize("per_photosite", [4, 5, 8])
@pytest.mark.parametrize("pitch_um", [1.0, 2.0, 4.0])
@pytest.mark.parametrize(
    "lens",
    [
        Lens(),
        Lens(gaussian_psf_um=0.15),
        Lens(gaussian_psf_um=0.8),
        Lens(diffraction=True),
        Lens(diffraction=True, gaussian_psf_um=0.4),
    ],
    ids=["no lens", "0.15 um", "0.8 um", "f/2.8", "f/2.8 and 0.4 um"],
)
def test_contrast_is_the_lens_s_times_the_photosite_s(
    lens: Lens, pitch_um: float, per_photosite: int
) -> None:
    """MTF = Gaussian x diffraction x sinc(f p) up to the sensor's Nyquist frequency."""
    for cycles in (0.1, 0.25, 0.4, 0.47):  # per photosite
        scene = grating(cycles / per_photosite, 2 * per_photosite, 60 * per_photosite)

        seen = view(scene, lens=lens, size=(2, 60), pitch_um=pitch_um, f_number=2.8)

        frequency = cycles / pitch_um  # cycles per um
        v = min(1.0, frequency * 0.54 * 2.8)
        wanted = math.exp(-2 * (math.pi * lens.gaussian_psf_um * frequency) ** 2)
        if lens.diffraction:
            wanted *= 2 / math.pi * (math.acos(v) - v * math.sqrt(1 - v * v))
        wanted *= float(np.sinc(cycles))
        # Undersampled Airy patterns are within 0.5 % (tests of psf), the rest well below.
        found = contrast_at(seen.data[0, 1, 0], cycles) / 0.5
        assert found == pytest.approx(wanted, abs=6e-3)


def test_a_ratio_that_is_not_whole_costs_what_the_scene_pixels_blur() -> None:
    """sinc(f p) sinc(f s)^2, s = 1 / 4.346 of a pitch: scene pixels are squares there."""
    cycles, per_photosite = 0.2, 2173 / 500
    scene = grating(cycles / per_photosite, 9, 2173)

    seen = view(scene, size=(2, 500), pitch_um=1.0)

    s = cycles / per_photosite
    wanted = float(np.sinc(cycles) * np.sinc(s) ** 2)
    assert contrast_at(seen.data[0, 0, 0], cycles) / 0.5 == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("cycles", [0.6, 0.7, 0.85])
def test_a_grating_too_fine_for_the_pitch_comes_back_coarse(cycles: float) -> None:
    """Above half a cycle per photosite it is seen at 1 - f, with the contrast sinc(f)."""
    scene = grating(cycles / 8, 16, 480)

    seen = view(scene, size=(2, 60), pitch_um=2.0)

    alias = contrast_at(seen.data[0, 1, 0], 1 - cycles) / 0.5
    assert alias == pytest.approx(float(np.sinc(cycles)), rel=1e-2)


def test_twice_the_pitch_takes_four_times_the_electrons_and_half_the_detail() -> None:
    scene = grating(0.35 / 4, 160, 480)
    shot = Shot.single(exposure_time_s=1 / 60, f_number=2.0, iso=100.0)
    electrons, contrast = [], []
    for pitch, size in ((1.0, (40, 120)), (2.0, (20, 60))):
        seen = view(scene, size=size, pitch_um=pitch)
        exposed = expose(seen, mono(pitch), shot).data.double()
        electrons.append(float(exposed.mean()))
        cycles = 0.35 * pitch if pitch == 1 else 1 - 0.35 * pitch  # the coarse one aliases
        contrast.append(contrast_at(exposed[0, 0, 3], cycles) / electrons[-1] / 0.5)

    assert electrons[1] / electrons[0] == pytest.approx(4, rel=1e-3)
    assert contrast[0] == pytest.approx(float(np.sinc(0.35)), rel=1e-2)
    assert contrast[1] == pytest.approx(float(np.sinc(0.7)), rel=1e-2)


def mono(pitch_um: float) -> SensorProfile:
    return SensorProfile(
        name="seen", cfa=Cfa.MONO, bit_depth=12, black_level_dn=(0.0,), white_level_dn=4095.0,
        readings=(), quantum_efficiency=0.5, pixel_pitch_um=pitch_um,
    )  # fmt: skip


def centroid(picture: Tensor) -> tuple[float, float]:
    places = [torch.arange(n, dtype=torch.float64) + 0.5 - n / 2 for n in picture.shape]
    total = picture.double().sum()
    rows = float((picture.double().sum(1) * places[0]).sum() / total)
    columns = float((picture.double().sum(0) * places[1]).sum() / total)
    return rows, columns


def test_lateral_colour_moves_red_out_and_blue_in_by_its_share_of_the_radius() -> None:
    """A dot 78 and 98 photosites from the axis: 2000 ppm move it 0.156 and 0.196.

    A photosite counts at its middle, wherever in it the light fell: 0.001 is left open.
    """
    light = torch.zeros(1, 3, 160, 200)
    light[:, :, 1:3, 197:199] = 1.0

    seen = view(scene_of(light), lens=Lens(lateral_colour_ppm=(2000.0, 0.0, -1000.0)), pitch_um=1.5)

    green = centroid(seen.data[0, 1])
    assert green == pytest.approx((-78.0, 98.0), abs=1e-9)
    assert centroid(seen.data[0, 0]) == pytest.approx((-78 * 1.002, 98 * 1.002), abs=1e-3)
    assert centroid(seen.data[0, 2]) == pytest.approx((-78 * 0.999, 98 * 0.999), abs=1e-3)


def test_a_lens_that_only_spreads_leaves_a_flat_field_flat() -> None:
    lens = Lens(
        gaussian_psf_um=2.0, diffraction=True, defocus_um=4.0, veiling_glare=0.1,
        lateral_colour_ppm=(500.0, 0.0, -500.0),
    )  # fmt: skip
    flat = scene_of(torch.full((1, 3, 30, 40), 0.7))

    seen = view(flat, lens=lens, size=(7, 9), pitch_um=1.2, f_number=8.0)

    torch.testing.assert_close(seen.data, torch.full((1, 3, 7, 9), 0.7), rtol=1e-6, atol=0)


def test_glare_reaches_the_dark_from_all_that_the_sensor_sees() -> None:
    """Half the field at 2, half dark: 4 % of the mean of 1."""
    light = torch.zeros(1, 3, 8, 16)
    light[..., :8] = 2

    seen = view(scene_of(light), lens=Lens(veiling_glare=0.04), size=(4, 8), pitch_um=1.0)

    assert float(seen.data[0, 1, 2, 7]) == pytest.approx(0.04, rel=1e-6)
    assert float(seen.data[0, 1, 2, 0]) == pytest.approx(0.96 * 2 + 0.04, rel=1e-6)


def test_no_light_is_lost_on_the_way() -> None:
    light = torch.rand(2, 3, 36, 48, generator=torch.Generator().manual_seed(2)) ** 4
    lens = Lens(gaussian_psf_um=3.0, diffraction=True, defocus_um=9.0, veiling_glare=0.2)

    seen = view(scene_of(light), lens=lens, size=(9, 12), pitch_um=2.0, f_number=4.0)

    torch.testing.assert_close(
        seen.data.double().mean((-2, -1)), light.double().mean((-2, -1)), rtol=1e-6, atol=0
    )


def test_without_lens_and_size_the_scene_is_what_it_was() -> None:
    light = torch.rand(1, 3, 5, 7, generator=torch.Generator().manual_seed(4))

    seen = view(scene_of(light), pitch_um=1.4)

    assert torch.equal(seen.data, light)
    assert seen.domain is Domain.SCENE
    assert seen.history[-1][0] == "view"


def test_corners_darken_by_the_field_of_view_that_was_asked_for() -> None:
    """Ninety degrees across: at the middle of the left edge, half a photosite in, tan = 39/40."""
    flat = scene_of(torch.ones(1, 3, 30, 40))

    seen = view(flat, lens=Lens(cos4=True), size=(30, 40), pitch_um=2.0, fov_deg=90)

    tangents = (19.5 / 20) ** 2 + (0.5 / 20) ** 2
    assert float(seen.data[0, 1, 15, 0]) == pytest.approx((1 + tangents) ** -2, rel=1e-6)


def test_the_focal_length_of_the_lens_counts_where_none_is_given() -> None:
    flat = scene_of(torch.ones(1, 3, 30, 40))
    lens = Lens(cos4=True, focal_length_mm=0.04)  # 40 photosites of 2 um: the 90 degrees above

    own = view(flat, lens=lens, size=(30, 40), pitch_um=2.0)
    other = view(flat, lens=lens, size=(30, 40), pitch_um=2.0, focal_length_mm=0.08)

    assert own.history[-1][1]["fov_deg"] == pytest.approx(90)
    assert other.history[-1][1]["focal_length_mm"] == 0.08
    with pytest.raises(ProfileError, match="cos4"):
        view(flat, lens=Lens(cos4=True), size=(30, 40), pitch_um=2.0)


def test_masks_travel_with_the_photosites() -> None:
    clipped = torch.zeros(1, 1, 4, 6, dtype=torch.bool)
    clipped[..., 1, 4] = True
    scene = scene_of(torch.ones(1, 3, 4, 6), clipped=clipped, generated=clipped.flip(-1))

    seen = view(scene, size=(2, 3), pitch_um=1.0)

    assert seen.clipped[0, 0].nonzero().tolist() == [[0, 2]]
    assert torch.equal(seen.measured, ~seen.clipped)
    assert seen.generated[0, 0].nonzero().tolist() == [[0, 0]]


def test_each_channel_diffracts_at_its_own_wavelength() -> None:
    """Peaks go with 1 / lambda^2; RGB stand at 620, 540 and 460 nm, spectra where they say.

    The mirrored tails of the widest patterns add less than 0.5 % to their peaks.
    """
    spot = torch.zeros(1, 3, 64, 64)
    spot[..., 32, 32] = 1
    nm = (400.0, 500.0, 700.0)
    spectral = scene_of(spot, colour=Colour(wavelengths_nm=nm))
    lens = Lens(diffraction=True)

    rgb = view(scene_of(spot), lens=lens, pitch_um=0.25, f_number=4.0).data.amax((-2, -1))[0]
    bands = view(spectral, lens=lens, pitch_um=0.25, f_number=4.0).data.amax((-2, -1))[0]

    assert float(rgb[2] / rgb[0]) == pytest.approx((620 / 460) ** 2, rel=5e-3)
    assert float(bands[0] / bands[2]) == pytest.approx((700 / 400) ** 2, rel=5e-3)


def test_the_f_number_is_the_shot_s_unless_another_is_given() -> None:
    spot = torch.zeros(1, 3, 32, 32)
    spot[..., 16, 16] = 1
    lens = Lens(diffraction=True)

    by_shot = view(scene_of(spot, shot=Shot.single(f_number=4.0)), lens=lens, pitch_um=0.5)
    given = view(
        scene_of(spot, shot=Shot.single(f_number=2.0)), lens=lens, pitch_um=0.5, f_number=4
    )

    assert torch.equal(by_shot.data, given.data)
    with pytest.raises(FrameError, match="f_number"):
        view(scene_of(spot), lens=lens, pitch_um=0.5)
    two = Shot(f_number=torch.tensor([2.0, 4.0]), item=torch.arange(2))
    with pytest.raises(FrameError, match="one f-number"):
        view(scene_of(spot.repeat(2, 1, 1, 1), shot=two), lens=lens, pitch_um=0.5)


def test_what_cannot_be_seen_is_refused() -> None:
    light = torch.ones(1, 3, 4, 4)
    with pytest.raises(DomainError, match="LINEAR"):
        view(Frame.start(light, Domain.LINEAR), pitch_um=1.0)
    with pytest.raises(FrameError, match="NaN or infinite"):
        view(scene_of(light / 0), pitch_um=1.0)
    with pytest.raises(FrameError, match="wavelengths of the scene's 5 channels"):
        view(scene_of(torch.ones(1, 5, 4, 4)), lens=Lens(diffraction=True), pitch_um=1, f_number=2)
    with pytest.raises(UsageError, match="fill factor"):
        view(scene_of(light), pitch_um=1.0, fill_factor=0.0)
