"""Spectral exposure: radiance to electrons, against the numbers of CONVENTIONS section 5.1."""

from pathlib import Path

import numpy as np
import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, ProfileError
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.core.spectral import SpectralSensitivity
from isp.files.sensitivity import read_sensitivity
from simulate.camera_matrix import with_sensitivity
from simulate.scenes.spectral_checker import diffuser_radiance, spectral_checker
from simulate.sensor import Sensor
from simulate.spectra import VISIBLE_NM, ir_cut, measured_cameras, wavelength_grid
from simulate.spectral import (
    FINE_NM,
    efficiency_under,
    electrons_per_exposure,
    expose_spectral,
    is_spectral,
    neutral_under,
    photons_per_joule,
    spectral_scene,
)

SHOT = Shot.single(exposure_time_s=1 / 60, f_number=2.0, iso=100.0)
# f/2 and 1/60 s turn L cd/m2 into 0.65 L / 240 lx s, so this gives 1 lx s.
LUX_SECOND_CD_M2 = 240 / 0.65


def box(low: float, high: float, efficiency: float = 1.0) -> SpectralSensitivity:
    """Every photon of low..high nm, and no other."""
    return SpectralSensitivity(
        wavelengths_nm=(low, high), quantum_efficiency={"Y": (efficiency, efficiency)}
    )


def mono(sensitivity: SpectralSensitivity | None, **changes: object) -> SensorProfile:
    values = {
        "name": "mono", "cfa": Cfa.MONO, "bit_depth": 12, "black_level_dn": (64.0,),
        "white_level_dn": 4095.0, "pixel_pitch_um": 1.0, "spectral_sensitivity": sensitivity,
        "readings": (Reading(iso=100.0, system_gain_dn_per_e=0.5, read_noise_e=1.0),),
    }  # fmt: skip
    return SensorProfile(**(values | changes))  # type: ignore[arg-type]


def flat(spectrum: np.ndarray, grid: tuple[float, ...], height: int = 2, width: int = 2) -> Frame:
    light = torch.from_numpy(spectrum.astype(np.float32)).reshape(1, -1, 1, 1)
    return spectral_scene(light.expand(1, -1, height, width).clone(), grid)


CURVES = {
    "R": (0.02, 0.05, 0.40, 0.20), "G": (0.10, 0.50, 0.20, 0.02), "B": (0.45, 0.15, 0.03, 0.01),
    "W": (0.50, 0.70, 0.60, 0.40), "C": (0.55, 0.75, 0.65, 0.45), "Y": (0.60, 0.80, 0.70, 0.50),
}  # fmt: skip


def many_channels(cfa: Cfa, **changes: object) -> SensorProfile:
    sensitivity = SpectralSensitivity(
        wavelengths_nm=(400, 500, 600, 700), quantum_efficiency=CURVES
    )
    sites = cfa.period[0] * cfa.period[1]
    return mono(sensitivity, cfa=cfa, name=cfa.name, black_level_dn=(64.0,) * sites, **changes)


@pytest.mark.parametrize(
    ("low", "high", "printed"),
    [
        (400, 700, {"D65": 10880, "D50": 10746, "E": 11419, "A": 12032, "FL2": 7879,
                    "LED-B3": 8639}),
        (380, 780, {"D65": 13911, "D50": 14306, "E": 16043, "A": 21070, "FL2": 8123,
                    "LED-B3": 8968}),
        (420, 650, {"D65": 8552, "D50": 8148, "E": 8524, "A": 7723, "FL2": 7197, "LED-B3": 7633}),
    ],
)  # fmt: skip
def test_a_lux_second_holds_the_printed_photons(
    low: int, high: int, printed: dict[str, int]
) -> None:
    """Photons per um^2: a perfect box on a photosite of 1 um, in 1 nm bands."""
    for illuminant, photons in printed.items():
        light = diffuser_radiance(illuminant, LUX_SECOND_CD_M2, FINE_NM)

        exposed = expose_spectral(flat(light, FINE_NM), mono(box(low, high)), SHOT)

        # Printed as whole photons (6e-5 of the least), summed from float32 light (6e-8).
        assert float(exposed.data[0, 0, 0, 0]) == pytest.approx(photons, rel=8e-5)


