"""The Siemens star's modulation is the pixel's MTF at every radius, without samples of its own."""

import numpy as np
import pytest

from isp.core.errors import UsageError
from simulate.scenes.siemens_star import siemens_star, star_of

SIZE = 300


def mean_of_places(row: int, column: int, places: int) -> float:
    """Mean of cos(144 phi) over a pixel by as many even places per side: another rule."""
    fine = (np.arange(places) + 0.5) / places
    x, y = column + fine - SIZE / 2, row + fine[:, None] - SIZE / 2
    return float(np.cos(144 * np.arctan2(y, x)).mean())


def test_pixels_are_the_mean_of_the_star_over_their_area() -> None:
    wave = siemens_star(SIZE, SIZE, cycles=144, modulation=1.0)[..., 0].astype(float) - 1
    inner = star_of(SIZE, SIZE).inner
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5 - SIZE / 2
    radius = np.hypot(x, y)
    chosen = (radius > inner + 1) & (radius < 60)
    chosen &= (radius < 10) | ((x + 2 * y + 0.5) % 4 < 1)
    rows, columns = np.nonzero(chosen)

    # Even places err by (2 pi f / places)^2 / 24 of the mean; two numbers of them tell the limit.
    for row, column in zip(rows[::9], columns[::9], strict=True):
        coarse, fine = mean_of_places(row, column, 100), mean_of_places(row, column, 200)
        assert wave[row, column] == pytest.approx(fine + (fine - coarse) / 3, abs=2e-6)


@pytest.mark.parametrize("cycles", [12, 36, 72])
def test_the_modulation_is_what_was_asked_times_the_pixels_mtf(cycles: int) -> None:
    picture = siemens_star(SIZE, SIZE, cycles=cycles, modulation=0.6, luminance=250.0)
    star = star_of(SIZE, SIZE, cycles=cycles)
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5 - SIZE / 2
    radius, turn = np.hypot(x, y), np.arctan2(y, x)
    ring = (radius > 60) & (radius < star.outer - 1)
    frequency = star.frequency(radius)
    # Locally a plane wave along the circle's tangent.
    mtf = np.sinc(frequency * np.sin(turn)) * np.sinc(frequency * np.cos(turn))
    wave = (np.cos(cycles * turn) * mtf)[ring]

    slope, mean = np.polyfit(wave, picture[..., 0].astype(float)[ring], 1)

    # Within a pixel the phase leaves the plane wave by at most N / (4 r^2) = 5e-3 rad, in the
    # mean by nothing: what remains is the square of it.
    assert mean == pytest.approx(2.5, rel=1e-3)
    assert slope / mean == pytest.approx(0.6, rel=1e-3)


def test_outside_and_in_the_very_middle_is_the_mean() -> None:
    picture = siemens_star(SIZE, SIZE, cycles=360, luminance=70.0)
    star = star_of(SIZE, SIZE, cycles=360)

    assert star.inner == pytest.approx(360 / (16 * np.pi))  # 8 cycles per pixel
    assert picture[0, 0].tolist() == pytest.approx([0.7] * 3)
    assert picture[150, 150].tolist() == pytest.approx([0.7] * 3)


def test_a_star_lies_in_the_middle_of_any_picture() -> None:
    star = star_of(200, 500, cycles=36)

    assert (star.row, star.column, star.outer) == (100.0, 250.0, 96.0)
    picture = siemens_star(200, 500, cycles=36)
    np.testing.assert_allclose(picture, picture[::-1, ::-1], atol=1e-5)


@pytest.mark.parametrize("wrong", [{"cycles": 0}, {"cycles": 721}, {"modulation": 2.0}])
def test_numbers_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        siemens_star(20, 20, **wrong)
