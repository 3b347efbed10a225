"""The converter: gain, black level, rounding, and the ends of its range."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from isp.core.rng import Draws, Effect, uniform
from simulate.adc import convert, round_through
from tests.statistics import NOISE_LIMIT, correlation, deviation

ONE = torch.tensor([1.0])
BLACK = torch.tensor(64.0)


def electrons(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64).reshape(1, 1, 1, -1)


def test_half_way_is_rounded_to_the_even_code() -> None:
    dn = convert(electrons(0.5, 1.5, 2.5, 3.5), ONE, torch.tensor(0.0), 12)

    assert dn.flatten().tolist() == [0.0, 2.0, 2.0, 4.0]


def test_dn_is_black_plus_gain_times_electrons() -> None:
    """64 + 0.25 e: 1000 e- are 314 DN, 1001 are 314.25."""
    dn = convert(electrons(0, 1000, 1001, 1003), torch.tensor([0.25]), BLACK, 12)

    assert dn.flatten().tolist() == [64.0, 314.0, 314.0, 315.0]


@pytest.mark.parametrize("bit_depth", [8, 10, 12, 14, 16])
def test_saturation_gives_the_largest_code(bit_depth: int) -> None:
    dn = convert(electrons(1e7), ONE, BLACK, bit_depth)

    assert dn.item() == 2**bit_depth - 1


def test_deep_negative_noise_gives_zero() -> None:
    assert convert(electrons(-64.4, -64.6, -1e6), ONE, BLACK, 12).flatten().tolist() == [0, 0, 0]


def test_rounding_comes_before_clipping_and_noise_below_black_is_kept() -> None:
    dn = convert(electrons(-10.2, 4031.4, 4031.6), ONE, BLACK, 12)

    assert dn.flatten().tolist() == [54.0, 4095.0, 4095.0]


def test_each_image_has_its_own_gain() -> None:
    batch = torch.full((3, 1, 1, 1), 100.0)

    dn = convert(batch, torch.tensor([0.5, 1.0, 2.0]), BLACK, 12)

    assert dn.flatten().tolist() == [114.0, 164.0, 264.0]


def test_each_photosite_has_its_own_black_level() -> None:
    black = torch.tensor([[60.0, 64.0], [66.0, 70.0]]).reshape(1, 1, 2, 2)

    dn = convert(torch.full((1, 1, 2, 2), 10.0), ONE, black, 12)

    assert dn[0, 0].tolist() == [[70.0, 74.0], [76.0, 80.0]]


def test_a_fractional_black_level_is_not_truncated() -> None:
    """The EMVA camera's 14.76 DN: truncated to 14 the dark would be 14."""
    dn = convert(electrons(0.0), ONE, torch.tensor(14.76), 12)

    assert dn.item() == 15.0


def test_codes_are_held_exactly_in_float32() -> None:
    dn = convert(electrons(65535.0, 65534.0), ONE, torch.tensor(0.0), 16)

    assert dn.dtype == torch.float32
    assert dn.flatten().tolist() == [65535.0, 65534.0]


@given(low=st.floats(-100, 5000), more=st.floats(0, 1000))
def test_more_electrons_never_give_a_smaller_code(low: float, more: float) -> None:
    pair = convert(electrons(low, low + more), torch.tensor([0.7]), BLACK, 12).flatten()

    assert float(pair[1]) >= float(pair[0])


def test_the_gradient_is_the_gain_inside_the_range_and_zero_where_it_clips() -> None:
    level = electrons(-500.0, 100.3, 6000.0).requires_grad_()

    convert(level, torch.tensor([0.7]), BLACK, 12).sum().backward()

    assert level.grad.flatten().tolist() == pytest.approx([0.0, 0.7, 0.0], abs=1e-7)


def test_rounding_passes_the_gradient_as_if_it_were_not_there() -> None:
    values = torch.tensor([0.2, 0.5, 7.9], requires_grad=True)

    (round_through(values) * torch.tensor([1.0, 2.0, 3.0])).sum().backward()

    assert values.grad.tolist() == [1.0, 2.0, 3.0]


def test_every_code_is_one_dn_wide() -> None:
    """A uniform ramp over 256 codes: each gets its share within 4.65 standard errors.

    4.65 is the two-sided threshold for 255 tests at 1e-3 (CONVENTIONS section 5.5: DNL).
    """
    n = 1_000_000
    ramp = 256 * uniform(Draws(seed=5, effect=Effect.ADC_DITHER).words(1000, 1000)) - 0.5

    histogram = torch.bincount(convert(ramp, ONE, torch.tensor(0.0), 8).long().flatten())

    share = n / 256
    assert len(histogram) == 256
    assert float((histogram - share).abs().max()) < 4.65 * share**0.5


BITS = [8, 9, 10, 11, 12, 13, 14, 15, 16]


@pytest.mark.parametrize("bit_depth", BITS)
def test_every_code_of_every_depth_is_as_wide_as_the_others(bit_depth: int) -> None:
    """A ramp of 16 steps per DN over all codes: each gets exactly 16.

    Steps lie 1/32 off the edges, and the gain of 1/4 and the black level are exact, so that one
    step too many is a code rounded twice.
    """
    codes = 2**bit_depth
    level = (torch.arange(16 * codes, dtype=torch.float64) + 0.5) / 16 - 0.5
    ramp = ((level - 64) * 4).reshape(1, 1, 16, codes)

    dn = convert(ramp, torch.tensor([0.25]), BLACK, bit_depth)

    histogram = torch.bincount(dn.long().flatten(), minlength=codes)
    assert histogram.tolist() == [16] * codes
    # Integral linearity: no code lies more than half a DN from what it stands for.
    assert float((dn.flatten().double() - level).abs().max()) == 0.5 - 1 / 32


@pytest.mark.parametrize("bit_depth", BITS)
def test_the_quantisation_error_is_uniform_within_one_dn(bit_depth: int) -> None:
    """Mean 0 and variance 1/12 DN^2 (EMVA 1288), at whatever depth and gain."""
    n, top = 400 * 400, 2**bit_depth - 1
    draws = Draws(seed=bit_depth, effect=Effect.ADC_DITHER)
    gain = 0.37
    level = 1 + (top - 2) * uniform(draws.words(400, 400))

    dn = convert((level - 64) / gain, torch.tensor([gain], dtype=torch.float64), BLACK, bit_depth)
    error = dn.double() - level

    assert float(error.abs().max()) <= 0.5 + 1e-9
    assert abs(deviation(error.mean(), 0.0, math.sqrt(1 / 12 / n))) < NOISE_LIMIT
    # A uniform law's kurtosis is 1.8.
    assert abs(deviation(error.var(), 1 / 12, math.sqrt(0.8 / n) / 12)) < NOISE_LIMIT
    # The error knows nothing of the level.
    assert abs(correlation(error, level)) < NOISE_LIMIT / math.sqrt(n)
