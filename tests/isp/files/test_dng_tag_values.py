"""Tag values follow from the profile and the shot by hand-checked numbers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isp.core.cfa import Cfa
from isp.core.shot import Shot
from isp.files.dng_tag_values import (
    black_tags,
    colour_tags,
    exif_entries,
    exif_time,
    pattern_tags,
    rational,
    table_tags,
)
from tests.isp.files.samples import XYZ_TO_CAMERA_A, XYZ_TO_CAMERA_D65, camera


def by_code(tags: list) -> dict:
    return {tag[0]: tag[3] for tag in tags}


def test_whole_black_levels_are_integers_per_site() -> None:
    tags = by_code(black_tags(camera(black=(60.0, 64.0, 66.0, 70.0))))

    assert tags == {50713: (2, 2), 50714: (60, 64, 66, 70)}


def test_fractional_black_levels_are_256ths() -> None:
    tags = by_code(black_tags(camera(black=(60.25, 64.0, 64.3, 70.0))))

    assert tags[50714] == (15424, 256, 16384, 256, 16461, 256, 17920, 256)


def test_equal_levels_of_x_trans_are_one() -> None:
    assert by_code(black_tags(camera(Cfa.XTRANS))) == {50713: (1, 1), 50714: (60,)}


def test_a_table_is_shorts_and_none_without_it() -> None:
    assert table_tags(camera()) == []
    profile = replace(camera(), linearization_table_dn=(0, 7, 4095))
    assert table_tags(profile) == [(50712, 3, 3, (0, 7, 4095), True)]


def test_the_matrix_of_the_warmer_light_comes_first() -> None:
    tags = by_code(colour_tags(Shot(), camera()))

    assert (tags[50778], tags[50779]) == (17, 21)
    for code, matrix in ((50721, XYZ_TO_CAMERA_A), (50722, XYZ_TO_CAMERA_D65)):
        pairs = np.reshape(tags[code], (9, 2))
        assert (pairs[:, 0] / pairs[:, 1]).tolist() == pytest.approx(np.ravel(matrix).tolist())
    assert 50728 not in tags  # no white balance, no neutral


def test_forward_matrices_are_written_where_both_lights_have_them() -> None:
    forward = ((0.6, 0.25, 0.1142), (0.25, 0.9, -0.15), (0.02, -0.1, 0.9049))
    entries = [replace(m, forward=forward) for m in camera().colour_matrices]

    both = by_code(colour_tags(Shot(), replace(camera(), colour_matrices=tuple(entries))))
    one = replace(camera(), colour_matrices=(entries[0], replace(entries[1], forward=None)))

    for code in (50964, 50965):
        pairs = np.reshape(both[code], (9, 2))
        assert (pairs[:, 0] / pairs[:, 1]).tolist() == pytest.approx(np.ravel(forward).tolist())
    assert not {50964, 50965} & set(by_code(colour_tags(Shot(), one)))


def test_the_neutral_is_the_reciprocal_of_the_gains_with_largest_1() -> None:
    tags = by_code(colour_tags(Shot.single(white_balance=(0.5, 1.0, 1.25)), camera()))

    neutral = [n / d for n, d in np.reshape(tags[50728], (3, 2))]
    assert neutral == pytest.approx([1.0, 0.5, 0.4], abs=1e-9)


def test_a_monochrome_sensor_has_no_pattern_and_no_colour() -> None:
    shot = Shot.single(white_balance=(2.0, 1.0, 1.5))
    mono = replace(camera(Cfa.MONO), colour_matrices=())

    assert pattern_tags(Cfa.MONO) == []
    assert colour_tags(shot, mono) == []


def test_an_iso_that_exif_cannot_hold_goes_where_exif_2_3_says() -> None:
    entries = {e.tag: list(e.values) for e in exif_entries(Shot.single(iso=102_400.0))}

    assert entries[34855] == [65535]
    assert (entries[34864], entries[34866]) == ([2], [102_400])


def test_nothing_known_gives_no_exif() -> None:
    assert exif_entries(Shot()) == []


@given(value=st.floats(1e-5, 1e5))
def test_a_rational_is_within_a_part_in_a_million(value: float) -> None:
    numerator, denominator = rational(value)

    assert abs(numerator / denominator - value) <= 1e-6 * value
    assert max(numerator, denominator) < 2**32


def test_a_time_of_no_known_form_is_left_out() -> None:
    assert exif_time("yesterday") is None
    assert exif_time("2024:05:06 07:08:09") == "2024:05:06 07:08:09"
