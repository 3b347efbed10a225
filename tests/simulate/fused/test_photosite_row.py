"""Each compiled step of a row does what its effect says."""

import numpy as np
import pytest

from simulate.fused.maps import GAUSSIAN, LOGISTIC, TUKEY
from simulate.fused.photosite_row import convert_row, noise_row, rate_row

NONE = np.empty(0, np.float32)
MEDIAN = np.array([2**31 - 1, 2**31], np.uint32)  # half a word below and above the median


def f32(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@pytest.mark.parametrize(
    ("gain", "dark_map", "time", "dark", "expected"),
    [
        (NONE, NONE, 0.0, 0.0, [10.0, 20.0]),
        (f32(0.5, 2.0), NONE, 0.0, 0.0, [5.0, 40.0]),
        (NONE, NONE, 0.0, 1.5, [11.5, 21.5]),
        (NONE, f32(3.0, 4.0), 0.5, 99.0, [11.5, 22.0]),  # the map takes the place of the mean
        (f32(0.0, 1.0), f32(3.0, 4.0), 2.0, 0.0, [6.0, 28.0]),
    ],
)
def test_the_rate_is_light_times_gain_plus_dark(gain, dark_map, time, dark, expected) -> None:
    rate = np.empty(2, np.float32)

    sound = rate_row(f32(10, 20), gain, dark_map, time, dark, np.float32(1e6), 2, rate)

    assert sound
    assert rate.tolist() == expected


def test_a_rate_is_lowered_to_the_cap_and_a_strange_one_is_told() -> None:
    rate = np.empty(2, np.float32)

    assert rate_row(f32(1e9, np.inf), NONE, NONE, 0.0, 0.0, np.float32(50), 2, rate)
    assert rate.tolist() == [50.0, 50.0]
    for strange in (-1e-3, np.nan):
        assert not rate_row(f32(1, strange), NONE, NONE, 0.0, 0.0, np.float32(50), 2, rate)


@pytest.mark.parametrize("law", [GAUSSIAN, LOGISTIC, TUKEY])
def test_the_median_word_leaves_the_noise_of_the_lines(law: int) -> None:
    noise = np.empty(2, np.float32)

    noise_row(MEDIAN, law, np.float32(3), np.float32(0.1), np.float32(2), f32(10, 20), 2, noise)

    np.testing.assert_allclose(noise, [12, 22], atol=1e-5)


def converted(counts, **changes):
    n = len(counts)
    arguments = {
        "well": np.float32(1000), "offset": NONE, "noise": np.zeros(n, np.float32),
        "column_gain": np.ones(n, np.float32), "noise_is_gained": True, "gain": 0.5,
        "black": np.full(n, 64, np.float32), "top": 1023.0, "limit": np.float32(500),
    } | changes  # fmt: skip
    dn, measured, clipped = np.empty(n, np.float32), np.empty(n, bool), np.empty(n, bool)
    convert_row(np.array(counts, np.float32), *arguments.values(), n, dn, measured, clipped)
    return dn.tolist(), measured.tolist(), clipped.tolist()


def test_dn_is_black_and_gain_rounded_half_to_even_and_clipped() -> None:
    dn, _, _ = converted([0, 1, 3, 100], black=f32(64, 64, 64, -200))

    assert dn == [64, 64, 66, 0]
    assert converted([1e6], well=np.float32(1e7))[0] == [1023]


def test_the_well_the_limit_and_the_floor_are_clipped_and_the_rest_measured() -> None:
    dn, measured, clipped = converted([100, 871, 872, 999, 1000], limit=np.float32(500))

    assert dn == [114, 500, 500, 564, 564]  # 499.5 rounds to even
    assert measured == [True, False, False, False, False]
    assert clipped == [False, True, True, True, True]
    assert converted([0], black=f32(0))[1:] == ([False], [True])
    assert converted([1000], limit=np.float32(9999))[1:] == ([False], [True])


def test_the_column_s_gain_acts_on_the_noise_only_in_emva_s_order() -> None:
    parts = {"noise": f32(10), "column_gain": f32(2), "gain": 1.0, "offset": f32(5)}

    assert converted([100], noise_is_gained=True, **parts)[0] == [64 + 2 * 115]
    assert converted([100], noise_is_gained=False, **parts)[0] == [64 + 2 * 105 + 10]
