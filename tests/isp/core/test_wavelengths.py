"""A grid of wavelengths is in nanometres, finite and rising."""

import pytest

from isp.core.colour import Colour
from isp.core.errors import FrameError, ProfileError
from isp.core.spectral import SpectralSensitivity
from isp.core.wavelengths import check_wavelengths


@pytest.mark.parametrize(
    ("wavelengths", "words"),
    [
        ((500.0,), "at least 2 wavelengths"),
        ((0.4, 0.5), "nanometres"),
        ((500.0, 400.0), "400 nm follows 500 nm"),
        ((400.0, 400.0), "400 nm follows 400 nm"),
        ((400.0, float("nan")), "not a finite number"),
    ],
)
def test_a_bad_grid_is_named(wavelengths: tuple[float, ...], words: str) -> None:
    assert words in str(check_wavelengths(wavelengths))
    with pytest.raises(ProfileError, match=words):
        SpectralSensitivity(
            wavelengths_nm=wavelengths, quantum_efficiency={"G": (0.1,) * len(wavelengths)}
        )
    with pytest.raises(FrameError, match=words):
        Colour(wavelengths_nm=wavelengths)


def test_a_sound_grid_has_no_trouble() -> None:
    assert check_wavelengths((380.0, 380.5, 1100.0)) is None
