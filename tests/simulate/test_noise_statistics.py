"""The noise of whole frames, measured as a laboratory does, against the profile's own numbers.

CONVENTIONS section 5.5: standard errors are derived, a statistic may lie `NOISE_LIMIT` of them
off, and no seed is changed to pass.
"""

import functools
import math
from dataclasses import replace

import pytest
import torch
from scipy import stats
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.rng import Draws, Effect, normal
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.core.tukey_deviation import tukey_lambda_deviation
from simulate.sensor import Sensor
from tests.statistics import (
    NOISE_LIMIT,
    NOISE_P,
    Components,
    deviation,
    ks_uniform_p,
    lagged_correlation,
    normal_variance_error,
    periodogram,
    periodogram_limit,
    share_error,
    variance_components,
)

GAIN = 2.0  # DN per electron: quantisation is a small part
BLACK = 1000.0
QUANTISATION_E2 = 1 / 12 / GAIN**2


def camera(reading: dict[str, object] | None = None, **changes: object) -> SensorProfile:
    """A monochrome 16-bit sensor without any noise but the photons'."""
    values = {
        "name": "lab", "cfa": Cfa.MONO, "bit_depth": 16, "black_level_dn": (BLACK,),
        "white_level_dn": 65535.0, "full_well_e": 20_000.0,
        "readings": (Reading(iso=100.0, system_gain_dn_per_e=GAIN, **(reading or {})),),  # type: ignore[arg-type]
    }  # fmt: skip
    return SensorProfile(**(values | changes))  # type: ignore[arg-type]


def light(
    rate: float, height: int, width: int, frames: int = 1, *, items: bool = False,
    iso: float = 100.0, seconds: float = 1.0,
) -> Frame:  # fmt: skip
    """Even light on frames of one burst, or on the first frames of many items."""
    number = torch.arange(frames)
    shot = Shot(
        exposure_time_s=torch.full((frames,), seconds), iso=torch.full((frames,), iso), body=2,
        frame_number=number * (not items), item=number * items,
    )  # fmt: skip
    data = torch.full((1, 1, 1, 1), rate).expand(frames, 1, height, width)
    return Frame.start(data.contiguous(), Domain.EXPECTED, shot=shot)


def electrons(profile: SensorProfile, exposed: Frame, seed: int) -> Tensor:
    """What the DN say in electrons, float64, (frames, h, w)."""
    dn = Sensor(profile).capture(exposed, seed).data[:, 0].double()
    return (dn - BLACK) / profile.readings[0].system_gain_dn_per_e


def emva_spatial_variance(stack: Tensor) -> tuple[float, float]:
    """Variance over the mean of L frames less what is left of temporal noise; and the latter."""
    frames = len(stack)
    temporal = float(stack.var(0).mean())
    return float(stack.mean(0).var()) - temporal / frames, temporal / frames


# --- the tools themselves --------------------------------------------------------------------


def test_the_analysis_of_variance_is_emva_s_arithmetic() -> None:
    """Its printed formulas (CONVENTIONS section 5.2) divide by counts: 1 in 300 less."""
    rows, columns = 300, 400
    words = Draws(seed=1, effect=Effect.AUGMENTATION).words(rows, columns)[0, 0]
    field = 5 * normal(words) + 2 * normal(words[:, :1]) + 3 * normal(words[:1])
    mn, s2 = rows * columns, float(field.var(correction=0))
    cav, rav = (float(field.mean(axis).var(correction=0)) for axis in (0, 1))
    rest = mn - rows - columns

    found = variance_components(field)

    assert found.pixel == pytest.approx(mn / rest * (s2 - cav - rav), rel=1e-4)
    wanted = ((mn - rows) * cav - columns * (s2 - rav)) / rest
    assert found.column == pytest.approx(wanted, rel=1 / columns + 1e-3)
    wanted = ((mn - columns) * rav - rows * (s2 - cav)) / rest
    assert found.row == pytest.approx(wanted, rel=1 / rows + 1e-3)