def test_a_line_at_555_nm_gives_4090_7_photons_per_lux_second() -> None:
    """V is 1 there: 555e-9 / (h c) / 683 * 1e-12 = 4090.7 per um^2."""
    grid = wavelength_grid(550, 560, 1)
    radiance = np.array([LUX_SECOND_CD_M2 / 683 if w == 555 else 0.0 for w in grid])

    exposed = expose_spectral(flat(radiance, grid), mono(box(500, 600)), SHOT)

    assert float(exposed.data[0, 0, 1, 1]) == pytest.approx(4090.7, abs=0.05)


def test_the_worked_example_gives_its_5776_photons() -> None:
    """100 cd/m2, f/2, 1/60 s, D65, 1.4 um; 1 059 electrons at a QE of 0.55 / 3."""
    light = diffuser_radiance("D65", 100.0, FINE_NM)
    seen, counted = (
        expose_spectral(flat(light, FINE_NM), mono(box(400, 700, qe), pixel_pitch_um=1.4), SHOT)
        for qe in (1.0, 0.55 / 3)
    )

    assert float(seen.data[0, 0, 0, 0]) == pytest.approx(5776, abs=0.5)
    assert float(counted.data[0, 0, 0, 0]) == pytest.approx(1059, abs=0.5)


def test_a_made_up_sum_is_the_one_worked_by_hand() -> None:
    """Two bands of 100 nm, at 500 and 600 nm, of 1 and 2 mW/(m2 sr nm); QE 0.5 and 0.25.

    Photons per joule: 2.5170e18 and 3.0204e18. q t / N^2 = 0.65 / 240 = 2.70833e-3.
    (1e-3 * 0.5 * 2.51706e18 + 2e-3 * 0.25 * 3.02047e18) * 100 nm * 2.70833e-3 * 4e-12 m2 (2 um).
    """
    sensitivity = SpectralSensitivity(
        wavelengths_nm=(500, 600), quantum_efficiency={"Y": (0.5, 0.25)}
    )

    exposed = expose_spectral(
        flat(np.array([1e-3, 2e-3]), (500.0, 600.0)), mono(sensitivity, pixel_pitch_um=2.0), SHOT
    )

    by_hand = (1.25853e15 + 1.510235e15) * 100 * 2.708333e-3 * 4e-12
    assert float(exposed.data[0, 0, 0, 0]) == pytest.approx(by_hand, rel=1e-5)


def test_photons_of_a_joule_go_with_the_wavelength() -> None:
    """EMVA 1288: 50.34 photons per um^2, ms, um and uW/cm2, which is 5.034e24 per J and m."""
    assert photons_per_joule((500.0, 1000.0)) == pytest.approx([2.517e18, 5.034e18], rel=1e-4)


def test_electrons_are_linear_in_light_time_and_aperture() -> None:
    light = diffuser_radiance("FL2", 100.0)
    once = expose_spectral(flat(light, VISIBLE_NM), mono(box(400, 700)), SHOT).data
    brighter = expose_spectral(flat(3 * light, VISIBLE_NM), mono(box(400, 700)), SHOT).data
    slower = Shot.single(exposure_time_s=2 / 60, f_number=4.0)

    exposed = expose_spectral(flat(light, VISIBLE_NM), mono(box(400, 700)), slower).data

    torch.testing.assert_close(brighter, 3 * once, rtol=3e-7, atol=0)
    torch.testing.assert_close(exposed, once / 2, rtol=3e-7, atol=0)


def test_light_of_two_bands_adds_up() -> None:
    red = np.where(np.array(VISIBLE_NM) > 600, 1e-3, 0.0)
    rest = 1e-3 - red
    parts = [expose_spectral(flat(s, VISIBLE_NM), mono(box(400, 700)), SHOT).data
             for s in (red, rest, red + rest)]  # fmt: skip

    torch.testing.assert_close(parts[0] + parts[1], parts[2], rtol=3e-7, atol=0)


def test_half_the_fill_factor_is_half_the_electrons() -> None:
    scene = flat(diffuser_radiance("D65", 100.0), VISIBLE_NM)
    full = expose_spectral(scene, mono(box(400, 700)), SHOT).data

    half = expose_spectral(scene, mono(box(400, 700), fill_factor=0.5), SHOT).data

    torch.testing.assert_close(half, full / 2, rtol=3e-7, atol=0)


def test_a_filter_takes_its_share_of_each_wavelength() -> None:
    """A filter of 1 below and 0 above 550 nm leaves what a box to 550 nm would see."""
    scene = flat(diffuser_radiance("E", 100.0, FINE_NM), FINE_NM)
    filter_to_550 = (np.array(FINE_NM) <= 550).astype(float)

    filtered = expose_spectral(scene, mono(box(400, 700)), SHOT, transmittance=filter_to_550)

    torch.testing.assert_close(
        filtered.data, expose_spectral(scene, mono(box(400, 550)), SHOT).data
    )
    assert filtered.history[-1][1]["filtered"] is True


