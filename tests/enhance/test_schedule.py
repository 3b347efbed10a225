"""Exposures rise from the capture's towards the reference's, as the paper's lists do."""

import pytest

from enhance.schedule import exposures, random_exposures
from isp.core.errors import UsageError
from isp.core.rng import Draws, Effect


@pytest.mark.parametrize(
    ("steps", "expected"),
    [(0, [1]), (1, [1, 50.5]), (2, [1, 34, 67]), (4, [1, 20.8, 40.6, 60.4, 80.2])],
)
def test_linear_exposures_are_those_of_the_release(steps: int, expected: list[float]) -> None:
    assert exposures(100, steps) == pytest.approx(expected)


def test_logarithmic_exposures_rise_by_one_factor() -> None:
    assert exposures(1000, 2, "log") == pytest.approx([1, 10, 100])


def test_a_ratio_is_a_real_number_and_one_stays_one() -> None:
    assert exposures(299.9, 1)[1] == pytest.approx(150.45)  # not of 299
    assert exposures(1, 3) == (1, 1, 1, 1)


@pytest.mark.parametrize("steps", [0, 1, 2, 9])
def test_random_exposures_rise_from_one_within_the_ratio_and_are_keyed(steps: int) -> None:
    first, again, other = (
        random_exposures(250.5, steps, Draws(seed=seed, effect=Effect.SCENE)) for seed in (1, 1, 2)
    )

    assert first == again
    assert len(first) == steps + 1
    assert first[0] == 1
    assert list(first) == sorted(first)
    assert all(1 < exposure < 250.5 for exposure in first[1:])
    assert (first != other) is (steps > 0)


def test_random_exposures_are_uniform_in_the_mean() -> None:
    drawn = random_exposures(101, 4000, Draws(seed=3, effect=Effect.SCENE))[1:]

    # Uniform over 1..101: mean 51, deviation 100 / sqrt(12); five standard errors of 4000.
    assert abs(sum(drawn) / 4000 - 51) < 5 * 100 / (12 * 4000) ** 0.5


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((0.9, 1), "1 to 65536, not 0.9"), ((float("nan"), 1), "not nan"),
        ((2.0, -1), "0 or more, not -1"), ((2.0, 1, "cubic"), 'linear or log, not "cubic"'),
    ],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(arguments: tuple, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        exposures(*arguments)
