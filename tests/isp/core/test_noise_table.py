"""A table of var = slope x + offset becomes gain and read noise, and nothing is made up."""

import math

import pytest

from isp.core.cfa import Cfa
from isp.core.errors import ProfileError
from isp.core.noise_table import NoiseRow, profile_from_noise_table, reading_of
from isp.core.sensor import SensorProfile

SPAN = 1023.0 - 64.0


def table(*rows: NoiseRow, **fields: object) -> SensorProfile:
    values = {
        "name": "table", "cfa": Cfa.RGGB, "bit_depth": 10, "black_level_dn": (64.0,) * 4,
        "white_level_dn": 1023.0,
    }  # fmt: skip
    return profile_from_noise_table(rows, **values | fields)


def row(iso: float, gain: float, read_e: float) -> NoiseRow:
    """The row of a sensor: variance in DN is K (K mu) + (K sigma)^2 + 1/12."""
    variance_dn = (gain * read_e) ** 2 + 1 / 12
    return NoiseRow(iso=iso, slope=gain / SPAN, offset=variance_dn / SPAN**2)


def test_the_worked_example_of_the_conventions_is_inverted() -> None:
    # CONVENTIONS 1: K = 0.8, B = 64, W = 1023, sigma = 2.5 e-: S = 8.342e-4, O = 4.440e-6.
    reading = reading_of(NoiseRow(iso=400.0, slope=8.342e-4, offset=4.440e-6), SPAN)

    assert reading.iso == 400
    assert reading.system_gain_dn_per_e == pytest.approx(0.8, rel=1e-4)
    assert reading.read_noise_e == pytest.approx(2.5, rel=1e-3)


def test_quantisation_may_be_outside_the_table() -> None:
    without = NoiseRow(iso=100.0, slope=0.2 / SPAN, offset=(0.2 * 3.0) ** 2 / SPAN**2)

    assert reading_of(without, SPAN, holds_quantisation=False).read_noise_e == pytest.approx(3.0)
    # Taken for one that holds it, 1/12 DN^2 too much is taken out.
    assert reading_of(without, SPAN).read_noise_e == pytest.approx(math.sqrt(9 - 1 / 12 / 0.04))


def test_readings_rise_with_iso_and_the_well_is_what_the_converter_holds() -> None:
    profile = table(row(800, 3.2, 1.5), row(100, 0.4, 3.0))

    assert [r.iso for r in profile.readings] == [100, 800]
    assert [r.read_noise_e for r in profile.readings] == pytest.approx([3.0, 1.5])
    assert profile.full_well_e == pytest.approx(SPAN / 0.4)
    assert "full_well_e" in profile.assumed
    assert "959 DN" in profile.sources["readings"]


def test_an_offset_below_quantisation_is_no_read_noise_and_said() -> None:
    profile = table(row(100, 0.4, 3.0), NoiseRow(iso=200.0, slope=8e-4, offset=-1e-6))

    assert profile.readings[1].read_noise_e == 0
    assert "ISO 200" in profile.sources["readings.read_noise_e"]
    assert "readings.read_noise_e" in profile.assumed


def test_fields_and_sources_of_the_caller_stand() -> None:
    profile = table(
        row(100, 0.4, 3.0), full_well_e=2000.0, prnu_percent=1.0, assumed=("prnu_percent",),
        sources={"prnu_percent": "a guess"}, source="a DNG's NoiseProfile",
    )  # fmt: skip

    assert (profile.full_well_e, profile.prnu_percent) == (2000, 1)
    assert profile.assumed == ("prnu_percent",)
    assert profile.sources["prnu_percent"] == "a guess"
    assert profile.sources["readings"].startswith("a DNG's NoiseProfile")


def test_what_is_no_noise_is_refused() -> None:
    with pytest.raises(ProfileError, match="ISO 100 needs a slope above 0"):
        table(NoiseRow(iso=100.0, slope=-1e-5, offset=1e-6))
    with pytest.raises(ProfileError, match="a finite offset"):
        table(NoiseRow(iso=100.0, slope=1e-5, offset=math.nan))
    with pytest.raises(ProfileError, match="one row per ISO"):
        table(row(100, 0.4, 3.0), row(100, 0.5, 3.0))
    with pytest.raises(ProfileError, match="one row per ISO"):
        table()
    with pytest.raises(ProfileError, match="black below white"):
        table(row(100, 0.4, 3.0), black_level_dn=(1023.0,) * 4)