def test_an_infrared_cut_takes_infrared_from_tungsten_more_than_from_daylight() -> None:
    cut = ir_cut(edge_nm=650, width_nm=30)

    kept = [
        float(expose_spectral(flat(diffuser_radiance(light, 100.0), VISIBLE_NM),
                              mono(box(380, 780)), SHOT, transmittance=t).data.mean())
        for light in ("A", "D65") for t in (cut, None)
    ]  # fmt: skip

    # Near the printed photons below 650 nm over all: 7 723 / 21 070 and 8 552 / 13 911, plus the
    # light between 380 and 420 nm.
    assert kept[0] / kept[1] == pytest.approx(7723 / 21070, abs=0.03)
    assert kept[2] / kept[3] == pytest.approx(8552 / 13911, abs=0.07)


@pytest.mark.parametrize(
    "cfa", [Cfa.RGGB, Cfa.XTRANS, Cfa.QUAD_RGGB, Cfa.RGBW, Cfa.RCCB, Cfa.MONO], ids=lambda c: c.name
)
def test_each_photosite_sees_with_its_own_filter_in_any_pattern(cfa: Cfa) -> None:
    """A line at 500 nm: the electrons of a photosite are as its filter's QE at 500 nm."""
    line = flat(np.where(np.array(VISIBLE_NM) == 500, 1e-3, 0.0), VISIBLE_NM, 13, 14)
    profile = many_channels(cfa)

    exposed = Sensor(profile).expose(line, SHOT)

    at_500 = torch.tensor([CURVES[c][1] for c in cfa.channels])
    expected = at_500[cfa.colour_map(13, 14)]
    torch.testing.assert_close(
        exposed.data[0, 0] / exposed.data[0, 0, 0, 0], expected / expected[0, 0]
    )


@pytest.mark.parametrize("cfa", [Cfa.XTRANS, Cfa.RGBW, Cfa.RCCB, Cfa.MONO], ids=lambda c: c.name)
def test_a_chart_goes_through_sensors_that_rgb_cannot_reach(cfa: Cfa) -> None:
    """Mean DN of the capture is black + gain * electrons, within five standard errors."""
    sensor = Sensor(many_channels(cfa, pixel_pitch_um=1.5))  # the brightest patch stays below white
    chart = spectral_checker(48, 72, wavelengths_nm=wavelength_grid(380, 780, 20))

    expected = sensor.expose(chart, SHOT)
    raw = sensor.capture(expected, seed=1)

    assert raw.domain is Domain.RAW
    electrons = expected.data.double()
    excess = (raw.data.double() - 64) / 0.5 - electrons
    # Shot noise, 1 e- read noise and rounding to 2 e-: variance mu + 1 + 4/12.
    error = ((electrons + 4 / 3).mean() / electrons.numel()) ** 0.5
    assert abs(float(excess.mean())) < 5 * float(error)
    assert (raw.shot.white_balance is not None) == ({"R", "G", "B"} <= set(cfa.channels))


def test_a_tile_and_a_batch_give_the_pixels_of_the_whole() -> None:
    chart = spectral_checker(26, 39, wavelengths_nm=wavelength_grid(400, 700, 10))
    profile = many_channels(Cfa.RGBW)
    whole = expose_spectral(chart, profile, SHOT).data
    tile = spectral_scene(chart.data[..., 4:20, 6:30], wavelength_grid(400, 700, 10))
    pair = spectral_scene(chart.data.repeat(2, 1, 1, 1), wavelength_grid(400, 700, 10))

    assert torch.equal(expose_spectral(tile, profile, SHOT).data, whole[..., 4:20, 6:30])
    assert torch.equal(expose_spectral(pair, profile, SHOT).data[1:], whole)


