"""Patterns of mean images: each site about its own mean, defects found through shade."""

import numpy as np
import pytest

from calibration.moments import Moments, gather
from calibration.patterns import find_patterns
from calibration.uncertainty import Figure

GAIN = Figure(value=0.5, low=0.5, high=0.5)


def stack(level: float, *, shade: float = 0.0, seed: int = 1, size: int = 96) -> Moments:
    """16 frames of an RGGB sensor: sites a DN apart, noise of 2 DN, DSNU 1 DN, PRNU 1 %."""
    draw = np.random.Generator(np.random.Philox(5))
    site = np.tile(np.array([[0.0, 10.0], [10.0, 30.0]]), (size // 2, size // 2))
    dark = 64 + site + draw.normal(0, 1, (size, size))
    response = 1 + draw.normal(0, 0.01, (size, size))
    dark[8, 9] += 200
    response[30, 31] = 0.2
    response = response * (1 - shade * np.linspace(-1, 1, size)[:, None] ** 2)
    noise = np.random.Generator(np.random.Philox(seed))
    frames = [
        np.rint(dark + level * response + noise.normal(0, 2, (size, size))) for _ in range(16)
    ]
    return gather(frames, period=(2, 2))


def test_sites_are_taken_about_their_own_mean() -> None:
    found = find_patterns(stack(0), stack(1000, seed=2), GAIN)

    # 1 DN is 2 e-; the mean of 16 frames keeps a quarter of 2 DN, and 1/12 DN^2 of rounding.
    expected = 2 * (1 + (4 + 1 / 12) / 16) ** 0.5
    assert found.dark.histogram.robust_deviation == pytest.approx(expected, rel=0.05)
    assert found.dark.rows.nonwhiteness == pytest.approx(1, abs=0.1)
    assert found.dark.floor == pytest.approx((4 + 1 / 12) / 16 * 4, rel=0.05)
    assert found.response is not None
    spread = (1 + (100 / 1000) ** 2 * (4 + 1 / 12) / 16 * 2) ** 0.5
    assert found.response.histogram.robust_deviation == pytest.approx(spread, rel=0.05)


def test_defects_are_found_through_a_shaded_flat() -> None:
    found = find_patterns(stack(0), stack(1000, shade=0.3, seed=2), GAIN)

    assert found.defects is not None
    assert [(f.row, f.column, f.kind) for f in found.defects.flaws] == [
        (8, 9, "hot"), (30, 31, "weak"),
    ]  # fmt: skip
    assert found.defects.flaws[0].departure == pytest.approx(400, rel=0.02)  # 200 DN


def test_without_flats_there_is_no_response() -> None:
    found = find_patterns(stack(0), None, GAIN)

    assert found.response is None
    assert [f.kind for f in found.defects.flaws] == ["hot"]


def test_a_small_sensor_says_why_it_has_no_shading() -> None:
    found = find_patterns(stack(0, size=40), None, GAIN)

    assert found.shading is None
    assert "48 x 48" in found.reasons[0]