def test_the_errors_of_the_components_are_the_conventions_own() -> None:
    """4, 9 and 25 in 400 x 600: 0.283, 0.520 and 0.072, in 200 repeats 0.286, 0.535, 0.075."""
    errors = Components(4.0, 9.0, 25.0).errors(400, 600)

    assert errors.row == pytest.approx(0.283, rel=0.02)
    assert errors.column == pytest.approx(0.520, rel=0.02)
    assert errors.pixel == pytest.approx(0.0722, rel=0.01)


# --- rows, columns and photosites ------------------------------------------------------------


@functools.cache
def lines() -> Tensor:
    """Eight dark frames with row, column and read noise of 2, 3 and 5 e-."""
    noise = {"row_noise_e": 2.0, "column_noise_e": 3.0, "read_noise_e": 5.0}
    return electrons(camera(noise), light(0.0, 400, 600, 8), seed=31)


def test_rows_columns_and_photosites_vary_as_the_profile_says() -> None:
    truth = Components(row=4.0, column=9.0, pixel=25.0 + QUANTISATION_E2)

    found = variance_components(lines())

    assert float(found.deviations(truth, 400, 600, 8).abs().max()) < NOISE_LIMIT


def test_line_noise_is_drawn_anew_in_each_frame() -> None:
    """The mean of eight frames keeps an eighth of each component: nothing in it is fixed."""
    truth = Components(row=4 / 8, column=9 / 8, pixel=(25 + QUANTISATION_E2) / 8)

    found = variance_components(lines().mean(0))

    assert float(found.deviations(truth, 400, 600).abs().max()) < NOISE_LIMIT


def test_neither_rows_nor_columns_have_a_period() -> None:
    for means in (lines().mean(-1), lines().mean(-2)):
        power = periodogram(means)
        assert float(power.max()) < periodogram_limit(power.numel())


@functools.cache
def everything_but_lines() -> Tensor:
    """A lit 512 x 512 frame with every effect that belongs to photosites, e-."""
    tail = {"tukey_lambda_shape": -0.1, "tukey_lambda_scale_e": 2.0, "read_noise_e": 4.372}
    profile = camera(
        tail, prnu_percent=1.0, dsnu_e=2.0, dark_current_e_per_s=20.0, rts_fraction=0.05,
        rts_amplitude_e=20.0, dark_current_nonuniformity=0.2, full_well_spread_percent=1.0,
    )  # fmt: skip
    return electrons(profile, light(300.0, 512, 512), seed=32)[0]


