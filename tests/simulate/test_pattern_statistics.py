"""Fixed patterns, dark current, hot and dead photosites, measured as a laboratory does."""

import math

import pytest
from torch import Tensor

from simulate.sensor import Sensor
from tests.simulate.lab_camera import (
    BLACK,
    GAIN,
    QUANTISATION_E2,
    camera,
    electrons,
    emva_spatial_variance,
    light,
)
from tests.statistics import (
    NOISE_LIMIT,
    Components,
    deviation,
    normal_variance_error,
    share_error,
    variance_components,
)

# --- fixed patterns --------------------------------------------------------------------------

ROWS, COLUMNS, FRAMES = 400, 600, 16
HALF_FULL_E = 10_000.0


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_dsnu_as_emva_measures_it_is_the_profile_s(share: float) -> None:
    """Dark frames; the mean of 16 less a sixteenth of the temporal variance; within 2 %."""
    profile = camera({"read_noise_e": 3.0}, dsnu_e=2.0, dsnu_column_share=share)
    stack = electrons(profile, light(0.0, ROWS, COLUMNS, FRAMES), seed=36)

    variance, left = emva_spatial_variance(stack)

    column, pixel = share * 4, (1 - share) * 4 + left
    n = ROWS * COLUMNS
    error = math.sqrt(2 * column**2 / COLUMNS + 2 * pixel**2 / n + 4 * column * pixel / n)
    assert abs(deviation(variance, 4.0, error)) < NOISE_LIMIT
    assert math.sqrt(variance) == pytest.approx(2.0, rel=0.02)
    found = variance_components(stack.mean(0))
    truth = Components(row=0.0, column=column, pixel=pixel)
    assert float(found.deviations(truth, ROWS, COLUMNS).abs().max()) < NOISE_LIMIT


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_prnu_as_emva_measures_it_is_the_profile_s(share: float) -> None:
    """sqrt(s^2 at half saturation - s^2 dark) over the difference of the means; within 2 %."""
    profile = camera({"read_noise_e": 3.0}, dsnu_e=2.0, prnu_percent=1.0, prnu_column_share=share)
    dark, lit = (
        electrons(profile, light(rate, ROWS, COLUMNS, FRAMES), seed=37)
        for rate in (0.0, HALF_FULL_E)
    )

    (spatial_dark, _), (spatial_lit, left) = map(emva_spatial_variance, (dark, lit))
    signal = float(lit.mean() - dark.mean())
    prnu = math.sqrt(spatial_lit - spatial_dark) / signal

    fixed = 1e-4 * HALF_FULL_E**2
    column, pixel = share * fixed, (1 - share) * fixed + 4 + left
    n = ROWS * COLUMNS
    error = math.sqrt(2 * column**2 / COLUMNS + 2 * pixel**2 / n + 4 * column * pixel / n)
    # The mean of the field itself is off by what its columns and photosites leave.
    of_mean = 2 * fixed * math.sqrt(column / COLUMNS + pixel / n) / HALF_FULL_E
    error = math.hypot(error, of_mean) / HALF_FULL_E**2
    assert abs(deviation(prnu**2, 1e-4, error)) < NOISE_LIMIT
    assert prnu == pytest.approx(0.01, rel=0.02)
    found = variance_components(lit.mean(0))
    truth = Components(row=0.0, column=column, pixel=pixel)
    assert float(found.deviations(truth, ROWS, COLUMNS).abs().max()) < NOISE_LIMIT


def test_rows_and_columns_of_the_body_keep_their_offsets() -> None:
    """Row and column offsets of 1.5 and 2 e- stay in the mean of the frames."""
    profile = camera({"read_noise_e": 3.0}, row_fpn_e=1.5, column_fpn_e=2.0)
    stack = electrons(profile, light(0.0, ROWS, COLUMNS, 8), seed=38)
    truth = Components(row=2.25, column=4.0, pixel=(9 + QUANTISATION_E2) / 8)

    deviations = variance_components(stack.mean(0)).deviations(truth, ROWS, COLUMNS)

    assert float(deviations.abs().max()) < NOISE_LIMIT
    moving = variance_components(stack[0] - stack[1])
    still = Components(row=0.0, column=0.0, pixel=2 * (9 + QUANTISATION_E2))
    assert float(moving.deviations(still, ROWS, COLUMNS).abs().max()) < NOISE_LIMIT


@pytest.mark.parametrize("order", ["emva", "eld"])
def test_amplifiers_of_the_columns_act_on_the_signal(order: str) -> None:
    """At 10 000 e- a spread of 0.5 % is 50 e- between columns; in the dark it is none."""
    profile = camera({"read_noise_e": 3.0}, column_gain_percent=0.5, read_out_order=order)
    lit = electrons(profile, light(HALF_FULL_E, 300, COLUMNS, 4), seed=39).mean(0)
    dark = electrons(profile, light(0.0, 300, COLUMNS, 4), seed=39).mean(0)

    pixel = (HALF_FULL_E * (1 + 25e-6) + 9 + QUANTISATION_E2) / 4
    truth = Components(row=0.0, column=2500.0, pixel=pixel)
    deviations = variance_components(lit).deviations(truth, 300, COLUMNS)
    assert float(deviations.abs().max()) < NOISE_LIMIT
    truth = Components(row=0.0, column=0.0, pixel=(9 + QUANTISATION_E2) / 4)
    deviations = variance_components(dark).deviations(truth, 300, COLUMNS)
    assert float(deviations.abs().max()) < NOISE_LIMIT


