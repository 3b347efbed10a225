"""The correlation and the spectrum of dead leaves, against their definitions by other means."""

import numpy as np
import pytest
from scipy import integrate

from simulate.scenes.dead_leaves_law import leaf_spectrum, same_leaf

RADII = (1.5, 40.0)


def shared_area(distance: float, radius: float) -> float:
    """Area common to two circles of one radius (Weisstein, Circle-circle intersection)."""
    if distance >= 2 * radius:
        return 0.0
    angle = np.arccos(distance / (2 * radius))
    return float(2 * radius**2 * angle - distance / 2 * np.sqrt(4 * radius**2 - distance**2))


@pytest.mark.parametrize("distance", [0.01, 0.5, 2.9, 3.1, 10.0, 60.0, 79.0])
def test_the_correlation_is_the_share_of_leaves_over_both_places(distance: float) -> None:
    least, greatest = RADII
    low = max(least, distance / 2)
    common = integrate.quad(lambda r: r**-3 * shared_area(distance, r), low, greatest, limit=200)
    either = 2 * np.pi * np.log(greatest / least) - common[0]

    found = same_leaf(np.array([distance]), RADII)

    assert found[0] == pytest.approx(common[0] / either, rel=1e-6)


def test_places_farther_apart_than_the_largest_leaf_share_nothing() -> None:
    assert same_leaf(np.array([80.0, 80.1, 1e4]), RADII).tolist() == [0, 0, 0]
    assert same_leaf(np.array([0.0]), RADII).tolist() == [1]


def test_the_spectrum_holds_the_variance() -> None:
    radii = (2.0, 8.0)
    frequency = np.linspace(1e-4, 3, 2000)

    power = integrate.trapezoid(
        2 * np.pi * frequency * leaf_spectrum(frequency, radii, variance=0.3), frequency
    )

    # The cusp C(d) = C(0) (1 - s d) has C(0) s / (4 pi^2 f^3): above f, C(0) s / 2 pi f.
    step = 1e-4
    cusp = (1 - same_leaf(np.array([step]), radii)[0]) / step
    assert power == pytest.approx(0.3 * (1 - cusp / (2 * np.pi * 3)), rel=2e-3)


def test_the_transform_is_right_for_a_gaussian_in_place_of_the_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # exp(-d^2 / 2 s^2) has the spectrum 2 pi s^2 exp(-2 (pi s f)^2).
    width = 3.0
    monkeypatch.setattr(
        "simulate.scenes.dead_leaves_law.same_leaf", lambda d, _: np.exp(-0.5 * (d / width) ** 2)
    )
    frequency = np.array([0.01, 0.05, 0.1, 0.2])

    found = leaf_spectrum(frequency, (1.0, 40.0), variance=2.0)

    wanted = 2 * 2 * np.pi * width**2 * np.exp(-2 * (np.pi * width * frequency) ** 2)
    np.testing.assert_allclose(found, wanted, rtol=1e-4)
