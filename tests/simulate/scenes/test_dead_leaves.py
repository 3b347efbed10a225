"""Dead leaves are the same for a seed, cover the picture, and have the statistics of their law."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from isp.core.errors import DrawError, UsageError
from isp.core.rng import Draws, Effect
from simulate.scenes.dead_leaves import (
    ROWS_OF_A_BLOCK,
    STREAM,
    _leaves,
    dead_leaves,
    power_law_radius,
    radius_range,
)
from simulate.scenes.dead_leaves_law import leaf_spectrum, same_leaf
from tests.statistics import bonferroni

RADII = (2.0, 16.0)
MEAN, VARIANCE = 0.5, 0.9**2 / 12  # of a value uniform between 0.05 and 0.95
PICTURES = 32
SIZE = 96
LAGS = ((0, 0), (0, 1), (2, 0), (3, 4), (0, 9), (14, 0), (0, 40))


@pytest.fixture(scope="module")
def pictures() -> NDArray[np.float64]:
    """Independent pictures (k, h, w), as parts of a perfect diffuser."""
    made = [
        dead_leaves(SIZE, SIZE, seed=seed, min_radius=RADII[0], max_radius=RADII[1])[..., 0]
        for seed in range(PICTURES)
    ]
    return np.stack(made).astype(float)


def assert_mean(values: NDArray[np.float64], wanted: float, tests: int) -> None:
    """Student's t of independent values, at a family-wise error of 1e-3."""
    p = stats.ttest_1samp(values, wanted).pvalue
    assert p > bonferroni(tests), f"{values.mean()} is not {wanted} (p = {p})"


def test_a_seed_is_a_picture() -> None:
    first = dead_leaves(40, 60, seed=3)

    assert (first == dead_leaves(40, 60, seed=3)).all()
    assert not (first == dead_leaves(40, 60, seed=4)).all()


def test_leaves_cover_everything() -> None:
    flat = dead_leaves(50, 70, darkest=0.3, lightest=0.3, luminance=200.0)

    np.testing.assert_allclose(flat, 0.6, rtol=1e-6)


def test_a_grey_leaf_is_neutral_and_a_coloured_one_is_not() -> None:
    grey, coloured = dead_leaves(40, 40), dead_leaves(40, 40, colour=True)

    assert np.ptp(grey, axis=2).max() == 0
    assert np.ptp(coloured, axis=2).mean() > 0.2
    # The grey share is the red one: the leaves lie where they lay.
    assert (grey[..., 0] == coloured[..., 0]).all()


def test_values_stay_between_the_darkest_and_the_lightest() -> None:
    picture = dead_leaves(60, 60, darkest=0.2, lightest=0.7, luminance=100.0)

    assert picture.min() >= np.float32(0.2)
    assert picture.max() <= np.float32(0.7)


def test_mean_and_variance_of_a_place_are_those_of_one_leaf(
    pictures: NDArray[np.float64],
) -> None:
    assert_mean(pictures.mean(axis=(1, 2)), MEAN, 1)


@pytest.mark.parametrize("lag", LAGS)
def test_the_covariance_is_the_chance_of_lying_on_one_leaf(
    lag: tuple[int, int], pictures: NDArray[np.float64]
) -> None:
    down, right = lag
    apart = pictures - MEAN
    products = apart[:, down:, right:] * apart[:, : SIZE - down, : SIZE - right]

    # A pixel is the mean of its 8 x 8 places, and so the covariance is one over pairs of them.
    places = (np.stack(np.meshgrid(np.arange(8), np.arange(8)), -1).reshape(-1, 2) + 0.5) / 8
    apart_by = places[:, None] - places[None] + np.array([right, down])
    distance = np.hypot(apart_by[..., 0], apart_by[..., 1]).ravel()
    wanted = VARIANCE * float(same_leaf(distance, RADII).mean())
    assert_mean(products.mean(axis=(1, 2)), wanted, len(LAGS))


def test_the_field_is_as_rich_at_the_border_as_in_the_middle(
    pictures: NDArray[np.float64],
) -> None:
    square = (pictures - MEAN) ** 2
    border = (square[:, 0].mean(1) + square[:, -1].mean(1) + square[:, :, 0].mean(1)) / 3

    assert_mean(border - square[:, 32:64, 32:64].mean(axis=(1, 2)), 0.0, 1)


