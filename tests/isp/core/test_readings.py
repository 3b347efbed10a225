"""Readings: what a camera's gain and noise are at an ISO between two that were measured."""

import math
from dataclasses import fields, replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from isp.core.errors import ProfileError
from isp.core.readings import Reading, SensorNoise, noise_at

LOW = Reading(
    iso=100.0, system_gain_dn_per_e=0.25, read_noise_e=4.0, row_noise_e=1.0, column_noise_e=0.8,
    banding_amplitude_e=0.4, tukey_lambda_shape=-0.1, tukey_lambda_scale_e=2.0,
    colour_bias_dn=(0.0, 1.0, -1.0, 2.0),
)  # fmt: skip
HIGH = Reading(
    iso=400.0, system_gain_dn_per_e=1.0, read_noise_e=1.0, row_noise_e=0.25, column_noise_e=0.2,
    banding_amplitude_e=0.1, tukey_lambda_shape=0.1, tukey_lambda_scale_e=0.5,
    colour_bias_dn=(4.0, 1.0, -3.0, 0.0),
)  # fmt: skip
DUAL_GAIN = (
    Reading(iso=100.0, system_gain_dn_per_e=0.1, read_noise_e=5.0, column_noise_e=0.5),
    Reading(iso=400.0, system_gain_dn_per_e=0.4, read_noise_e=4.0, column_noise_e=0.5),
    Reading(iso=640.0, system_gain_dn_per_e=0.8, read_noise_e=1.5, branch=1),
    Reading(iso=6400.0, system_gain_dn_per_e=8.0, read_noise_e=1.2, branch=1),
)


def at(*isos: float, readings: tuple[Reading, ...] = (LOW, HIGH), sites: int = 4) -> SensorNoise:
    return noise_at(readings, torch.tensor(isos), sites, "test")


def test_a_reading_is_given_back_exactly() -> None:
    noise = at(100.0, 400.0)

    for name in (f.name for f in fields(SensorNoise)):
        wanted = torch.tensor([getattr(LOW, name), getattr(HIGH, name)])
        assert torch.equal(getattr(noise, name), wanted), name


def test_halfway_in_stops_every_positive_number_is_the_geometric_mean() -> None:
    """ISO 200 is one stop of the two: sqrt(0.25 * 1), sqrt(4 * 1), sqrt(1 * 0.25) ..."""
    noise = at(200.0)

    for name, wanted in (
        ("system_gain_dn_per_e", 0.5), ("read_noise_e", 2.0), ("row_noise_e", 0.5),
        ("column_noise_e", 0.4), ("banding_amplitude_e", 0.2), ("tukey_lambda_scale_e", 1.0),
    ):  # fmt: skip
        assert float(getattr(noise, name)) == pytest.approx(wanted, rel=1e-6), name


def test_shape_and_black_level_error_are_interpolated_in_the_logarithm_of_iso() -> None:
    """They may be negative. ISO 141.42 is a quarter of the way, though a seventh of the ISO."""
    noise = at(100 * 2**0.5)

    assert float(noise.tukey_lambda_shape) == pytest.approx(-0.05, rel=1e-5)
    assert noise.colour_bias_dn[0].tolist() == pytest.approx([1.0, 1.0, -1.5, 1.5], rel=1e-5)


@pytest.mark.parametrize("silent", [LOW, HIGH])
def test_between_a_heavy_tailed_reading_and_one_that_is_not_noise_is_gaussian(
    silent: Reading,
) -> None:
    plain = Reading(iso=silent.iso, system_gain_dn_per_e=1.0, read_noise_e=2.0)
    pair = tuple(plain if r is silent else r for r in (LOW, HIGH))
    other = LOW if silent is HIGH else HIGH

    assert float(at(200.0, readings=pair).tukey_lambda_scale_e) == 0
    assert float(at(other.iso, readings=pair).tukey_lambda_scale_e) > 0
    assert float(at(silent.iso, readings=pair).tukey_lambda_scale_e) == 0


def test_a_missing_black_level_error_is_none_at_all() -> None:
    plain = Reading(iso=400.0, system_gain_dn_per_e=1.0)

    assert at(200.0, readings=(LOW, plain)).colour_bias_dn[0].tolist() == pytest.approx(
        [0.0, 0.5, -0.5, 1.0], abs=1e-6
    )
    assert at(400.0, readings=(plain,), sites=36).colour_bias_dn.tolist() == [[0.0] * 36]


def test_a_noise_that_starts_at_zero_is_interpolated_linearly() -> None:
    """Zero has no logarithm: a quarter of the way in log ISO is a quarter of 0.8."""
    silent = Reading(iso=100.0, system_gain_dn_per_e=1.0)
    loud = Reading(iso=1600.0, system_gain_dn_per_e=16.0, row_noise_e=0.8, banding_amplitude_e=4.0)

    noise = at(200.0, readings=(silent, loud))

    assert float(noise.row_noise_e) == pytest.approx(0.2, rel=1e-6)
    assert float(noise.banding_amplitude_e) == pytest.approx(1.0, rel=1e-6)


