"""The exact information of a photosite, against laws whose information is known."""

import math

import pytest

from apps.bench.metrics.cramer_rao import photosite_information

FINE = {"system_gain_dn_per_e": 8.0, "black_level_dn": 4000.0, "limit_dn": 1e9}


@pytest.mark.parametrize("light", [3.0, 40.0, 900.0])
def test_shot_noise_alone_has_one_over_the_light(light: float) -> None:
    told = photosite_information(light, read_noise_e=0.05, **FINE)

    assert told == pytest.approx(1 / light, rel=1e-6)


def test_in_the_dark_it_is_that_of_a_shifted_normal_mixed_with_its_neighbour() -> None:
    # p = (1 - s) N(0) + s N(1) for s -> 0: I = E[(N(1)/N(0) - 1)^2] = exp(1 / read^2) - 1.
    told = photosite_information(1e-9, read_noise_e=3.0, **FINE)

    assert told == pytest.approx(math.expm1(1 / 9), rel=1e-3)  # steps of 1/8 e-: 1 / (12 64 9)


def test_much_light_adds_its_variances_and_what_the_variance_itself_tells() -> None:
    # A normal of mean s and variance v = s + r^2: I = 1 / v + 1 / (2 v^2), to the order 1 / v^2.
    light, read = 2000.0, 30.0
    variance = light + read**2 + 1 / 12 / 8**2

    told = photosite_information(light, read_noise_e=read, **FINE)

    assert told == pytest.approx(1 / variance, rel=1 / variance)


def test_coarse_codes_lose_a_twelfth_of_their_square() -> None:
    options = {"read_noise_e": 3.0, "black_level_dn": 64.0, "limit_dn": 1e9}

    coarse = photosite_information(400.0, system_gain_dn_per_e=0.25, **options)
    fine = photosite_information(400.0, system_gain_dn_per_e=8.0, **options)

    assert 1 / coarse - 1 / fine == pytest.approx(16 / 12, rel=0.05)  # steps of 4 e-


def test_beyond_the_limit_a_sample_tells_nothing() -> None:
    options = {"system_gain_dn_per_e": 0.25, "read_noise_e": 3.0, "black_level_dn": 64.0}

    lost = photosite_information(1e4, limit_dn=1000, **options)
    whole = photosite_information(1e4, limit_dn=1e9, **options)
    half = photosite_information(1e4, limit_dn=64 + 2500, **options)

    assert lost < 1e-12 * whole
    # At the limit: the half that is seen, and that the other half is not (Tobit: 1/2 + 1/pi - ...).
    assert 0.5 * whole < half < whole


def test_no_code_below_the_limit_is_no_information() -> None:
    options = {"system_gain_dn_per_e": 0.25, "read_noise_e": 3.0, "black_level_dn": 64.0}

    assert photosite_information(1e4, limit_dn=0, **options) == 0
