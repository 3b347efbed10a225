"""The measurements of merging measure what they say."""

import math

import pytest

from apps.merge_measures import (
    clean,
    false_rejections,
    flat_field,
    limit_e,
    lying_shutter,
    moving_square,
)
from isp.files.profile import load_profile

CCD = clean(load_profile("EMVA-CCD"))


def test_a_flat_field_reaches_its_bound_and_its_light() -> None:
    level = flat_field(CCD, 500.0, (-2, 0), 200, 1)

    assert abs(level.loss_db) < 0.2
    # Information 1 / V of the long and a^2 / V of the short exposure, a = 1 / 4.
    ratio = 1 + 16 * (125 + 10.9244**2) / (500 + 10.9244**2)
    assert level.left_out_db == pytest.approx(10 * math.log10(ratio), abs=0.1)
    assert abs(level.bias_errors) < 5
    # The two ways of saying the bias are one: sigma / sqrt(n) is sqrt(500 + 119 + 1) / 200.
    per_error = level.bias_percent / level.bias_errors
    assert per_error == pytest.approx(100 * math.sqrt(500 + 10.9244**2) / 200 / 500, rel=0.15)
    assert level.said_over_real == pytest.approx(1, abs=0.05)


def test_the_limit_is_below_the_well() -> None:
    assert 0.99 * 14_008 < limit_e(CCD) < 14_008


def test_a_clean_camera_has_no_fixed_patterns() -> None:
    assert (CCD.prnu_percent, CCD.dsnu_e, CCD.dark_current_e_per_s) == (0, 0, 0)


def test_false_rejections_are_a_share() -> None:
    assert 0 <= false_rejections(CCD, 1000.0, (-2, 0, 2), 100, 1, 1e-2) < 0.03


def test_a_lying_shutter_is_measured_better_than_noted() -> None:
    found = lying_shutter(CCD, 10, (-4, -2, 0), 150, 2)

    assert found.measured_percent < 0.5
    assert found.metadata_percent > 10 * found.measured_percent


def test_a_square_that_moves_is_found_by_its_contrast() -> None:
    faint, clear = (moving_square(CCD, contrast, (-2, 0, 2), 120, 1) for contrast in (0.2, 8))

    assert faint.found_percent < 50
    assert clear.found_percent > 99
    assert clear.error < 1.05 < clear.ghosted_error
    assert clear.lost_percent < 1