@given(iso=st.floats(100, 400))
def test_between_readings_nothing_leaves_their_range(iso: float) -> None:
    noise = at(iso)

    for name in (f.name for f in fields(SensorNoise)):
        low, high = torch.tensor(getattr(LOW, name)), torch.tensor(getattr(HIGH, name))
        value = getattr(noise, name)[0]
        assert bool((value >= torch.minimum(low, high) - 1e-5).all()), name
        assert bool((value <= torch.maximum(low, high) + 1e-5).all()), name


def test_each_image_of_a_batch_has_its_own_noise() -> None:
    isos = (400.0, 100.0, 137.0)
    noise = at(*isos)

    for b, iso in enumerate(isos):
        for name in (f.name for f in fields(SensorNoise)):
            assert torch.equal(getattr(noise, name)[b], getattr(at(iso), name)[0]), name


def test_both_gains_of_a_dual_gain_sensor_keep_to_their_own_readings() -> None:
    """Gain, read noise and column noise change together, at the higher branch's first reading."""
    noise = at(400.0, 639.0, 640.0, 2023.86, readings=DUAL_GAIN)

    assert noise.read_noise_e.tolist() == pytest.approx([4, 4, 1.5, math.sqrt(1.8)], rel=1e-5)
    assert noise.system_gain_dn_per_e.tolist() == pytest.approx(
        [0.4, 0.639, 0.8, 0.8 * 10**0.5], rel=1e-5
    )
    assert noise.column_noise_e.tolist() == pytest.approx([0.5, 0.5, 0, 0])


def test_readings_come_in_any_order() -> None:
    backwards = at(200.0, 500.0, 1000.0, readings=DUAL_GAIN[::-1])
    forwards = at(200.0, 500.0, 1000.0, readings=DUAL_GAIN)

    assert torch.equal(backwards.read_noise_e, forwards.read_noise_e)
    assert torch.equal(backwards.system_gain_dn_per_e, forwards.system_gain_dn_per_e)


@pytest.mark.parametrize("iso", [99.0, 401.0])
def test_an_iso_outside_the_readings_is_refused(iso: float) -> None:
    with pytest.raises(ProfileError, match=rf'ISO {iso:g} is outside 100..400 of sensor "test"'):
        at(iso)


def test_one_number_for_all_is_what_an_effect_has_by_default() -> None:
    """A SensorNoise made by hand needs gain, read and row noise; the rest is silence."""
    noise = SensorNoise(
        system_gain_dn_per_e=torch.ones(3), read_noise_e=torch.ones(3), row_noise_e=torch.ones(3)
    )

    for name in ("column_noise_e", "banding_amplitude_e", "tukey_lambda_scale_e"):
        assert getattr(noise, name).tolist() == [0.0], name
    assert noise.colour_bias_dn.tolist() == [[0.0]]


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("system_gain_dn_per_e", {"system_gain_dn_per_e": torch.tensor([float("nan")])}),
        ("must be positive", {"system_gain_dn_per_e": torch.zeros(1)}),
        ("read_noise_e", {"read_noise_e": torch.tensor([-1.0])}),
        ("tukey_lambda_shape", {"tukey_lambda_shape": torch.tensor([-5.0])}),
        ("colour_bias_dn", {"colour_bias_dn": torch.full((1, 4), float("inf"))}),
    ],
)
def test_noise_that_is_no_sensor_s_is_refused(words: str, changes: dict[str, torch.Tensor]) -> None:
    one = torch.ones(1)
    whole = {"system_gain_dn_per_e": one, "read_noise_e": one, "row_noise_e": one} | changes

    with pytest.raises(ProfileError, match=words):
        SensorNoise(**whole)


def test_a_heavy_tail_without_a_read_noise_tells_its_deviation() -> None:
    """The margin of the masks is three standard deviations, whoever states them."""
    heavy = Reading(
        iso=100.0, system_gain_dn_per_e=1.0, tukey_lambda_shape=-0.1, tukey_lambda_scale_e=10.0
    )

    noise = noise_at([heavy], torch.tensor([100.0]), 4, "x")

    assert float(noise.read_noise_e) == pytest.approx(21.864, rel=1e-4)


def test_noise_knows_whether_a_gradient_is_asked_for() -> None:
    one = torch.ones(1)
    plain = SensorNoise(system_gain_dn_per_e=one, read_noise_e=one, row_noise_e=one)

    assert not plain.requires_grad
    assert replace(plain, read_noise_e=torch.ones(1, requires_grad=True)).requires_grad
