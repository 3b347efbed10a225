"""What a frame usually shows where so much light is known: a curve that motion does not turn."""

import math

import pytest
import torch
from torch import Tensor

from isp.merge.relation import BINS, LEAST_SAMPLES, MOST_OFF, relation

LOW, HIGH = 0.01, 1.0
SIDE = 120  # 14 400 samples: all 32 bins


def ramp(side: int = SIDE) -> Tensor:
    return torch.logspace(math.log10(LOW), math.log10(HIGH), side**2).reshape(1, 1, side, side)


def everywhere(plane: Tensor) -> Tensor:
    return torch.ones_like(plane, dtype=torch.bool)


def test_a_response_that_bends_light_apart_is_followed_at_each_level() -> None:
    known = ramp()
    shown = 2 * known**1.2  # a straight line of logarithms, which straight lines follow

    usual = relation(known, shown, everywhere(known)).usual(known)

    # Beyond the middles of the outer bins the curve is level: half a bin of log light times 0.2.
    level = 0.2 * math.log(HIGH / LOW) / BINS / 2
    off = (usual / shown).log().abs()
    assert float(off.max()) < 1.05 * level
    inner = (known > LOW * 1.2) & (known < HIGH / 1.2)
    assert float(off[inner].max()) < 1e-3


def test_what_moved_in_under_half_of_a_level_turns_nothing() -> None:
    known = ramp()
    shown = known.clone()
    shown[..., ::5] *= 3  # two columns of five, at every level
    shown[..., 1::5] /= 3

    usual = relation(known, shown, everywhere(known)).usual(known)

    torch.testing.assert_close(usual, known, rtol=1e-5, atol=0)


def test_samples_that_do_not_count_turn_nothing() -> None:
    known = ramp()
    shown, counts = known.clone(), everywhere(known)
    shown[..., :80], counts[..., :80] = 3.0, False

    usual = relation(known, shown, counts).usual(known)

    torch.testing.assert_close(usual, known, rtol=1e-5, atol=0)


def test_more_than_a_response_can_be_wrong_by_is_not_followed() -> None:
    known = ramp()

    usual = relation(known, 10 * known, everywhere(known)).usual(known)

    torch.testing.assert_close(usual, MOST_OFF * known, rtol=1e-5, atol=0)


def test_too_few_samples_and_no_light_are_left_as_they_are() -> None:
    few = ramp(math.isqrt(LEAST_SAMPLES - 1))
    one_bin = ramp(math.isqrt(LEAST_SAMPLES) + 1)

    assert torch.equal(relation(few, 2 * few, everywhere(few)).usual(few), few)
    torch.testing.assert_close(
        relation(one_bin, 2 * one_bin, everywhere(one_bin)).usual(one_bin), 2 * one_bin
    )
    dark = torch.tensor([-0.1, 0.0])
    assert relation(one_bin, 2 * one_bin, everywhere(one_bin)).usual(dark).tolist() == (
        pytest.approx([-0.1, 0.0])
    )