def test_a_grey_surface_is_balanced_in_the_light_that_the_camera_is_set_to() -> None:
    sensitivity = measured_cameras()["Nikon 5100 (NPL)"].with_peak_efficiency(0.5)
    camera = mono(sensitivity, cfa=Cfa.RGGB, black_level_dn=(64.0,) * 4)
    for light in ("A", "D65"):
        grey = flat(0.3 * diffuser_radiance(light, 100.0), VISIBLE_NM)

        exposed = Sensor(camera).expose(grey, SHOT, illuminant=light)

        balance = exposed.shot.white_balance
        assert balance is not None
        balanced = exposed.data * camera.cfa.spread(balance, 2, 2)
        # The neutral is summed at 1 nm, the scene at 5 nm: 1e-3, against 1.5 between the lights.
        even = balanced[..., :1, 1:].expand(1, 1, 2, 2)
        torch.testing.assert_close(balanced, even, rtol=1e-3, atol=0)
        assert exposed.history[-1][1]["neutral"][1] == 1.0


def test_the_neutral_of_a_flat_light_is_the_sum_of_efficiency_times_wavelength() -> None:
    """Illuminant E: R / G = sum of lambda QE_R / sum of lambda QE_G over 380-780 nm, 1 nm."""
    sensitivity = many_channels(Cfa.RGGB).spectral_sensitivity
    assert sensitivity is not None
    grid = np.arange(380, 781)
    red, green, blue = ((grid * np.interp(grid, (400, 500, 600, 700), CURVES[c], 0, 0)).sum()
                        for c in "RGB")  # fmt: skip

    assert neutral_under(sensitivity, "E") == pytest.approx([red / green, 1, blue / green])


def test_a_filter_in_front_changes_the_neutral_as_it_changes_grey() -> None:
    """An orange filter: blue falls to a tenth below 500 nm."""
    sensitivity = measured_cameras()["Nikon 5100 (NPL)"].with_peak_efficiency(0.5)
    camera = mono(sensitivity, cfa=Cfa.RGGB, black_level_dn=(64.0,) * 4)
    orange = np.where(np.array(VISIBLE_NM) < 500, 0.1, 1.0)
    grey = flat(diffuser_radiance("D65", 100.0), VISIBLE_NM)

    exposed = expose_spectral(grey, camera, SHOT, illuminant="D65", transmittance=orange)

    seen = exposed.data[0, 0].double()
    neutral = exposed.history[-1][1]["neutral"]
    # At 1 nm the filter's step is a ramp of 5 nm: 0.4 % of blue, which falls by two thirds.
    assert neutral[2] == pytest.approx(float(seen[1, 1] / seen[0, 1]), rel=0.01)
    assert neutral[2] < 0.5 * neutral_under(sensitivity, "D65")[2]


def test_without_an_illuminant_the_shot_keeps_its_balance() -> None:
    shot = Shot.single(exposure_time_s=1 / 60, f_number=2.0, white_balance=(2.0, 1.0, 1.5))
    scene = flat(diffuser_radiance("D65", 100.0), VISIBLE_NM)

    exposed = expose_spectral(scene, many_channels(Cfa.RGGB), shot)

    assert exposed.shot.white_balance.tolist() == [[2.0, 1.0, 1.5]]


def test_the_efficiency_under_a_light_is_electrons_per_visible_photon() -> None:
    assert efficiency_under(box(400, 700, 0.4), "D65", "Y") == pytest.approx(0.4)
    # Infrared counts as electrons, but not as photons: 21 070 / 12 032 of illuminant A.
    assert efficiency_under(box(380, 780, 0.4), "A", "Y") == pytest.approx(
        0.4 * 21070 / 12032, rel=1e-4
    )


def test_white_gives_the_same_electrons_by_rgb_and_by_spectra() -> None:
    """R, G and B: the fitted matrix and quantum efficiency make a perfect diffuser exact."""
    camera = measured_cameras()["Nikon 5100 (NPL)"].with_peak_efficiency(0.5)
    profile = with_sensitivity(many_channels(Cfa.RGGB), camera, "a test")
    white = Frame.start(torch.ones(1, 3, 2, 2), Domain.SCENE, colour=Colour(anchor_cd_m2=100.0))
    spectra = flat(diffuser_radiance("D65", 100.0, FINE_NM), FINE_NM)

    by_rgb, by_spectra = (Sensor(profile).expose(s, SHOT) for s in (white, spectra))

    # xy and photons of D65 are tabled to 5 digits, 380-780 nm leaves 1e-4 of Z outside.
    torch.testing.assert_close(by_rgb.data, by_spectra.data, rtol=3e-4, atol=0)
    torch.testing.assert_close(
        by_rgb.shot.white_balance, by_spectra.shot.white_balance, rtol=3e-4, atol=0
    )


