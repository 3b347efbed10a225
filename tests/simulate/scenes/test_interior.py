"""The built-in scene holds its stated radiance, at any size, over more than 16 stops."""

import numpy as np
import pytest

from isp.core.errors import UsageError
from simulate.scenes.colour_checker import PATCHES
from simulate.scenes.interior import INTERIOR_ANCHOR_CD_M2, LUMINANCE, interior, interior_regions
from simulate.scenes.room_paint import CHART_LIGHT

# XYZ of BT.709's primaries (CONVENTIONS §1.5), and three published XYZ-to-camera matrices
# (Adobe's ColorMatrix at D65, x 10000, from LibRaw's table).
TO_XYZ = np.array(
    [
        [0.4123908, 0.3575843, 0.1804808],
        [0.2126390, 0.7151687, 0.0721923],
        [0.0193308, 0.1191948, 0.9505322],
    ]
)
TO_CAMERA = {
    "Nikon D850": [[10405, -3755, -1270], [-5461, 13787, 1793], [-1040, 2015, 6785]],
    "Canon EOS 5D Mark IV": [[6446, -366, -864], [-4436, 12204, 2513], [-952, 2496, 6348]],
    "Sony ILCE-7SM2": [[5838, -1430, -246], [-3497, 11477, 2297], [-748, 1885, 5778]],
}


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    return interior()


def test_every_value_is_finite_and_every_luminance_positive(scene: np.ndarray) -> None:
    assert scene.shape == (640, 960, 3)
    assert scene.dtype == np.float32
    assert np.isfinite(scene).all()
    assert (scene @ LUMINANCE).min() > 0


def test_nothing_but_the_cyan_patch_is_negative(scene: np.ndarray) -> None:
    region = interior_regions()["cyan"]
    elsewhere = scene.copy()
    elsewhere[region.top - 3 : region.bottom + 3, region.left - 3 : region.right + 3] = 1

    assert elsewhere.min() > 0
    assert (scene @ TO_XYZ.T).min() > 0


@pytest.mark.parametrize("camera", TO_CAMERA)
def test_no_camera_sees_a_negative_colour(camera: str, scene: np.ndarray) -> None:
    assert (scene @ TO_XYZ.T @ np.array(TO_CAMERA[camera]).T).min() > 0


def test_the_scene_spans_sixteen_stops(scene: np.ndarray) -> None:
    dark, bright = np.percentile(scene @ LUMINANCE, [0.01, 99.99])

    assert np.log2(bright / dark) >= 16


@pytest.mark.parametrize("size", [(640, 960), (1000, 1100), (321, 707)])
def test_regions_hold_their_stated_radiance_at_any_size(size: tuple[int, int]) -> None:
    picture = interior(*size)
    regions = interior_regions(*size)

    assert set(regions) >= {"lamp", "window", "deep shadow", "grey wall", *PATCHES}
    for region in regions.values():
        there = picture[region.window]
        assert there.size > 0
        assert (there == np.float32(region.rgb)).all(), region.name


def test_the_radiances_are_those_of_a_room_at_a_window() -> None:
    luminance = {
        name: INTERIOR_ANCHOR_CD_M2 * float(np.dot(region.rgb, LUMINANCE))
        for name, region in interior_regions().items()
    }

    assert 3e5 <= luminance["lamp"] <= 1e6
    assert 2e3 <= luminance["window"] <= 1e4
    assert 0.003 <= luminance["deep shadow"] <= 0.01
    assert 10 <= luminance["grey wall"] <= 50
    assert luminance["white 9.5"] == pytest.approx(100 * CHART_LIGHT * 0.8872, rel=1e-3)


def test_patches_are_at_least_fourteen_pixels_wide() -> None:
    for name in PATCHES:
        region = interior_regions()[name]
        assert min(region.bottom - region.top, region.right - region.left) >= 14


def test_the_deep_shadow_has_texture_below_its_even_part(scene: np.ndarray) -> None:
    region = interior_regions()["deep shadow"]
    shelf = scene[region.bottom + 20 : region.bottom + 60, region.left : region.right] @ LUMINANCE

    assert 0.1 < shelf.std() / shelf.mean() < 1
    assert 100 * shelf.mean() < 0.02


def test_the_same_scene_comes_twice(scene: np.ndarray) -> None:
    np.testing.assert_array_equal(interior(), scene)


def test_a_scene_of_twice_the_size_averages_to_the_smaller_one() -> None:
    small = interior(160, 240)
    large = interior(320, 480).reshape(160, 2, 240, 2, 3).mean(axis=(1, 3))

    stops = np.abs(np.log2((large @ LUMINANCE) / (small @ LUMINANCE)))
    assert np.median(stops) < 0.02
    assert np.percentile(stops, 95) < 0.25


def test_another_shape_shows_the_whole_design() -> None:
    tall = interior_regions(960, 960)["grey wall"]
    usual = interior_regions(640, 960)["grey wall"]

    assert (tall.left, tall.right) == (usual.left, usual.right)
    assert tall.top - usual.top == 160


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3)])
def test_extreme_shapes_are_rendered(size: tuple[int, int]) -> None:
    picture = interior(*size)

    assert picture.shape == (*size, 3)
    assert np.isfinite(picture).all()


def test_a_size_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="got 0 x 960"):
        interior(0, 960)