def test_the_spectrum_falls_about_as_the_square_of_the_frequency() -> None:
    # r^-3 leaves look alike at every scale, which makes a power of -2, but for the logarithm that
    # the two limits leave behind and for the pixel: the law itself gives -1.75 between 1/64 and
    # 1/8 cycles per pixel for radii of 1..64 pixels. Each band's power must be the law's.
    radii, size = (1.0, 64.0), 256
    window = np.outer(np.hanning(size), np.hanning(size))
    fy, fx = np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None]
    frequency = np.hypot(fy, fx)
    bands = np.geomspace(1 / 64, 1 / 8, 7)
    members = [(frequency >= a) & (frequency < b) for a, b in itertools.pairwise(bands)]
    known = np.geomspace(1 / 100, 1 / 5, 100)
    pixel = (np.sinc(fx) * np.sinc(fy)) ** 2
    law = pixel * np.interp(frequency, known, leaf_spectrum(known, radii, VARIANCE))
    wanted = np.array([law[m].mean() for m in members])

    powers = []
    for seed in range(24):
        picture = dead_leaves(size, size, seed=seed, min_radius=1.0, max_radius=64.0)
        apart = (picture[..., 0].astype(float) - MEAN) * window
        power = np.abs(np.fft.fft2(apart)) ** 2 / (window**2).sum()
        powers.append([power[m].mean() for m in members])

    for found, expected in zip(np.array(powers).T, wanted, strict=True):
        assert_mean(found, float(expected), len(wanted))
    middle = np.log(bands[1:] * bands[:-1]) / 2
    slope = np.polyfit(middle, np.log(np.mean(powers, axis=0)), 1)[0]
    # The mean of 24 pictures knows a band's power to 3..10 %, and so the slope to 0.05; five of it.
    assert np.polyfit(middle, np.log(wanted), 1)[0] == pytest.approx(-1.75, abs=0.05)
    assert slope == pytest.approx(-1.75, abs=0.25)


def test_radii_follow_the_inverse_cube() -> None:
    shares = (np.arange(100_000) + 0.5) / 100_000
    radii = power_law_radius(shares, (1.0, 50.0))

    # P(r > x) = (x^-2 - 50^-2) / (1 - 50^-2).
    for x in (1.1, 2.0, 7.0, 30.0):
        assert (radii > x).mean() == pytest.approx((x**-2 - 50**-2) / (1 - 50**-2), abs=1e-5)
    assert radii.min() >= 1
    assert radii.max() <= 50


def test_leaf_k_has_its_own_address() -> None:
    leaves = _leaves(10, 10, 7, RADII, colour=False)
    across = np.concatenate([next(leaves)[0] for _ in range(5)])

    # The last one drawn lies in the second draw block.
    k = ROWS_OF_A_BLOCK + 5
    draws = Draws(seed=7, effect=Effect.SCENE, sensor=STREAM, origin=(5, 0))
    word = int(draws.words(1, 1, block=1)[0, 0, 0, 0])
    assert across[k] == pytest.approx((word + 0.5) * 2**-32 * (10 + 32) - 16)


def test_the_largest_leaf_is_a_quarter_of_the_picture_unless_said() -> None:
    assert radius_range(80, 200) == (1.0, 20.0)
    assert radius_range(80, 200, 3.0, 9.0) == (3.0, 9.0)
    assert radius_range(2, 2) == (1.0, 2.0)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [({"min_radius": 0.1}, UsageError), ({"min_radius": 5.0, "max_radius": 4.0}, UsageError),
     ({"min_radius": 5.0, "max_radius": 5.0}, UsageError), ({"darkest": -0.1}, UsageError),
     ({"darkest": 0.5, "lightest": 0.4}, UsageError), ({"luminance": -1.0}, UsageError),
     ({"seed": -1}, DrawError)],
)  # fmt: skip
def test_numbers_out_of_range_are_refused(wrong: dict[str, float], error: type[Exception]) -> None:
    with pytest.raises(error):
        dead_leaves(20, 20, **wrong)
