"""Noise of rows and columns, and banding, measured as a laboratory does."""

import functools
import math

import pytest
import torch
from torch import Tensor

from isp.core.rng import Draws, Effect
from tests.simulate.lab_camera import QUANTISATION_E2, camera, electrons, light
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
    variance_components,
)

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
