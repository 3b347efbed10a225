"""The spectral chart: patches where the RGB chart has them, as bright and of the same colour."""

import numpy as np
import pytest

from isp.core.domain import Domain
from isp.core.errors import ProfileError, UsageError
from simulate.scenes.colour_checker import PATCHES, colour_checker, colour_checker_regions
from simulate.scenes.spectral_checker import diffuser_radiance, spectral_checker
from simulate.spectra import (
    VISIBLE_NM,
    colour_checker_reflectances,
    illuminant_spectrum,
    tristimulus,
    wavelength_grid,
)

XYZ_TO_BT709 = np.array(  # IEC 61966-2-1, of seven digits
    [[3.2409699, -1.5373832, -0.4986108], [-0.9692436, 1.8759675, 0.0415551],
     [0.0556301, -0.2039770, 1.0569715]]
)  # fmt: skip


def test_every_patch_is_its_reflectance_in_the_light() -> None:
    chart = spectral_checker(90, 130, illuminant="A", luminance=250.0)
    light, paints = diffuser_radiance("A", 250.0), colour_checker_reflectances()

    assert chart.domain is Domain.SCENE
    assert chart.colour is not None
    assert chart.colour.wavelengths_nm == VISIBLE_NM
    for name, region in colour_checker_regions(90, 130).items():
        seen = chart.data[0].numpy()[:, region.window[0], region.window[1]]
        exact = (light * paints[name]).astype(np.float32)
        assert np.array_equal(seen, np.broadcast_to(exact[:, None, None], seen.shape)), name


@pytest.mark.parametrize("size", [(60, 90), (71, 50), (5, 7)])
def test_in_daylight_it_is_the_rgb_chart_pixel_by_pixel(size: tuple[int, int]) -> None:
    """Through the observer and BT.709's matrix; edges between patches are mixed alike."""
    spectra = spectral_checker(*size).data[0].permute(1, 2, 0).double().numpy()

    rgb = tristimulus(spectra) / 100 @ XYZ_TO_BT709.T

    # The table was summed at 1 nm, and the frame's grey has no tint here.
    np.testing.assert_allclose(rgb, colour_checker(*size), atol=1.5e-3)


def test_luminance_is_that_of_a_perfect_diffuser() -> None:
    light = diffuser_radiance("FL2", 80.0)

    assert tristimulus(light)[1] == pytest.approx(80.0)
    relative = illuminant_spectrum("FL2")
    np.testing.assert_allclose(light / light.max(), relative / relative.max())


def test_twice_the_luminance_is_twice_the_light_and_none_is_dark() -> None:
    grid = wavelength_grid(400, 700, 50)
    once, twice, none = (
        spectral_checker(9, 13, luminance=x, wavelengths_nm=grid).data for x in (50.0, 100.0, 0.0)
    )

    np.testing.assert_allclose(twice, 2 * once, rtol=3e-7)
    assert float(none.max()) == 0.0


def test_the_frame_says_how_it_was_made() -> None:
    chart = spectral_checker(9, 13, "A", 50.0, wavelength_grid(400, 700, 50))

    assert chart.data.shape == (1, 7, 9, 13)
    assert chart.history[0] == (
        "scene",
        {"name": "spectral_checker", "height": 9, "width": 13, "illuminant": "A",
         "luminance_cd_m2": 50.0},
    )  # fmt: skip


def test_what_cannot_be_rendered_is_refused() -> None:
    with pytest.raises(UsageError, match="1 x 1"):
        spectral_checker(0, 10)
    with pytest.raises(UsageError, match="luminance"):
        spectral_checker(9, 13, luminance=-1.0)
    with pytest.raises(ProfileError, match='"moonlight"'):
        spectral_checker(9, 13, "moonlight")
    with pytest.raises(ProfileError, match="known from"):
        spectral_checker(9, 13, wavelengths_nm=wavelength_grid(300, 700, 10))


def test_the_chart_has_all_its_patches_in_the_rgb_chart_s_order() -> None:
    assert list(colour_checker_reflectances()) == list(PATCHES)
