"""Illuminants against colour-science and the numbers printed in CONVENTIONS."""

import colour
import pytest
from scipy import constants

from isp.core.errors import ProfileError
from isp.core.illuminants import ILLUMINANTS, LIGHT_SOURCES, illuminant_xy, photons_per_lux_second

OBSERVER = "CIE 1931 2 Degree Standard Observer"


@pytest.mark.parametrize("name", ILLUMINANTS)
def test_illuminants_have_the_chromaticity_of_colour_science(name: str) -> None:
    expected = colour.CCS_ILLUMINANTS[OBSERVER][name]

    assert illuminant_xy(name) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("name", ILLUMINANTS)
def test_photons_per_lux_are_the_sum_over_the_spectrum_at_1_nm(name: str) -> None:
    """Sum of S l / (h c) over 400..700 nm, divided by 683 sum S V (CONVENTIONS section 5.1)."""
    shape = colour.SpectralShape(360, 830, 1)
    dark_outside = {"method": "Constant", "left": 0, "right": 0}
    power = colour.SDS_ILLUMINANTS[name].copy().align(shape, extrapolator_kwargs=dark_outside)
    sensitivity = colour.MSDS_CMFS[OBSERVER].copy().align(shape).values[:, 1]
    wavelength_m = shape.wavelengths * 1e-9
    photons = power.values * wavelength_m / (constants.h * constants.c)
    band = (shape.wavelengths >= 400) & (shape.wavelengths <= 700)

    per_um2 = photons[band].sum() / (683 * (power.values * sensitivity).sum()) * 1e-12

    # How spectra tabulated at 5 nm are interpolated moves the sixth digit.
    assert photons_per_lux_second(name) == pytest.approx(per_um2, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "printed"),
    [("D65", 10880), ("D50", 10746), ("E", 11419), ("A", 12032), ("FL2", 7879), ("LED-B3", 8639)],
)
def test_photons_per_lux_are_those_printed(name: str, printed: int) -> None:
    assert round(photons_per_lux_second(name)) == pytest.approx(printed, abs=1)


def test_an_unknown_illuminant_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ProfileError, match=r'"candle"; known: A, D50'):
        illuminant_xy("candle")


def test_exif_light_sources_are_in_the_table() -> None:
    assert LIGHT_SOURCES == {17: "A", 20: "D55", 21: "D65", 22: "D75", 23: "D50"}
    assert set(LIGHT_SOURCES.values()) <= set(ILLUMINANTS)
