"""Lab gives the published colours, and a picture's difference is summed up."""

import warnings

import numpy as np
import pytest

from apps.bench.metrics.delta_e import (
    delta_e_2000,
    lab_from_linear,
    lab_from_srgb,
    linear_from_srgb,
)
from isp.core.colour_difference import ciede2000


def test_lab_equals_colour_science_in_d65() -> None:
    linear = np.random.default_rng(5).uniform(0, 1.2, (500, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        colour = pytest.importorskip("colour")
        space = colour.RGB_COLOURSPACES["ITU-R BT.709"]
        expected = colour.XYZ_to_Lab(linear @ space.matrix_RGB_to_XYZ.T, space.whitepoint)

    np.testing.assert_allclose(lab_from_linear(linear), expected, atol=1e-9)


def test_srgb_codes_are_decoded_by_the_standards_curve() -> None:
    codes = np.array([0.0, 0.04045, 0.5, 1.0])

    np.testing.assert_allclose(
        linear_from_srgb(codes), [0, 0.04045 / 12.92, 0.2140411, 1], atol=1e-7
    )
    assert lab_from_srgb(np.full(3, 0.5))[0] == pytest.approx(53.389, abs=1e-3)


def test_negative_colours_have_a_lab() -> None:
    assert np.isfinite(lab_from_linear([-0.03, 0.25, 0.39])).all()


def test_a_picture_is_summed_up_over_its_measured_pixels() -> None:
    truth = np.full((10, 10, 3), 0.2)
    picture = truth.copy()
    picture[0] = 0.25
    measured = np.ones((10, 10), dtype=bool)
    one = float(ciede2000(lab_from_linear([0.25] * 3), lab_from_linear([0.2] * 3)))

    everywhere = delta_e_2000(picture, truth)
    assert everywhere.mean == pytest.approx(one / 10)
    assert everywhere.p95 == everywhere.max == pytest.approx(one)

    measured[0] = False
    assert delta_e_2000(picture, truth, measured=measured).max == 0