def test_the_seams_of_tiles_do_not_show_in_the_spectrum() -> None:
    """Two-dimensional power at every multiple of 1/8 ... 1/256 of a cycle, along both axes."""
    field = everything_but_lines()
    power = torch.fft.fft2(field - field.mean()).abs() ** 2
    power = power / power.mean()
    half = power[: 512 // 2 + 1]
    half[0, 0] = 0

    assert float(half.max()) < periodogram_limit(half.numel())
    for tile in (4, 8, 16, 32, 64, 128, 256):
        comb = half[:: 512 // tile, :: 512 // tile]
        assert float(comb.max()) < periodogram_limit(comb.numel()), tile
        # The comb as a whole: a sum of exponentials, each but 4 real bins counted twice.
        n = comb.numel() / 2
        assert abs(deviation(comb.mean(), 1.0, math.sqrt(1 / n))) < NOISE_LIMIT, tile


def test_photosites_with_every_effect_forget_their_neighbours() -> None:
    for down, right in ((0, 1), (1, 0), (1, 1), (0, 4), (0, 64), (64, 0)):
        r, n = lagged_correlation(everything_but_lines(), down, right)
        assert abs(r) < NOISE_LIMIT / math.sqrt(n), (down, right)


# --- banding ---------------------------------------------------------------------------------


@pytest.mark.parametrize("cycles", [3, 37, 200])
def test_banding_shows_at_its_frequency_with_its_amplitude_and_nowhere_else(cycles: int) -> None:
    """2/M times the transform is A; its error is sigma of the row means times sqrt(2 / M)."""
    height, width, amplitude = 512, 400, 1.5
    profile = camera(
        {"banding_amplitude_e": amplitude, "read_noise_e": 5.0, "row_noise_e": 0.5},
        banding_frequency_cycles_per_row=cycles / height,
    )

    means = electrons(profile, light(20.0, height, width, 4), seed=33).mean(-1)

    spectrum = torch.fft.rfft(means)[:, 1 : height // 2]
    assert spectrum.abs().argmax(-1).tolist() == [cycles - 1] * 4
    noise = math.sqrt(0.25 + (20 + 25 + QUANTISATION_E2) / width)
    for peak in spectrum[:, cycles - 1].abs() * 2 / height:
        # Noise at right angles to the sine lengthens it by error^2 / 2A: 2e-4.
        assert abs(deviation(peak, amplitude, noise * math.sqrt(2 / height))) < NOISE_LIMIT
    others = torch.cat([spectrum[:, : cycles - 1], spectrum[:, cycles:]], -1).abs() ** 2
    assert float(others.max() / others.mean()) < periodogram_limit(others.numel())


def test_banding_leaves_the_columns_alone() -> None:
    profile = camera(
        {"banding_amplitude_e": 20.0, "read_noise_e": 5.0},
        banding_frequency_cycles_per_row=8 / 256,
    )

    means = electrons(profile, light(0.0, 256, 512), seed=34).mean(-2)

    power = periodogram(means)
    assert float(power.max()) < periodogram_limit(power.numel())
    error = normal_variance_error(math.sqrt((25 + QUANTISATION_E2) / 256), 512)
    assert abs(deviation(means.var(), (25 + QUANTISATION_E2) / 256, error)) < NOISE_LIMIT


def test_the_phase_of_banding_is_another_in_each_frame() -> None:
    profile = camera(
        {"banding_amplitude_e": 30.0}, banding_frequency_cycles_per_row=0.25, full_well_e=None
    )
    rows = electrons(profile, light(0.0, 2, 1, 3000), seed=35)[..., 0]

    # Quantised to half an electron, a phase is known to 0.01 of a radian.
    cycles = torch.atan2(rows[:, 0], rows[:, 1]) / (2 * math.pi) % 1
    fractions = Draws(seed=1, effect=Effect.AUGMENTATION).words(1, 3000).double() / 2**32
    smooth = (cycles + (fractions.flatten() - 0.5) * 0.01 / (2 * math.pi)) % 1
    assert ks_uniform_p(smooth.numpy()) > NOISE_P


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


# --- RTS -------------------------------------------------------------------------------------


@functools.cache
def switching() -> Tensor:
    """All 16 photosites switch by 40 e- over 400 frames; read noise of 3 e-; (frames, 16)."""
    profile = camera(
        {"read_noise_e": 3.0}, rts_fraction=1.0, rts_amplitude_e=40.0, rts_occupancy=0.4,
        rts_dwell_frames=2.5,
    )  # fmt: skip
    return electrons(profile, light(0.0, 4, 4, 400), seed=44).reshape(400, 16)


def test_the_histogram_of_a_switching_photosite_has_two_levels() -> None:
    """Normal about 0 and about 40 e-, and nothing between them."""
    frames = switching()
    upper = frames > 20
    sigma = math.sqrt(9 + QUANTISATION_E2)

    assert not bool(((frames > 16) & (frames < 24)).any())  # 5.3 deviations from either
    for level, chosen in ((0.0, ~upper), (40.0, upper)):
        values, n = frames[chosen], int(chosen.sum())
        assert abs(deviation(values.mean(), level, sigma / math.sqrt(n))) < NOISE_LIMIT
        error = normal_variance_error(sigma, n)
        assert abs(deviation(values.var(), sigma**2, error)) < NOISE_LIMIT
    assert set(upper.any(0).tolist()) == set((~upper).any(0).tolist()) == {True}


def test_a_switching_photosite_stays_as_long_as_the_profile_says() -> None:
    """High for 2.5 frames in the mean, low for 3.75; both by how often it leaves."""
    upper = switching() > 20

    for high, stay in ((True, 2.5), (False, 3.75)):
        here = upper[:-1] == high
        left = float((upper[1:][here] != high).double().mean())
        assert abs(deviation(left, 1 / stay, share_error(1 / stay, int(here.sum())))) < NOISE_LIMIT


def test_only_the_switching_share_of_a_sensor_moves() -> None:
    """Over frames without other noise a photosite has one value or two."""
    profile = camera(rts_fraction=0.1, rts_amplitude_e=40.0, rts_dwell_frames=2.0)
    stack = electrons(profile, light(0.0, 100, 120, 24), seed=45)
    moving = (stack.amax(0) - stack.amin(0)) > 0

    assert set(stack.unique().tolist()) == {0.0, 40.0}
    # A coin that falls alike 24 times is one of 8 million.
    share = float(moving.double().mean())
    assert abs(deviation(share, 0.1, share_error(0.1, moving.numel()))) < NOISE_LIMIT


def test_a_frame_of_a_burst_needs_none_of_the_others() -> None:
    profile = camera(rts_fraction=0.5, rts_amplitude_e=40.0, rts_occupancy=0.3)
    whole = electrons(profile, light(0.0, 30, 30, 12), seed=46)
    exposed = light(0.0, 30, 30, 12)

    for k in (11, 0, 5):
        alone = electrons(profile, exposed.select(slice(k, k + 1)), seed=46)
        assert torch.equal(alone[0], whole[k])


# --- read noise with heavy tails -------------------------------------------------------------


@pytest.mark.parametrize("shape", [-0.15, 0.0, 0.14])
def test_heavy_tails_reach_the_dn(shape: float) -> None:
    """Kolmogorov and Smirnov on dark DN, the quantised step filled by a uniform."""
    scale, n = 6.0, 300 * 400
    profile = camera({"tukey_lambda_shape": shape, "tukey_lambda_scale_e": scale})
    dark = electrons(profile, light(0.0, 300, 400), seed=47).flatten()

    words = Draws(seed=9, effect=Effect.AUGMENTATION).words(300, 400).double().flatten()
    v = ((words + 0.5) / 2**32).numpy()
    law = stats.tukeylambda(shape, scale=scale)
    low, high = (law.cdf(dark.numpy() + side / GAIN / 2) for side in (-1, 1))
    assert ks_uniform_p(low + v * (high - low)) > NOISE_P
    truth = (scale * tukey_lambda_deviation(shape)) ** 2
    kurtosis = float(stats.tukeylambda.stats(shape, moments="k"))
    error = (truth + QUANTISATION_E2) * math.sqrt((2 + kurtosis) / n)
    assert abs(deviation(dark.var(), truth + QUANTISATION_E2, error)) < NOISE_LIMIT


# --- black level, gain, wells ----------------------------------------------------------------


def test_the_black_level_of_each_site_is_off_by_its_own_error() -> None:
    """ELD's colour bias, in DN, after the gain; in the temporal mean and never in the truth."""
    bias = (0.5, -1.25, 2.0, 0.0)
    profile = camera(
        {"read_noise_e": 3.0, "colour_bias_dn": bias},
        cfa=Cfa.RGGB, black_level_dn=(BLACK, BLACK + 1, BLACK + 2, BLACK + 3),
    )  # fmt: skip
    sensor, exposed = Sensor(profile), light(0.0, 200, 300, 2)

    dn = sensor.capture(exposed, seed=48).data[:, 0].double()

    sigma, n = GAIN * math.sqrt(9 + QUANTISATION_E2), 2 * 100 * 150
    for k, error in enumerate(bias):
        site = dn[:, k // 2 :: 2, k % 2 :: 2]
        wanted = BLACK + k + error
        assert abs(deviation(site.mean(), wanted, sigma / math.sqrt(n))) < NOISE_LIMIT, k
    truth = sensor.expected_dn(exposed).data[0, 0]
    assert truth[:2, :2].tolist() == [[BLACK, BLACK + 1], [BLACK + 2, BLACK + 3]]


@pytest.mark.parametrize(
    ("iso", "gain", "read"), [(400.0, 0.8, 6.0), (639.0, 1.278, 6.0), (640.0, 2.56, 1.5)]
)
def test_both_gains_switch_gain_and_read_noise_at_the_branch(
    iso: float, gain: float, read: float
) -> None:
    """Photon transfer: K is the slope of variance against mean, and the dark is read noise."""
    profile = camera(
        readings=(
            Reading(iso=100.0, system_gain_dn_per_e=0.2, read_noise_e=6.0),
            Reading(iso=400.0, system_gain_dn_per_e=0.8, read_noise_e=6.0),
            Reading(iso=640.0, system_gain_dn_per_e=2.56, read_noise_e=1.5, branch=1),
            Reading(iso=6400.0, system_gain_dn_per_e=25.6, read_noise_e=1.2, branch=1),
        )
    )
    rows, columns, rate = 400, 500, 4000.0
    n = rows * columns

    pairs = [
        Sensor(profile).capture(light(level, rows, columns, 2, iso=iso), seed=49).data.double()
        for level in (0.0, rate)
    ]
    (dark, lit), (low, high) = (
        [float((p[0] - p[1]).var()) / 2 for p in pairs], [float(p.mean()) for p in pairs],
    )  # fmt: skip

    pixel_dark, pixel = read**2 + 1 / 12 / gain**2, rate + read**2 + 1 / 12 / gain**2
    error = gain * math.sqrt(2 * pixel**2 / n + 2 * pixel_dark**2 / n + rate / 2 / n) / rate
    error = math.hypot(error, gain * math.sqrt(pixel / (2 * n)) / rate)
    assert abs(deviation((lit - dark) / (high - low), gain, error)) < NOISE_LIMIT
    error = math.sqrt(2 / n) * pixel_dark
    assert abs(deviation(dark / gain**2, pixel_dark, error)) < NOISE_LIMIT


def test_a_soft_well_holds_less_than_it_gets_until_it_is_full() -> None:
    """1500 e- in a well of 2000 with its knee at half: 1000 + 1000 (1 - exp(-1/2)) = 1393.5."""
    profile = camera(full_well_e=2000.0, full_well_knee=0.5)
    sensor, n = Sensor(profile), 200 * 200

    held = sensor.collect(light(1500.0, 200, 200), seed=50)

    # The bend also costs half its curvature times the variance: -1500 exp(-1/2) / 2000.
    mean = 2000 - 1000 * math.exp(-0.5) - 1500 * math.exp(-0.5) / 2000
    slope = math.exp(-0.5)
    error = math.hypot(slope * math.sqrt(1500 / n), 0.02)  # and the third order: below 0.02 e-
    assert abs(deviation(held.data.double().mean(), mean, error)) < NOISE_LIMIT
    assert bool(held.measured.all())
    full = sensor.collect(light(1e6, 20, 20), seed=50)
    assert torch.equal(full.data, torch.full_like(full.data, 2000.0))
    assert bool(full.clipped.all())


@pytest.mark.parametrize("changes", [{}, {"full_well_knee": 0.9}, {"blooming_fraction": 0.5}])
def test_a_well_of_a_fraction_more_holds_whole_electrons(changes: dict[str, float]) -> None:
    sensor, exposed = Sensor(camera(full_well_e=2000.7, **changes)), light(1e6, 8, 8)

    assert sensor.collect(exposed, seed=58).data.unique().tolist() == [2000.0]
    assert sensor.capture(exposed, seed=58).data.unique().tolist() == [BLACK + GAIN * 2000]


@pytest.mark.parametrize("knee", [1.0, 0.7])
def test_wells_fill_to_their_own_capacity_in_any_tile(knee: float) -> None:
    profile = camera(full_well_e=3000.0, full_well_spread_percent=2.0, full_well_knee=knee)
    sensor = Sensor(profile)

    full = sensor.collect(light(1e6, 200, 300), seed=51)

    wells = sensor.pattern(2, (0, 0), (200, 300), full.data.device).wells
    assert torch.equal(full.data, wells)
    assert bool(full.clipped.all())
    tile = sensor.collect(light(1e6, 20, 30), seed=51, origin=(50, 60))
    assert torch.equal(tile.data, full.data[..., 50:70, 60:90])
    error = normal_variance_error(60.0, wells.numel())
    assert abs(deviation(wells.double().var(), 3600 + 1 / 12, error)) < NOISE_LIMIT


# --- blooming --------------------------------------------------------------------------------


def lamp(width: int = 24) -> Frame:
    """A spot of 3 x 3 photosites that get twice the 20 000 e- of their wells, in dim light."""
    exposed = light(50.0, 61, width)
    exposed.data[..., 29:32, 10:13] = 40_000.0
    return exposed


def test_blooming_runs_up_and_down_from_a_lamp_and_not_sideways() -> None:
    still, blooming = (
        Sensor(camera(blooming_fraction=fraction)).collect(lamp(), seed=52).data[0, 0]
        for fraction in (0.0, 1.0)
    )
    more = blooming - still

    assert bool((more >= 0).all())
    assert float(more[:, :10].sum() + more[:, 13:].sum()) == 0
    # 30 000 e- each way: the first photosites beyond fill, the second take the rest.
    for first, second in ((28, 27), (32, 33)):
        assert blooming[first, 10:13].tolist() == [20_000.0] * 3
        assert float(more[second, 10:13].min()) > 9000
    # Every electron that a full well lost is found again, but for the halves of odd ones.
    freed = Sensor(camera(full_well_e=None)).collect(lamp(), seed=52).data[0, 0]
    lost = (freed - 20_000).clamp(min=0)
    lamps = int((lost % 2).sum())
    assert float(more.sum()) == float(lost.sum()) - lamps


@pytest.mark.parametrize("strip", [1, 5, 16])
def test_strips_of_whole_columns_bloom_like_the_whole(strip: int) -> None:
    profile = camera(
        {"read_noise_e": 2.0}, blooming_fraction=0.8, full_well_knee=0.9, prnu_percent=2.0,
        full_well_spread_percent=1.0,
    )  # fmt: skip
    sensor, exposed = Sensor(profile), lamp()
    whole = sensor.capture(exposed, seed=53)

    pieces = []
    for x in range(0, 24, strip):
        data = exposed.data[..., x : x + strip]
        part = Frame.start(data, Domain.EXPECTED, shot=exposed.shot)
        pieces.append(sensor.capture(part, 53, origin=(0, x)))

    for name in ("data", "measured", "clipped"):
        joined = torch.cat([getattr(p, name) for p in pieces], dim=-1)
        assert torch.equal(joined, getattr(whole, name)), name


def test_a_tile_that_does_not_begin_a_column_cannot_bloom() -> None:
    sensor = Sensor(camera(blooming_fraction=0.5))

    with pytest.raises(UsageError, match="whole columns of 4 rows, but the tile has 4 from row 8"):
        sensor.capture(light(1.0, 4, 4), 1, origin=(8, 0))


# --- quantisation ----------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_quantisation_adds_a_twelfth_of_a_dn_squared(bits: int) -> None:
    """Read noise of 1.5 DN at any depth: 2.25 + 1/12, and the mean keeps fractions of a DN."""
    reading = Reading(iso=100.0, system_gain_dn_per_e=0.5, read_noise_e=3.0)
    black = 40.3
    profile = camera(
        bit_depth=bits, black_level_dn=(black,), white_level_dn=2.0**bits - 1, readings=(reading,)
    )
    n = 500 * 600

    dn = Sensor(profile).capture(light(0.0, 500, 600), seed=54 + bits).data.double()

    truth = 2.25 + 1 / 12
    assert abs(deviation(dn.mean(), black, math.sqrt(truth / n))) < NOISE_LIMIT
    assert abs(deviation(dn.var(), truth, truth * math.sqrt(2 / n))) < NOISE_LIMIT


# --- the whole budget ------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["emva", "eld"])
@pytest.mark.parametrize("rate", [0.0, 40.0, 5000.0])
def test_the_temporal_variance_of_every_source_together_is_the_closed_form(
    rate: float, order: str
) -> None:
    """K^2 (mu + D t + sigma_TL^2 + row^2 + column^2 + A^2/2 + f a^2 p (1 - p)) + 1/12 DN^2.

    Over 24 items on one body, so that RTS too is drawn anew; fixed patterns do not appear, but
    for the amplifiers' spread, whose square multiplies what passes them.
    """
    rows, columns, items = 192, 256, 24
    shape, scale, amplitude = 0.05, 2.0, 1.6
    fraction, step, occupancy = 0.3, 8.0, 0.25
    spread = 0.02
    profile = camera(
        {"tukey_lambda_shape": shape, "tukey_lambda_scale_e": scale, "row_noise_e": 1.2,
         "column_noise_e": 0.9, "banding_amplitude_e": amplitude, "colour_bias_dn": (1.5,)},
        prnu_percent=1.0, prnu_column_share=0.2, dsnu_e=3.0, dsnu_column_share=0.3,
        column_fpn_e=1.0, row_fpn_e=1.0, column_gain_percent=100 * spread, read_out_order=order,
        dark_current_e_per_s=12.0, dark_current_nonuniformity=0.1, rts_fraction=fraction,
        rts_amplitude_e=step, rts_occupancy=occupancy, full_well_spread_percent=1.0,
        banding_frequency_cycles_per_row=6 / rows,
    )  # fmt: skip
    seconds = 0.5
    stack = electrons(profile, light(rate, rows, columns, items, items=True, seconds=seconds), 55)

    measured = float(stack.var(0).mean())

    tail = (scale * tukey_lambda_deviation(shape)) ** 2
    sensor = Sensor(profile)
    pattern = sensor.pattern(2, (0, 0), (rows, columns), stack.device)
    gain2 = pattern.column_gain.double() ** 2  # this body's own amplifiers, rates and sites
    heat = pattern.dark_e_per_s.double() * seconds
    photons = float((gain2 * (rate * pattern.gain.double() + heat)).mean())
    sites = torch.zeros(rows, columns, dtype=torch.float64)
    sites[pattern.rts] = 1
    rts = step**2 * occupancy * (1 - occupancy) * float((gain2[0, 0] * sites).mean())
    passed = float(gain2.mean()) if order == "emva" else 1.0
    row, column, band = (v * passed for v in (1.44, 0.81, amplitude**2 / 2))
    pixel = photons + passed * tail + rts + QUANTISATION_E2
    truth = pixel + row + column + band

    degrees = items - 1
    n = rows * columns * degrees
    kurtosis = float(stats.tukeylambda.stats(shape, moments="k"))
    fourth = photons + kurtosis * (passed * tail) ** 2
    error = math.sqrt(
        (2 * pixel**2 + fourth + 4 * pixel * (row + column + band)) / n
        + 2 * row**2 / (rows * degrees) + 2 * column**2 / (columns * degrees)
        + 4 * row * band / (rows * degrees) + (band / degrees) ** 2
    )  # fmt: skip
    assert abs(deviation(measured, truth, error)) < NOISE_LIMIT
    # The numbers of the profile say the same, but for what this body and its sites are by chance.
    share = fraction * step**2 * occupancy * (1 - occupancy)
    book = rate + 6 + tail + 1.44 + 0.81 + amplitude**2 / 2 + share + QUANTISATION_E2
    assert measured == pytest.approx(book, rel=0.02)


def test_what_frames_of_a_burst_share_is_only_what_is_fixed() -> None:
    """Two frames without fixed patterns are independent, line noise and banding included."""
    noise = {"read_noise_e": 3.0, "row_noise_e": 3.0, "column_noise_e": 3.0}
    pair = electrons(camera(noise), light(30.0, 300, 400, 2), seed=56)
    pixel = 30 + 9 + QUANTISATION_E2
    values = pair - pair.mean((-2, -1), keepdim=True)

    covariance = float((values[0] * values[1]).mean())

    error = math.sqrt(pixel**2 / 120_000 + 9**2 / 300 + 9**2 / 400 + 4 * 9 * pixel / 120_000)
    assert abs(deviation(covariance, 0.0, error)) < NOISE_LIMIT


def test_iso_is_part_of_the_image_and_not_of_the_sensor() -> None:
    """Noise in electrons stays, DN follow the gain: both ISOs in one batch."""
    loud = Reading(iso=100.0, system_gain_dn_per_e=GAIN, column_noise_e=4.0)
    quiet = replace(loud, iso=800.0, column_noise_e=0.5, banding_amplitude_e=0.0)
    exposed = light(0.0, 50, 4000, 2, items=True)
    shot = replace(exposed.shot, iso=torch.tensor([100.0, 800.0]))

    dark = electrons(camera(readings=(loud, quiet)), replace(exposed, shot=shot), seed=57)

    for image, sigma in zip(dark, (4.0, 0.5), strict=True):
        truth = sigma**2 + QUANTISATION_E2
        error = normal_variance_error(math.sqrt(truth), 4000)
        assert abs(deviation(image[0].var(), truth, error)) < NOISE_LIMIT
        assert torch.equal(image, image[:1].expand_as(image))
