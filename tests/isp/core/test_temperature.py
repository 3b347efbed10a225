"""Temperature and white are each other's inverse, and agree with colour-science."""

import colour
import numpy as np
import pytest
from colour.temperature.robertson1968 import DATA_ISOTEMPERATURE_LINES_ROBERTSON1968
from hypothesis import given
from hypothesis import strategies as st

from isp.core.errors import UsageError
from isp.core.illuminants import illuminant_xy
from isp.core.temperature import ROBERTSON, cct_to_xy, xy_to_cct, xy_to_duv


def test_the_isotemperature_lines_are_robertson_s() -> None:
    np.testing.assert_allclose(
        np.array(ROBERTSON), np.array(DATA_ISOTEMPERATURE_LINES_ROBERTSON1968), atol=1e-12
    )


@given(cct=st.floats(1800, 20000), duv=st.floats(-0.01, 0.01))
def test_cct_is_that_of_robertson_s_method_in_colour_science(cct: float, duv: float) -> None:
    uv = colour.temperature.CCT_to_uv_Robertson1968([cct, duv])
    expected = colour.temperature.uv_to_CCT_Robertson1968(uv)[0]

    xy = colour.UCS_uv_to_xy(uv)

    assert xy_to_cct((float(xy[0]), float(xy[1]))) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "kelvin"), [("A", 2856), ("D50", 5003), ("D55", 5503), ("D65", 6504), ("D75", 7504)]
)
def test_standard_illuminants_have_their_temperature(name: str, kelvin: int) -> None:
    """CIE 15 defines the D series at 1.4388 / 1.4380 of 5000, 5500, 6500, 7500 K."""
    assert xy_to_cct(illuminant_xy(name)) == pytest.approx(kelvin, rel=1e-3)


def test_a_colour_beyond_the_locus_ends_has_a_finite_temperature() -> None:
    assert xy_to_cct((0.2, 0.2)) > 1e5
    assert xy_to_cct((0.6, 0.36)) == pytest.approx(1e6 / 600, rel=0.2)


@pytest.mark.parametrize("cct", [1700.0, 2856.0, 4000.0, 5200.0, 6504.0, 20000.0])
@pytest.mark.parametrize("duv", [-0.02, 0.0, 0.003, 0.05])
def test_the_white_is_colour_science_s_robertson(cct: float, duv: float) -> None:
    expected = colour.UCS_uv_to_xy(colour.temperature.CCT_to_uv_Robertson1968([cct, duv]))

    assert cct_to_xy(cct, duv) == pytest.approx(tuple(expected), abs=1e-9)


@pytest.mark.parametrize("cct", [1700.0, 2856.0, 5200.0, 6504.0, 20000.0])
def test_the_white_is_planck_s_within_what_the_table_rounds(cct: float) -> None:
    """Ohno's method integrates Planck's law: another way to the same locus."""
    expected = colour.UCS_uv_to_xy(colour.temperature.CCT_to_uv_Ohno2013([cct, 0.0]))

    # Table 1 interpolated linearly leaves the bent locus by (25 mired)^2 / 8 of its second
    # derivative, 2e-4 in x at most; its five digits are far finer.
    assert cct_to_xy(cct) == pytest.approx(tuple(expected), abs=3e-4)


@pytest.mark.parametrize("cct", [1700.0, 2856.0, 5200.0, 6504.0, 20000.0])
@pytest.mark.parametrize("duv", [-0.02, 0.0, 0.003, 0.02])
def test_there_and_back(cct: float, duv: float) -> None:
    xy = cct_to_xy(cct, duv)

    assert xy_to_cct(xy) == pytest.approx(cct, rel=2e-5)
    assert xy_to_duv(xy, xy_to_cct(xy)) == pytest.approx(duv, abs=1e-6)


def test_daylight_lies_above_the_locus_and_illuminant_a_on_it() -> None:
    d65, a = illuminant_xy("D65"), illuminant_xy("A")

    # CONVENTIONS 1.5: Ohno gives D65 a Duv of 0.0032.
    assert xy_to_duv(d65, xy_to_cct(d65)) == pytest.approx(0.0032, abs=1e-4)
    assert xy_to_duv(a, xy_to_cct(a)) == pytest.approx(0.0, abs=1e-4)


def test_a_positive_duv_is_greener() -> None:
    assert cct_to_xy(5000, 0.01)[1] > cct_to_xy(5000)[1] > cct_to_xy(5000, -0.01)[1]


def test_the_distance_of_a_white_beyond_the_table_is_taken_from_its_end() -> None:
    assert xy_to_duv(cct_to_xy(1e6 / 600, 0.01), 1500.0) == pytest.approx(0.01, abs=1e-9)


@pytest.mark.parametrize("cct", [0.0, 1600.0, 100_001.0, float("nan"), float("inf")])
def test_a_temperature_without_a_colour_is_refused(cct: float) -> None:
    with pytest.raises(UsageError, match="1667 to 100000 K"):
        cct_to_xy(cct)


@pytest.mark.parametrize("duv", [0.06, -0.051, float("nan")])
def test_a_white_that_has_no_temperature_is_refused(duv: float) -> None:
    with pytest.raises(UsageError, match=r"Duv is within 0\.05"):
        cct_to_xy(5000, duv)
