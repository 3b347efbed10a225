"""RTS, heavy tails and the whole budget, measured as a laboratory does.

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

from isp.core.readings import Reading
from isp.core.rng import Draws, Effect
from isp.core.tukey_deviation import tukey_lambda_deviation
from simulate.sensor import Sensor
from tests.simulate.lab_camera import GAIN, QUANTISATION_E2, camera, electrons, light
from tests.statistics import (
    NOISE_LIMIT,
    NOISE_P,
    deviation,
    ks_uniform_p,
    normal_variance_error,
    share_error,
)

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
