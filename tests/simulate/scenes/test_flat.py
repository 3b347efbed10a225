"""A flat field has its luminance, its chromaticity and its shading; the dark has no light."""

import numpy as np
import pytest

from isp.core.colour import PRIMARIES, rgb_to_xyz, xyz_to_xy
from isp.core.errors import UsageError
from simulate.scenes.flat import dark, flat


def test_an_even_field_is_its_luminance_everywhere() -> None:
    assert (flat(5, 7, luminance=37.0) == np.float32(0.37)).all()


@pytest.mark.parametrize("xy", [(0.44758, 0.40745), (0.3127, 0.329), (0.25, 0.28)])
def test_a_coloured_field_has_its_chromaticity_and_luminance(xy: tuple[float, float]) -> None:
    pixel = flat(2, 2, luminance=80.0, x=xy[0], y=xy[1])[0, 0].astype(float)

    xyz = rgb_to_xyz(PRIMARIES["bt709"]) @ pixel
    assert xyz[1] == pytest.approx(0.8, rel=1e-6)
    assert xyz_to_xy(xyz) == pytest.approx(xy, abs=1e-6)


def test_a_gradient_reaches_its_part_at_the_borders() -> None:
    row = flat(3, 100, gradient=0.2)[1, :, 0].astype(float)

    # The border lies half a pixel beyond the last pixel's centre, half a step of 0.4 / 100.
    assert row[-1] == pytest.approx(1.2 - 0.002)
    assert row[0] == pytest.approx(0.8 + 0.002)
    np.testing.assert_allclose(np.diff(row), 0.004, atol=1e-6)


def test_a_gradient_turns_with_its_direction() -> None:
    down = flat(40, 40, gradient=0.5, direction=90.0)[..., 0]

    np.testing.assert_allclose(down, flat(40, 40, gradient=0.5)[..., 0].T, atol=1e-6)
    aslant = flat(30, 60, gradient=1.0, direction=45.0)[..., 0]
    assert aslant.max() == aslant[-1, -1]
    assert 1.9 < aslant[-1, -1] < 2


def test_the_falloff_is_the_mean_of_the_square_over_each_pixel() -> None:
    # In a 2 x 2 picture the mean of (x^2 + y^2) / 2 over a pixel is (1/3 + 1/3) / 2.
    np.testing.assert_allclose(flat(2, 2, falloff=0.6), 1 - 0.6 / 3, atol=1e-7)
    wide = flat(300, 400, falloff=0.5)[..., 0]
    assert wide[150, 200] == pytest.approx(1, abs=1e-4)
    assert wide[0, 0] == pytest.approx(0.5, abs=5e-3)
    assert wide[0, 200] == pytest.approx(1 - 0.5 * 150**2 / 250**2, abs=5e-3)


def test_the_dark_is_dark() -> None:
    assert dark(3, 4).shape == (3, 4, 3)
    assert not dark(3, 4).any()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"luminance": -1.0}, "luminance"), ({"gradient": 1.5}, "gradient"), ({"falloff": 2.0}, "fal"),
     ({"x": 0.3}, "only one"), ({"x": 0.3, "y": 0.0}, "y is within")],
)  # fmt: skip
def test_numbers_out_of_range_are_refused(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        flat(4, 4, **wrong)
