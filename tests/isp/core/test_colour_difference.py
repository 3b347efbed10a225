"""CIEDE2000 gives the published differences."""

import warnings

import numpy as np
import pytest

from isp.core.colour_difference import ciede2000, cielab

# L1 a1 b1 L2 a2 b2 dE00: Sharma, Wu, Dalal 2005, table 1.
SHARMA = np.array(
    (
        (50.0, 2.6772, -79.7751, 50.0, 0.0, -82.7485, 2.0425),
        (50.0, 3.1571, -77.2803, 50.0, 0.0, -82.7485, 2.8615),
        (50.0, 2.8361, -74.02, 50.0, 0.0, -82.7485, 3.4412),
        (50.0, -1.3802, -84.2814, 50.0, 0.0, -82.7485, 1.0),
        (50.0, -1.1848, -84.8006, 50.0, 0.0, -82.7485, 1.0),
        (50.0, -0.9009, -85.5211, 50.0, 0.0, -82.7485, 1.0),
        (50.0, 0.0, 0.0, 50.0, -1.0, 2.0, 2.3669),
        (50.0, -1.0, 2.0, 50.0, 0.0, 0.0, 2.3669),
        (50.0, 2.49, -0.001, 50.0, -2.49, 0.0009, 7.1792),
        (50.0, 2.49, -0.001, 50.0, -2.49, 0.001, 7.1792),
        (50.0, 2.49, -0.001, 50.0, -2.49, 0.0011, 7.2195),
        (50.0, 2.49, -0.001, 50.0, -2.49, 0.0012, 7.2195),
        (50.0, -0.001, 2.49, 50.0, 0.0009, -2.49, 4.8045),
        (50.0, -0.001, 2.49, 50.0, 0.001, -2.49, 4.8045),
        (50.0, -0.001, 2.49, 50.0, 0.0011, -2.49, 4.7461),
        (50.0, 2.5, 0.0, 50.0, 0.0, -2.5, 4.3065),
        (50.0, 2.5, 0.0, 73.0, 25.0, -18.0, 27.1492),
        (50.0, 2.5, 0.0, 61.0, -5.0, 29.0, 22.8977),
        (50.0, 2.5, 0.0, 56.0, -27.0, -3.0, 31.903),
        (50.0, 2.5, 0.0, 58.0, 24.0, 15.0, 19.4535),
        (50.0, 2.5, 0.0, 50.0, 3.1736, 0.5854, 1.0),
        (50.0, 2.5, 0.0, 50.0, 3.2972, 0.0, 1.0),
        (50.0, 2.5, 0.0, 50.0, 1.8634, 0.5757, 1.0),
        (50.0, 2.5, 0.0, 50.0, 3.2592, 0.335, 1.0),
        (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
        (63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.263),
        (61.2901, 3.7196, -5.3901, 61.4292, 2.248, -4.962, 1.8731),
        (35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645),
        (22.7233, 20.0904, -46.694, 23.0331, 14.973, -42.5619, 2.0373),
        (36.4612, 47.858, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146),
        (90.8027, -2.0831, 1.441, 91.1528, -1.6435, 0.0447, 1.4441),
        (90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381),
        (6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377),
        (2.0776, 0.0795, -1.135, 0.9033, -0.0636, -0.5514, 0.9082),
    )
)


def some_colours(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform([0, -90, -90], [100, 90, 90], (4000, 3))


@pytest.mark.parametrize("pair", range(34))
def test_sharmas_pairs_differ_as_published(pair: int) -> None:
    row = SHARMA[pair]

    assert ciede2000(row[:3], row[3:6]) == pytest.approx(row[6], abs=5e-5)


def test_a_difference_is_the_same_both_ways() -> None:
    one, other = some_colours(1), some_colours(2)

    np.testing.assert_allclose(ciede2000(one, other), ciede2000(other, one), rtol=1e-9)


def test_it_equals_colour_science() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        colour = pytest.importorskip("colour")
        one, other = some_colours(3), some_colours(4)
        expected = colour.delta_E(one, other, method="CIE 2000")

    np.testing.assert_allclose(ciede2000(one, other), expected, atol=1e-9)


def test_the_white_itself_is_100_and_an_eighth_of_it_half_way_to_minus_16() -> None:
    white = np.array([0.9642, 1.0, 0.8249])

    # The cube root of 1/8 is 1/2: L* = 116 / 2 - 16 = 42.
    np.testing.assert_allclose(cielab(white / 8, white), [42, 0, 0], atol=1e-12)
    assert cielab(white, white).tolist() == [100.0, 0.0, 0.0]
    # Of Y alone: a* = 500 (1 - 1/2), b* = 200 (1/2 - 1).
    np.testing.assert_allclose(cielab(white * [1, 1 / 8, 1], white), [42, 250, -100], atol=1e-12)
