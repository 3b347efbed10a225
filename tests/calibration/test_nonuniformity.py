"""Fixed patterns are split into rows, columns and pixels, and noise left in the mean taken off."""

import numpy as np
import pytest

from calibration.nonuniformity import (
    MeanImage,
    dark_nonuniformity,
    missing_pattern,
    response_nonuniformity,
    spatial_variance,
)
from calibration.uncertainty import Figure
from isp.core.errors import CalibrationError

GAIN = Figure(value=0.5, low=0.5, high=0.5)


def pattern(
    seed: int = 1, *, row: float = 2.0, column: float = 3.0, pixel: float = 5.0, noise: float = 0.0
) -> np.ndarray:
    """A field of 400 x 600 with those deviations, DN."""
    draw = np.random.Generator(np.random.Philox(seed))
    field = 100 + draw.normal(0, row, (400, 1)) + draw.normal(0, column, (1, 600))
    return field + draw.normal(0, np.hypot(pixel, noise), (400, 600))


def test_the_three_parts_come_back() -> None:
    found = spatial_variance(MeanImage(image=pattern(), temporal_dn2=0.0, frames=100))

    for value, truth, error in (
        (found.row, 4.0, 4 * np.sqrt(2 / 399)),
        (found.column, 9.0, 9 * np.sqrt(2 / 599)),
        (found.pixel, 25.0, 25 * np.sqrt(2 / 240_000)),
    ):
        assert value == pytest.approx(truth, abs=4.5 * error)
    assert found.total == pytest.approx(found.row + found.column + found.pixel, rel=1e-3)


def test_what_the_noise_leaves_in_the_mean_is_taken_off() -> None:
    image = pattern(row=0, column=0, noise=20 / 4)  # 20 DN in 16 frames

    found = spatial_variance(MeanImage(image=image, temporal_dn2=400.0, frames=16))

    assert found.pixel == pytest.approx(25, abs=4.5 * 50 * np.sqrt(2 / 240_000))


def test_standard_errors_are_the_spread_over_repeats() -> None:
    names = ("total", "row", "column", "pixel")
    draw = np.random.Generator(np.random.Philox(77))
    values, errors = [], []
    for _ in range(400):
        image = (
            draw.normal(0, 2, (40, 1)) + draw.normal(0, 3, (1, 50)) + draw.normal(0, 5, (40, 50))
        )
        found = spatial_variance(MeanImage(image=image, temporal_dn2=0.0, frames=16))
        values.append([getattr(found, name) for name in names])
        errors.append([getattr(found, f"{name}_error") for name in names])

    spread, said = np.std(values, axis=0), np.sqrt(np.mean(np.square(errors), axis=0))
    # The spread of 400 repeats is itself known within 1 / sqrt(800) = 3.5 %; row and column
    # errors also count what the pixels add to the line means, on the careful side.
    np.testing.assert_allclose(said, spread, rtol=0.16)


def test_intervals_of_few_rows_hold_the_rows_in_95_of_100() -> None:
    """Normal limits held 91 % of 24 rows, and all misses were rows above the interval."""
    draw = np.random.Generator(np.random.Philox(5))
    repeats, below, above = 600, 0, 0
    for _ in range(repeats):
        image = draw.normal(0, 1, (24, 32)) + draw.normal(0, 0.5, (24, 1))
        mean = MeanImage(image=image, temporal_dn2=0.0, frames=16)
        row = dark_nonuniformity(mean, Figure(value=1.0, low=1.0, high=1.0)).row
        below, above = below + (row.low > 0.5), above + (row.high < 0.5)

    # 2.5 % on either side is 15 of 600, within four standard errors.
    error = (repeats * 0.025 * 0.975) ** 0.5
    assert below == pytest.approx(15, abs=4 * error)
    assert above == pytest.approx(15, abs=4 * error)


def test_the_limits_of_eleven_rows_are_those_of_a_chi_square() -> None:
    """Ten degrees of freedom: 20.483 and 3.247 are the table's quantiles at 97.5 and 2.5 %."""
    lines = np.random.Generator(np.random.Philox(2)).normal(0, 3, (11, 1))
    image = np.broadcast_to(lines, (11, 4000)).copy()
    variance = float(lines.var(ddof=1))

    row = dark_nonuniformity(
        MeanImage(image=image, temporal_dn2=0.0, frames=16), Figure(value=1.0, low=1.0, high=1.0)
    ).row

    assert row.low == pytest.approx((variance * 10 / 20.483) ** 0.5, rel=1e-3)
    assert row.high == pytest.approx((variance * 10 / 3.247) ** 0.5, rel=1e-3)


def test_dsnu_is_in_electrons() -> None:
    figure = dark_nonuniformity(
        MeanImage(image=pattern(row=0, column=0), temporal_dn2=0.0, frames=100), GAIN
    ).total

    assert figure.value == pytest.approx(10, abs=3 * figure.half_width)


def test_the_gains_error_widens_dsnu() -> None:
    mean = MeanImage(image=pattern(row=0, column=0), temporal_dn2=0.0, frames=100)

    wide = dark_nonuniformity(mean, Figure(value=0.5, low=0.45, high=0.55)).total

    assert wide.half_width == pytest.approx(1.0, rel=0.05)  # 10 % of 10 e-


def test_prnu_is_the_bright_patterns_part_beyond_the_dark() -> None:
    dark = MeanImage(image=pattern(1, row=0, column=0, pixel=3), temporal_dn2=0.0, frames=50)
    field = pattern(2, row=0, column=0, pixel=4) + 900 + (dark.image - 100)
    bright = MeanImage(image=field, temporal_dn2=0.0, frames=50)

    figure = response_nonuniformity(bright, dark).total

    assert figure.value == pytest.approx(100 * 4 / 900, abs=3 * figure.half_width)


def test_a_pattern_below_the_noise_gives_its_bound_and_the_reason() -> None:
    image = pattern(row=0, column=0, pixel=0, noise=1.0)

    figure = dark_nonuniformity(MeanImage(image=image, temporal_dn2=18.0, frames=16), GAIN).pixel

    assert figure.value is None
    assert figure.low == 0
    assert "below 0, so it is not seen" in figure.reason


def test_few_frames_are_named_as_the_cause() -> None:
    image = pattern(row=0, column=0, pixel=0, noise=1.0)

    figure = dark_nonuniformity(MeanImage(image=image, temporal_dn2=9.0, frames=8), GAIN).total

    assert "take more frames" in figure.reason


def test_a_flat_no_brighter_than_the_dark_is_refused() -> None:
    mean = MeanImage(image=pattern(), temporal_dn2=0.0, frames=16)

    with pytest.raises(CalibrationError, match="no brighter"):
        response_nonuniformity(mean, mean)


def test_a_line_has_no_pattern() -> None:
    with pytest.raises(CalibrationError, match="3 x 3"):
        spatial_variance(MeanImage(image=np.zeros((2, 9)), temporal_dn2=0.0, frames=16))


def test_a_missing_stack_gives_no_figure() -> None:
    assert missing_pattern("no darks").row.reason == "no darks"
