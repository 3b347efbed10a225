"""Regions are whole pixels well inside a rectangle, and say their luminance."""

import pytest

from isp.core.errors import UsageError
from simulate.scenes.region import check_range, check_size, whole_pixels


def test_one_pixel_is_kept_free_inside_each_edge() -> None:
    region = whole_pixels("grey", (2.0, 3.0, 9.0, 8.0), (0.5, 0.5, 0.5))

    assert region is not None
    assert region.window == (slice(4, 7), slice(3, 8))


def test_a_pixel_that_an_edge_crosses_is_never_inside() -> None:
    region = whole_pixels("grey", (2.1, 3.1, 8.9, 8.9), (0.5, 0.5, 0.5))

    assert region is not None
    assert region.window == (slice(5, 7), slice(4, 7))


@pytest.mark.parametrize("right", [2.0, 4.0, 4.9])
def test_too_narrow_a_rectangle_has_no_region(right: float) -> None:
    assert whole_pixels("thin", (2.0, 0.0, right, 9.0), (1.0, 1.0, 1.0)) is None


def test_a_white_of_one_has_a_hundred_candela() -> None:
    white = whole_pixels("white", (0.0, 0.0, 9.0, 9.0), (1.0, 1.0, 1.0))
    green = whole_pixels("green", (0.0, 0.0, 9.0, 9.0), (0.0, 0.5, 0.0))

    assert white is not None
    assert green is not None
    assert white.luminance_cd_m2 == pytest.approx(100.0, abs=1e-9)
    assert green.luminance_cd_m2 == pytest.approx(50 * 0.7151687)  # BT.709's share of green


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (-1, 5)])
def test_a_scene_without_pixels_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match=f"at least 1 x 1 pixel, got {size[0]} x {size[1]}"):
        check_size(*size)


def test_a_number_out_of_range_is_named_with_its_limits() -> None:
    check_range("angle", 5, 0, 5)
    with pytest.raises(UsageError, match=r"a scene's angle is within 0 \.\. 5, got 6"):
        check_range("angle", 6, 0, 5)
    with pytest.raises(UsageError, match="at least 0, got nan"):
        check_range("luminance", float("nan"), 0)
    with pytest.raises(UsageError, match="at least 0, got inf"):
        check_range("luminance", float("inf"), 0)
