"""The OECF chart's patches fall in equal steps of density, at one distance from the centre."""

import itertools
import math

import numpy as np
import pytest

from isp.core.errors import UsageError
from simulate.scenes.oecf import MAX_PATCHES, oecf, oecf_regions


@pytest.mark.parametrize("contrast", [4.0, 1e4, 1e6])
def test_densities_rise_in_equal_steps_over_the_whole_contrast(contrast: float) -> None:
    regions = oecf_regions(contrast=contrast, luminance=500.0)

    luminance = np.array([region.luminance_cd_m2 for region in regions.values()])

    assert len(regions) == 20
    assert luminance[0] == pytest.approx(500.0)
    assert luminance[0] / luminance[-1] == pytest.approx(contrast)
    np.testing.assert_allclose(np.diff(np.log10(luminance)), -math.log10(contrast) / 19)


@pytest.mark.parametrize("patches", [2, 3, 12, 20, MAX_PATCHES])
@pytest.mark.parametrize("size", [(640, 960), (900, 500), (701, 701)])
def test_regions_hold_their_luminance_exactly(patches: int, size: tuple[int, int]) -> None:
    picture = oecf(*size, patches=patches, contrast=1e6)
    regions = oecf_regions(*size, patches=patches, contrast=1e6)

    assert list(regions) == [f"step {k + 1}" for k in range(patches)]
    for region in regions.values():
        assert picture[region.window].size > 0
        assert (picture[region.window] == np.float32(region.rgb)).all()


@pytest.mark.parametrize("patches", [2, 3, 5, 20, MAX_PATCHES])
def test_patches_lie_apart(patches: int) -> None:
    regions = oecf_regions(1000, 1000, patches=patches).values()

    for a, b in itertools.combinations(regions, 2):
        # Regions end one or two pixels inside their patches.
        assert (
            a.right + 2 < b.left or b.right + 2 < a.left
            or a.bottom + 2 < b.top or b.bottom + 2 < a.top
        )  # fmt: skip


def test_all_patches_are_as_far_from_the_centre() -> None:
    centres = [
        ((r.left + r.right) / 2 - 480, (r.top + r.bottom) / 2 - 320)
        for r in oecf_regions().values()
    ]

    # A region's centre is its patch's to half a pixel in each direction.
    assert np.ptp([math.hypot(*centre) for centre in centres]) < 2 * math.hypot(0.5, 0.5)


def test_the_darkest_patch_lies_opposite_to_the_brightest() -> None:
    regions = list(oecf_regions(1000, 1000).values())

    assert regions[0].bottom < 200
    assert regions[-1].top > 800
    assert abs(regions[0].left - regions[-1].left) <= 1


def test_the_surround_is_a_part_of_the_brightest_patch() -> None:
    picture = oecf(100, 150, luminance=200.0, surround=0.25)

    assert picture[0, 0].tolist() == [0.5, 0.5, 0.5]
    assert picture[50, 75].tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    "wrong",
    [{"patches": 1}, {"patches": 65}, {"contrast": 0.5}, {"contrast": 2e6}, {"luminance": -1.0},
     {"surround": 1.5}],
)  # fmt: skip
def test_numbers_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        oecf(**wrong)