def test_the_sum_of_a_real_camera_is_that_of_colour_science(shared_data: Path) -> None:
    """Independent: signal per watt times power, as colour-science computes rawtoaces cameras."""
    from colour import SDS_COLOURCHECKERS, SDS_ILLUMINANTS, MultiSpectralDistributions
    from colour.characterisation import training_data_sds_to_RGB, white_balance_multipliers

    path = shared_data / "colorchecker/rawtoaces/camera/canon_eos_5d_mark_ii_380_780_5.json"
    found = read_sensitivity(path)
    weights = electrons_per_exposure(found.with_mean_efficiency(0.17), ("R", "G", "B"), VISIBLE_NM)
    light = diffuser_radiance("D65", 100.0)
    paints = SDS_COLOURCHECKERS["ISO 17321-1"]
    ours = np.array([weights @ (light * sd.values) for sd in paints.values()]) / (weights @ light)

    msds = MultiSpectralDistributions(
        np.array([found.values[c] for c in "RGB"]).T, found.wavelengths_nm, labels=list("RGB")
    )
    daylight = SDS_ILLUMINANTS["D65"].copy().trim(msds.shape)
    chart = MultiSpectralDistributions(
        np.array([sd.values for sd in paints.values()]).T, VISIBLE_NM, labels=list(paints)
    )
    theirs, balance = training_data_sds_to_RGB(chart, msds, daylight)

    assert balance == pytest.approx(white_balance_multipliers(msds, daylight))
    # Theirs is balanced but keeps one scale of its own.
    np.testing.assert_allclose(ours / ours[0, 1], theirs / theirs[0, 1], rtol=1e-9)


@pytest.mark.parametrize(
    ("scene", "profile", "words"),
    [
        (Frame.start(torch.ones(1, 3, 2, 2), Domain.SCENE), mono(box(400, 700)), "one wavelength"),
        (Frame.start(torch.ones(1, 3, 2, 2), Domain.SCENE, colour=Colour(
            wavelengths_nm=(400.0, 500.0))), mono(box(400, 700)), "3 channels have 2"),
        (flat(np.array([1.0, np.nan]), (500.0, 600.0)), mono(box(400, 700)), "NaN"),
        (flat(np.ones(2), (500.0, 600.0)), mono(None), "needs spectral_sensitivity"),
        (flat(np.ones(2), (500.0, 600.0)), mono(box(400, 700), pixel_pitch_um=None),
         "pixel_pitch_um"),
    ],
)  # fmt: skip
def test_what_cannot_be_exposed_says_what_is_missing(
    scene: Frame, profile: SensorProfile, words: str
) -> None:
    with pytest.raises((FrameError, ProfileError), match=words):
        expose_spectral(scene, profile, SHOT)


def test_misuse_is_refused_with_the_way_out() -> None:
    scene = flat(np.ones(2), (500.0, 600.0))
    sensor = Sensor(mono(box(400, 700)))

    with pytest.raises(FrameError, match="no luminance scale"):
        sensor.expose(scene, SHOT, luminance_scale_cd_m2=100.0)
    with pytest.raises(DomainError, match="SCENE"):
        expose_spectral(sensor.expose(scene, SHOT), sensor.profile, SHOT)
    for transmittance, words in ((np.ones(3), "one value per wavelength"),
                                 (np.array([0.5, 1.2]), "in 0..1")):  # fmt: skip
        with pytest.raises(FrameError, match=words):
            expose_spectral(scene, sensor.profile, SHOT, transmittance=transmittance)
    with pytest.raises(FrameError, match="positive exposure"):
        expose_spectral(scene, sensor.profile, Shot.single(exposure_time_s=0.0, f_number=2.0))
    with pytest.raises(FrameError, match="is \\(b, 2, h, w\\)"):
        spectral_scene(torch.ones(1, 3, 2, 2), (500.0, 600.0))


def test_negative_light_gives_no_negative_electrons_and_is_counted() -> None:
    exposed = expose_spectral(
        flat(np.array([-1.0, 0.0]), (500.0, 600.0)), mono(box(400, 700)), SHOT
    )

    assert float(exposed.data.max()) == 0.0
    assert exposed.history[-1][1]["negative_light_set_to_0"] == 4


def test_only_a_frame_with_wavelengths_is_spectral() -> None:
    assert is_spectral(flat(np.ones(2), (500.0, 600.0)))
    assert not is_spectral(Frame.start(torch.ones(1, 3, 2, 2), Domain.SCENE, colour=Colour()))
    assert not is_spectral(Frame.start(torch.ones(1, 3, 2, 2), Domain.SCENE))
