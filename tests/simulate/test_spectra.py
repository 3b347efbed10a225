"""Spectra: known lights and paints, their luminance, and the edges of filters."""

import math

import numpy as np
import pytest

from isp.core.errors import ProfileError
from isp.core.illuminants import ILLUMINANTS
from simulate.scenes.colour_checker import PATCHES
from simulate.spectra import (
    VISIBLE_NM,
    at_luminance,
    band_widths,
    blackbody,
    colour_checker_reflectances,
    illuminant_spectrum,
    ir_cut,
    lens_glass,
    measured_cameras,
    tristimulus,
    wavelength_grid,
)

FINE = wavelength_grid(380, 780, 1)


def test_a_grid_has_both_its_ends() -> None:
    assert len(VISIBLE_NM) == 81
    assert (VISIBLE_NM[0], VISIBLE_NM[-1]) == (380.0, 780.0)
    for step in (7, 0, -5, math.nan):
        with pytest.raises(ProfileError, match="whole number of steps"):
            wavelength_grid(400, 410, step)


def test_bands_meet_halfway_and_an_even_grid_is_a_sum() -> None:
    assert band_widths((400, 402, 410)).tolist() == [2.0, 5.0, 8.0]
    assert band_widths(VISIBLE_NM).tolist() == [5.0] * 81
    with pytest.raises(ProfileError, match="follows"):
        band_widths((500, 400))


@pytest.mark.parametrize("name", ILLUMINANTS)
def test_every_light_of_the_table_has_the_colour_it_is_known_by(name: str) -> None:
    """Printed chromaticities: CIE 15; ours are rounded to five digits and summed at 5 nm."""
    xyz = tristimulus(illuminant_spectrum(name))

    x, y, _ = xyz / xyz.sum()

    assert (x, y) == pytest.approx(ILLUMINANTS[name][:2], abs=1.5e-4)


def test_what_a_table_does_not_reach_is_refused() -> None:
    with pytest.raises(ProfileError, match="known from 300 to 780 nm"):
        illuminant_spectrum("D65", wavelength_grid(380, 1000, 10))
    with pytest.raises(ProfileError, match='no illuminant is named "sun"'):
        illuminant_spectrum("sun")
    with pytest.raises(ProfileError, match="patch dark skin is known"):
        colour_checker_reflectances(wavelength_grid(350, 400, 10))


def test_a_black_body_radiates_what_stefan_and_boltzmann_say() -> None:
    """The integral over all wavelengths is sigma T^4 / pi; 100 nm to 100 um holds 0.9999 of it."""
    nm = np.geomspace(100, 1e5, 4000)

    radiance = float(np.trapezoid(blackbody(5500.0, nm.tolist()), nm))

    assert radiance == pytest.approx(5.670374419e-8 * 5500**4 / math.pi, rel=2e-4)


def test_a_black_body_of_5500_k_has_the_printed_photons_per_lux() -> None:
    """CONVENTIONS section 5.1: 10 943 photons per um^2 and lux second within 400-700 nm."""
    light = at_luminance(blackbody(5500.0, FINE), 1.0, FINE)
    photons = light * np.array(FINE) * 1e-9 / (6.62607015e-34 * 299792458.0) * 1e-12

    band = (np.array(FINE) >= 400) & (np.array(FINE) <= 700)

    assert float(photons[band].sum()) == pytest.approx(10943, rel=1e-4)
    with pytest.raises(ProfileError, match="above 0 K"):
        blackbody(0.0)


def test_one_watt_at_555_nm_is_683_lumens() -> None:
    """One band of 1 nm holds the line; V(555) is 1."""
    line = np.zeros(401)
    line[FINE.index(555.0)] = 1.0

    assert tristimulus(line, FINE)[1] == pytest.approx(683.0, rel=1e-6)


def test_a_light_is_scaled_to_the_luminance_that_is_asked() -> None:
    scaled = at_luminance(illuminant_spectrum("A"), 250.0)

    assert tristimulus(scaled)[1] == pytest.approx(250.0, rel=1e-12)
    with pytest.raises(ProfileError, match="not -1"):
        at_luminance(scaled, -1.0)
    with pytest.raises(ProfileError, match="without visible light"):
        at_luminance(np.zeros(81), 1.0)


def test_the_paints_are_those_of_the_rgb_chart() -> None:
    """Luminance in D65 of each patch: BT.709's Y row times the printed RGB of the other file."""
    light = at_luminance(illuminant_spectrum("D65"), 1.0)
    paints = colour_checker_reflectances()

    assert list(paints) == list(PATCHES)
    for name, rgb in PATCHES.items():
        luminance = float(np.dot((0.2126390, 0.7151687, 0.0721923), rgb))
        # The table was summed at 1 nm; 5 nm differ by less than a thousandth.
        assert tristimulus(light * paints[name])[1] == pytest.approx(luminance, rel=1e-3)


def test_an_infrared_cut_passes_half_at_its_edge_and_falls_over_its_width() -> None:
    cut = ir_cut((550, 635, 650, 665, 780), edge_nm=650, width_nm=30)

    assert cut == pytest.approx([1.0, 0.9, 0.5, 0.1, 0.0], abs=1e-6)
    assert cut[-1] > 0


def test_lens_glass_stops_the_ultraviolet() -> None:
    glass = lens_glass((300, 372.5, 385, 397.5, 550), edge_nm=385, width_nm=25)

    assert glass == pytest.approx([0.0, 0.1, 0.5, 0.9, 1.0], abs=1e-6)
    with pytest.raises(ProfileError, match="width"):
        lens_glass(width_nm=0.0)


def test_colour_science_brings_two_cameras() -> None:
    cameras = measured_cameras()

    assert sorted(cameras) == ["Nikon 5100 (NPL)", "Sigma SDMerill (NPL)"]
    nikon = cameras["Nikon 5100 (NPL)"]
    # First row as colour-science's documentation prints it.
    assert nikon.values["R"][0] == 0.00156384299336578
    assert nikon.has_equal_peaks
