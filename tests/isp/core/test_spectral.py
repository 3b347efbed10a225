"""Quantum efficiency over wavelength: what is refused, and how relative numbers become absolute."""

import numpy as np
import pytest

from isp.core.cfa import Cfa
from isp.core.errors import ProfileError
from isp.core.sensor import SensorProfile
from isp.core.spectral import RelativeSensitivity, SpectralSensitivity

NM = (400.0, 500.0, 600.0)


def sensitivity(**values: tuple[float, ...]) -> SpectralSensitivity:
    return SpectralSensitivity(wavelengths_nm=NM, quantum_efficiency=values)


def relative(per: str = "energy", **values: tuple[float, ...]) -> RelativeSensitivity:
    return RelativeSensitivity(name="cam", wavelengths_nm=NM, values=values, per=per)


def test_it_is_linear_between_its_wavelengths_and_nothing_outside() -> None:
    green = sensitivity(G=(0.1, 0.5, 0.3))

    sampled = green.sampled(("G",), (399.9, 400, 450, 500, 575, 600, 600.1))

    np.testing.assert_allclose(sampled, [[0, 0.1, 0.3, 0.5, 0.35, 0.3, 0]], atol=1e-15)


def test_channels_come_in_the_order_they_are_asked_in() -> None:
    both = sensitivity(R=(0.1, 0.1, 0.1), G=(0.2, 0.2, 0.2))

    assert both.sampled(("G", "R"), (500,)).tolist() == [[0.2], [0.1]]


def test_the_mean_efficiency_counts_what_is_not_measured_as_nothing() -> None:
    """Trapezia: (0.1 + 0.5) / 2 * 100 + (0.5 + 0.3) / 2 * 100 = 70 nm, over 300 nm."""
    assert sensitivity(G=(0.1, 0.5, 0.3)).mean_efficiency("G") == pytest.approx(70 / 300)


def test_the_mean_efficiency_ends_at_400_and_700_between_wavelengths() -> None:
    """From 300 to 800 nm rising 0 to 0.5: the mean over 400-700 nm is the value at 550 nm."""
    wide = SpectralSensitivity(wavelengths_nm=(300, 800), quantum_efficiency={"Y": (0.0, 0.5)})

    assert wide.mean_efficiency("Y") == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"G": (0.1, 0.2)}, "3 wavelengths need as many values, but G has 2"),
        ({"G": (0.1, -0.2, 0.3)}, "at least 0"),
        ({"G": (0.1, float("nan"), 0.3)}, "finite"),
        ({"G": (0.0, 0.0, 0.0)}, "not all 0"),
        ({"G": (0.1, 1.2, 0.3)}, "reaches 1.2"),
        ({"X": (0.1, 0.2, 0.3)}, "found X"),
        ({}, "found none"),
    ],
)
def test_bad_values_are_named(values: dict[str, tuple[float, ...]], words: str) -> None:
    with pytest.raises(ProfileError, match=words):
        sensitivity(**values)


def test_a_profile_needs_a_sensitivity_for_every_channel_of_its_cfa() -> None:
    with pytest.raises(ProfileError, match="the CFA needs W too"):
        SensorProfile(
            name="clear", cfa=Cfa.RGBW, bit_depth=12, black_level_dn=(64.0,) * 4,
            white_level_dn=4095.0, readings=(),
            spectral_sensitivity=sensitivity(R=(0.1,) * 3, G=(0.1,) * 3, B=(0.1,) * 3),
        )  # fmt: skip


def test_signal_per_watt_becomes_signal_per_photon() -> None:
    """A watt at 600 nm is 1.5 times the photons of a watt at 400 nm (E = h c / lambda)."""
    flat = relative(G=(1.0, 1.0, 1.0)).with_peak_efficiency(0.6)

    assert flat.quantum_efficiency["G"] == pytest.approx((0.6, 0.48, 0.4))


def test_numbers_per_photon_stay_as_they_are() -> None:
    flat = relative("photon", G=(1.0, 0.5, 1.0)).with_peak_efficiency(0.6)

    assert flat.quantum_efficiency["G"] == pytest.approx((0.6, 0.3, 0.6))


def test_scaling_to_a_mean_keeps_the_ratio_between_channels() -> None:
    scaled = relative("photon", R=(0.0, 1.0, 2.0), G=(1.0, 5.0, 3.0)).with_mean_efficiency(0.14)

    assert scaled.mean_efficiency("G") == pytest.approx(0.14)
    # G is 70/300 at a tenth of these numbers, so the factor is 0.14 / (70/30) = 0.06.
    assert scaled.quantum_efficiency["R"] == pytest.approx((0.0, 0.06, 0.12))


def test_the_peak_is_that_of_the_strongest_channel() -> None:
    scaled = relative("photon", R=(0.0, 1.0, 8.0), G=(1.0, 4.0, 3.0)).with_peak_efficiency(1.0)

    assert max(scaled.quantum_efficiency["R"]) == 1.0
    assert max(scaled.quantum_efficiency["G"]) == pytest.approx(0.5)


def test_a_scale_beyond_one_electron_per_photon_is_refused() -> None:
    with pytest.raises(ProfileError, match="at most 1"):
        relative("photon", G=(0.0, 1.0, 0.0)).with_mean_efficiency(0.9)
    with pytest.raises(ProfileError, match=r"not 1\.5"):
        relative(G=(1.0, 1.0, 1.0)).with_peak_efficiency(1.5)
    with pytest.raises(ProfileError, match="no channel W"):
        relative(G=(1.0, 1.0, 1.0)).with_mean_efficiency(0.2, "W")
    with pytest.raises(ProfileError, match='not "lux"'):
        relative("lux", G=(1.0, 1.0, 1.0))


def test_channels_scaled_each_to_its_own_peak_are_recognised() -> None:
    assert relative(R=(0.0, 1.0, 0.2), G=(1.0, 0.1, 0.1)).has_equal_peaks
    assert not relative(R=(0.0, 0.8, 0.2), G=(1.0, 0.1, 0.1)).has_equal_peaks
