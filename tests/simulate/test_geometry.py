"""A scene lands on the sensor at its true size, and each photosite takes its share of the area."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from isp.core.errors import FrameError, UsageError
from simulate.geometry import Placement, fov_of, integrate, mirrored, place, touches
from tests.strategies import numbered


def placed(step: float, *size: int, top: float = 0.0, left: float = 0.0) -> Placement:
    return Placement(size=(size[0], size[1]), pitch_um=2.0, step=step, top=top, left=left)


def test_whole_photosites_are_plain_means() -> None:
    means = integrate(numbered(2, 4).double(), placed(2, 1, 2))

    assert means.tolist() == [[[[2.5, 4.5]]]]  # (0 + 1 + 4 + 5) / 4, (2 + 3 + 6 + 7) / 4


def test_a_pixel_on_a_border_gives_each_photosite_its_part() -> None:
    """Three pixels on two photosites of 1.5: (1 + 2 / 2) / 1.5 and (2 / 2 + 4) / 1.5."""
    row = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64).reshape(1, 1, 1, 3)
    light = row.expand(1, 1, 3, 3)

    means = integrate(light, placed(1.5, 2, 2))

    expected = torch.tensor([[2 / 1.5, 5 / 1.5]] * 2, dtype=torch.float64)
    torch.testing.assert_close(means[0, 0], expected, rtol=1e-15, atol=0)


def test_a_photosite_smaller_than_a_scene_pixel_sees_its_light_alone() -> None:
    """Step 0.75: photosites 0..0.75, 0.75..1.5, 1.5..2.25, 2.25..3 of pixels 1, 2, 4."""
    light = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64).reshape(1, 1, 1, 3)

    means = integrate(light.expand(1, 1, 3, 3), placed(0.75, 4, 4))[0, 0, 0]

    assert means.tolist() == pytest.approx([1, (0.25 + 0.5 * 2) / 0.75, (1 + 1) / 0.75, 4])


@given(
    scene=st.tuples(st.integers(1, 23), st.integers(1, 23)),
    size=st.tuples(st.integers(1, 19), st.integers(1, 19)),
)
def test_light_is_kept_whatever_the_ratio(scene: tuple[int, int], size: tuple[int, int]) -> None:
    """Mean times area over the sensor is the light of the scene that lies under it."""
    light = torch.rand(1, 2, *scene, generator=torch.Generator().manual_seed(3)).double()
    where = place(scene, size=size, pitch_um=1.0)

    landed = integrate(light, where).sum((-2, -1)) * where.step**2

    covered = []  # how much of each row, and of each column, lies under the sensor
    for n, start, count in zip(scene, (where.top, where.left), size, strict=True):
        pixel = torch.arange(n, dtype=torch.float64)
        end = (pixel + 1).clamp(max=start + count * where.step)
        covered.append((end - pixel.clamp(min=start)).clamp(min=0))
    under = torch.einsum("bchw,h,w->bc", light, *covered)
    torch.testing.assert_close(landed, under, rtol=1e-8, atol=0)


@given(step=st.floats(0.1, 9), top=st.floats(0, 5), left=st.floats(-5, 5))
def test_a_uniform_scene_stays_uniform_even_past_its_edges(
    step: float, top: float, left: float
) -> None:
    means = integrate(
        torch.full((1, 1, 12, 9), 3.0).double(), placed(step, 4, 5, top=top, left=left)
    )

    torch.testing.assert_close(means, torch.full_like(means, 3), rtol=1e-12, atol=0)


def test_without_a_size_one_scene_pixel_is_one_photosite() -> None:
    where = place((5, 7), pitch_um=3.0)
    light = numbered(5, 7)

    assert (where.size, where.step, where.sample_um) == ((5, 7), 1.0, 3.0)
    assert integrate(light, where) is light


def test_a_scene_of_other_proportions_is_cut_equally_on_both_sides() -> None:
    """10 x 6 on 3 x 3: two scene pixels a photosite, columns 2 to 7."""
    where = place((6, 10), size=(3, 3), pitch_um=1.0)

    assert (where.step, where.top, where.left) == (2.0, 0.0, 2.0)
    assert integrate(numbered(6, 10), where)[0, 0, 0].tolist() == [7.5, 9.5, 11.5]


def test_what_is_cut_off_is_whole_scene_pixels() -> None:
    """An offset of half a pixel would blur a scene that fits its photosites."""
    assert place((4, 9), size=(2, 4), pitch_um=1.0).left == 0.0
    assert place((4, 11), size=(2, 4), pitch_um=1.0).left == 1.0


def test_a_field_of_view_alone_gives_the_focal_length() -> None:
    """Ninety degrees on 36 mm: f = 18 mm; a sensor half as wide in proportion sees half of it."""
    whole = place((2400, 3600), size=(240, 360), pitch_um=100.0, fov_deg=90)
    square = place((2400, 3600), size=(240, 240), pitch_um=100.0, fov_deg=90)

    assert whole.focal_length_mm == pytest.approx(18, rel=1e-12)
    assert whole.fov_deg == pytest.approx(90, rel=1e-12)
    assert square.focal_length_mm == pytest.approx(18, rel=1e-12)
    assert square.fov_deg == pytest.approx(math.degrees(2 * math.atan(12 / 18)), rel=1e-12)


def test_a_focal_length_alone_gives_the_field_of_view() -> None:
    assert place((2, 3), size=(24, 36), pitch_um=1000.0, focal_length_mm=50).fov_deg == (
        pytest.approx(39.5978, abs=1e-4)
    )
    assert fov_of(36, 18) == pytest.approx(90)


def test_field_of_view_and_focal_length_fix_the_scale() -> None:
    """Ninety degrees through 18 mm are 36 mm: 3600 scene pixels of 10 um, 2 of them to 20 um."""
    where = place(
        (2400, 3600), size=(600, 900), pitch_um=20.0, fov_deg=90, focal_length_mm=18
    )  # fmt: skip

    assert where.step == 2.0
    assert (where.top, where.left) == (600.0, 900.0)
    assert where.sample_um == 10.0


def test_a_pitch_twice_as_large_takes_twice_the_scene() -> None:
    fine, coarse = (
        place((1000, 1000), size=(50, 50), pitch_um=p, fov_deg=20, focal_length_mm=10)
        for p in (1.0, 2.0)
    )

    assert coarse.step == pytest.approx(2 * fine.step, rel=1e-12)


def test_a_scene_too_small_for_the_sensor_is_refused_with_what_it_covers() -> None:
    """36 mm of 100 um photosites are 360, 240 high."""
    with pytest.raises(FrameError, match=r"90 degrees through 18 mm covers 360 x 240 photosites"):
        place((24, 36), size=(241, 300), pitch_um=100.0, fov_deg=90, focal_length_mm=18)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pitch_um": 0.0}, "pixel pitch is positive"),
        ({"pitch_um": float("nan")}, "pixel pitch is positive"),
        ({"size": (0, 4)}, "at least 1 x 1"),
        ({"fov_deg": 180.0}, "between 0 and 180 degrees"),
        ({"fov_deg": 0.0}, "between 0 and 180 degrees"),
        ({"focal_length_mm": -1.0}, "focal length is positive"),
        ({"size": None, "fov_deg": 30.0, "focal_length_mm": 50.0}, "needs a size"),
    ],
)
def test_numbers_that_cannot_be_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        place((4, 6), **({"pitch_um": 1.0, "size": (2, 3)} | changes))  # type: ignore[arg-type]


def test_a_fill_factor_takes_the_middle() -> None:
    """A quarter of 8 x 8 scene pixels are the 4 x 4 in the middle: 2 to 5 both ways."""
    light = torch.zeros(1, 1, 8, 8)
    light[..., 2, 5], light[..., 1, 3], light[..., 3, 6] = 16.0, 5.0, 7.0

    assert float(integrate(light, placed(8, 1, 1), fill_factor=0.25)) == 1
    assert float(integrate(light, placed(8, 1, 1))) == 28 / 64


def test_a_mask_spreads_to_all_that_touch_it_and_no_further() -> None:
    mask = torch.zeros(1, 1, 6, 6, dtype=torch.bool)
    mask[..., 2, 1] = True

    whole = touches(mask, placed(2, 3, 3))
    between = touches(mask, placed(1.5, 4, 4))

    assert whole.nonzero()[:, 2:].tolist() == [[1, 0]]
    # Row 2 is in photosite 1 (1.5 to 3); column 1 is in 0 (to 1.5) and 1.
    assert between.nonzero()[:, 2:].tolist() == [[1, 0], [1, 1]]


@pytest.mark.parametrize("error", [-1e-13, 0.0, 1e-13])
@pytest.mark.parametrize("count", [3, 49, 900])
def test_round_off_spreads_no_mask(count: int, error: float) -> None:
    """A ratio that no float holds: photosite k begins at 10 k up to round-off."""
    mask = torch.zeros(1, 1, 1, 10 * count, dtype=torch.bool)
    mask[..., 10::20] = True
    mask[..., 19::20] = True

    seen = touches(mask, placed(10 + error, 1, count))

    assert seen[0, 0, 0].tolist() == [k % 2 == 1 for k in range(count)]


def test_round_off_spreads_no_mask_where_others_reach_further() -> None:
    """Photosites of 1.4: the fifth ends at 7, where the third, from 2.8 to 4.2, has 3 pixels."""
    mask = torch.zeros(1, 1, 1, 14, dtype=torch.bool)
    mask[..., 7] = True

    seen = touches(mask, placed(1.4 + 1e-12, 1, 9))

    assert seen[0, 0, 0].nonzero().flatten().tolist() == [5]


def test_magnifying_leaves_the_axis_where_it_is() -> None:
    where = place((40, 60), size=(10, 15), pitch_um=2.0)

    larger = where.magnified(1.25)

    assert larger.sample_um == pytest.approx(1.25 * where.sample_um)
    for one in (where, larger):
        down, right = one.centres_um(40, 60)
        assert float(down.mean()) == pytest.approx(0, abs=1e-12)
        assert float(right.mean()) == pytest.approx(0, abs=1e-12)
    assert where.magnified(1.0) is where


def test_mirrors_repeat_without_end() -> None:
    assert mirrored(torch.tensor([-7, -1, 0, 4, 5, 13]), 5).tolist() == [3, 0, 0, 4, 4, 3]


def test_a_gradient_comes_back_by_area() -> None:
    light = torch.zeros(1, 1, 3, 3, dtype=torch.float64, requires_grad=True)

    (gradient,) = torch.autograd.grad(integrate(light, placed(1.5, 2, 2))[0, 0, 0, 0], light)

    weights = torch.tensor([1, 0.5, 0]).double() / 1.5
    torch.testing.assert_close(gradient[0, 0], torch.outer(weights, weights))
