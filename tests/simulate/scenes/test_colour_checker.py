"""The ColorChecker's table is colour-science's spectra under D65, and its patches are apart."""

import itertools
import warnings

import numpy as np
import pytest

from isp.core.errors import UsageError
from simulate.scenes.colour_checker import (
    BORDER,
    HEIGHT,
    PATCHES,
    WIDTH,
    colour_checker,
    colour_checker_regions,
    patch_rectangles,
)


def test_every_patch_is_its_spectrum_times_d65() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        colour = pytest.importorskip("colour")
        observer = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
        daylight = colour.SDS_ILLUMINANTS["D65"]
        spectra = colour.SDS_COLOURCHECKERS["ISO 17321-1"]
        xyz = [
            colour.sd_to_XYZ(spectrum, observer, daylight) / 100 for spectrum in spectra.values()
        ]
    to_rgb = colour.RGB_COLOURSPACES["ITU-R BT.709"].matrix_XYZ_to_RGB

    assert [name.split(" (")[0] for name in spectra] == list(PATCHES)
    np.testing.assert_allclose(list(PATCHES.values()), xyz @ to_rgb.T, atol=1e-6, rtol=0)


def test_only_cyan_lies_outside_bt709() -> None:
    assert [name for name, patch in PATCHES.items() if min(patch) < 0] == ["cyan"]


def test_the_grey_row_darkens_from_left_to_right() -> None:
    greens = [green for _, green, _ in list(PATCHES.values())[18:]]

    assert greens == sorted(greens, reverse=True)


def test_patches_lie_apart_and_inside_the_chart() -> None:
    rectangles = list(patch_rectangles().values())

    for left, top, right, bottom in rectangles:
        assert 0 < left < right < WIDTH
        assert 0 < top < bottom < HEIGHT
    for one, other in itertools.combinations(rectangles, 2):
        beside = one[2] < other[0] or other[2] < one[0]
        assert beside or one[3] < other[1] or other[3] < one[1]


@pytest.mark.parametrize("size", [(640, 960), (321, 200), (90, 700)])
def test_every_patch_is_in_the_picture_with_its_colour(size: tuple[int, int]) -> None:
    picture = colour_checker(*size, luminance=250.0)
    regions = colour_checker_regions(*size, luminance=250.0)

    assert list(regions) == list(PATCHES)
    for name, region in regions.items():
        assert region.rgb == pytest.approx([2.5 * part for part in PATCHES[name]])
        assert (picture[region.window] == np.float32(region.rgb)).all()


def test_the_chart_fills_the_picture_and_lies_in_its_middle() -> None:
    picture = colour_checker(450, 650)
    regions = colour_checker_regions(450, 650)

    assert (picture[0] == np.float32(BORDER)).all()
    first, last = regions["dark skin"], regions["black 2"]
    assert (first.top, first.left) == (32, 32)  # at 0.31 of a pitch of 100 pixels, and one free
    assert (450 - last.bottom, 650 - last.right) == (first.top, first.left)


def test_a_light_that_is_negative_is_refused() -> None:
    with pytest.raises(UsageError, match="luminance"):
        colour_checker(10, 10, luminance=-1.0)