def test_the_two_read_out_orders_differ_by_the_amplifier_s_part_of_the_temporal_noise() -> None:
    """EMVA's noise passes the amplifier, ELD's is added behind it: (g - 1) x noise, and no more."""
    noise = {"read_noise_e": 40.0, "row_noise_e": 30.0, "column_noise_e": 20.0,
             "banding_amplitude_e": 25.0}  # fmt: skip
    profile = camera(noise, column_gain_percent=8.0, dsnu_e=5.0, column_fpn_e=3.0)
    collected = Sensor(profile).collect(light(500.0, 60, 80), seed=40)

    def level(order: str, **changes: object) -> Tensor:
        sensor = Sensor(profile.with_fields(read_out_order=order, **changes))
        return (sensor.read_out(collected, 40).data.double() - BLACK) / GAIN

    gain = Sensor(profile).pattern(2, (0, 0), (60, 80), collected.data.device).column_gain.double()
    silent = level("emva", readings=camera().readings)
    behind = level("eld") - silent  # the noise itself: both carry the same signal
    # Each level is rounded to half an electron: within a quarter each, times the amplifier's gain.
    assert float((level("eld", readings=camera().readings) - silent).abs().max()) == 0
    assert float((level("emva") - silent - gain * behind).abs().max()) <= 1.2
    assert float((level("emva") - level("eld")).abs().max()) > 20


# --- dark current, hot and dead photosites ---------------------------------------------------


def test_dark_current_differs_between_photosites_and_is_shot_noise_in_each() -> None:
    """50 e-/s for 2 s, spread by 30 %: variance 100 in time, 30^2 between photosites."""
    profile = camera(dark_current_e_per_s=50.0, dark_current_nonuniformity=0.3)
    stack = electrons(profile, light(0.0, ROWS, COLUMNS, 8, seconds=2.0), seed=41)
    n = ROWS * COLUMNS

    spatial, left = emva_spatial_variance(stack)

    assert abs(deviation(stack.mean(), 100.0, math.sqrt((900 + left) / n))) < NOISE_LIMIT
    error = normal_variance_error(math.sqrt(900 + left), n)
    # No current is below 0: at -3.3 deviations that takes 0.7 e-^2 from the variance.
    assert abs(deviation(spatial, 899.3, error)) < NOISE_LIMIT
    # Whole electrons are whole DN here, so nothing is quantised. A sample variance of 8 counts
    # has lambda / 8 + 2 lambda^2 / 7, and lambda itself varies by 30 from site to site.
    error = math.sqrt((100 / 8 + 2 * (100**2 + 900) / 7 + 900) / n)
    assert abs(deviation(left * 8, 100.0, error)) < NOISE_LIMIT


@pytest.mark.parametrize(("warmer", "factor"), [(0.0, 1.0), (6.0, 2.0), (-12.0, 0.25)])
def test_hot_photosites_double_with_the_temperature_like_all_others(
    warmer: float, factor: float
) -> None:
    """60 of 1000 photosites collect 400 e-/s beside the common 100."""
    profile = camera(
        dark_current_e_per_s=100.0, hot_pixel_fraction=0.06, hot_pixel_dark_current_e_per_s=400.0,
        hot_pixel_log_spread=0.0, doubling_temperature_k=6.0, temperature_c=20.0 + warmer,
    )  # fmt: skip
    frame = electrons(profile, light(0.0, 400, 500), seed=42)[0]
    hot = Sensor(profile).pattern(2, (0, 0), (400, 500), frame.device).dark_e_per_s[0, 0] > 200

    share = float(hot.double().mean())
    assert abs(deviation(share, 0.06, share_error(0.06, hot.numel()))) < NOISE_LIMIT
    for chosen, current in ((hot, 500.0), (~hot, 100.0)):
        mean, n = float(frame[chosen].mean()), int(chosen.sum())
        assert abs(deviation(mean, current * factor, math.sqrt(current * factor / n))) < NOISE_LIMIT


def test_dead_photosites_answer_to_heat_but_not_to_light() -> None:
    profile = camera(dead_pixel_fraction=0.04, dark_current_e_per_s=9.0, prnu_percent=1.0)
    frame = Sensor(profile).collect(light(5000.0, 400, 500), seed=43).data[0, 0].double()
    dead = frame < 1000

    share = float(dead.double().mean())
    assert abs(deviation(share, 0.04, share_error(0.04, frame.numel()))) < NOISE_LIMIT
    heat = float(frame[dead].mean())
    assert abs(deviation(heat, 9.0, math.sqrt(9 / int(dead.sum())))) < NOISE_LIMIT
    assert float(frame[~dead].min()) > 4000
