"""Steps that pictures show, beside those that were stated."""

import numpy as np
import pytest

from calibration.response.bracket_codes import in_gauge
from calibration.response.stated_steps import refuse_misfit
from isp.core.errors import CalibrationError

NAMES = ["a", "b", "c", "d", "e", "f"]


def check(true_ev: list[float], said_ev: list[float], exposure_error: float = 0.0) -> None:
    """Steps in EV, refined as a fit leaves them: with the mean of what was stated."""
    true, said = (np.log(2) * np.cumsum([0.0, *steps]) for steps in (true_ev, said_ev))
    refuse_misfit(
        in_gauge(true, said), said, NAMES[: len(said)], exposure_error=exposure_error
    )  # fmt: skip


@pytest.mark.parametrize(
    ("true", "named"),
    [
        ([1, 2], "b and c are 2.00 EV"),
        ([1, 2, 1], "b and c are 2.00 EV"),  # refined to 0.75, 1.5, 0.75: 0.5 off and no more
        ([1, 1, 1, 1, 2], "e and f are 2.00 EV"),
        ([1, 1.6, 1], "b and c are 1.60 EV"),
        ([1, 0.1, 1], "b and c are 0.14 EV"),  # in the gauge, which is where 0.2 is asked
        ([1, 0, 1], "b and c are 0.00 EV"),
        ([1, -1, 1, 1], "b and c are -2.00 EV"),
    ],
)
def test_a_step_that_is_not_the_stated_one_is_refused_with_its_files(
    true: list[float], named: str
) -> None:
    with pytest.raises(CalibrationError, match=f"{named} apart.* but 1.00 EV by their exposures"):
        check(true, [1.0] * len(true))


@pytest.mark.parametrize(
    ("true", "said"),
    [
        ([1.0], [1.0]),
        ([5.0], [1.0]),  # one step alone is the gauge
        ([1.13, 0.88, 1.0], [1.0, 1.0, 1.0]),  # memorial's
        ([1, 1.45, 1], [1, 1, 1]),
        ([0.4, 3.0], [0.3, 3.0]),  # a short step that misses moves no long one
        ([2.0, 2.0, 2.0], [1.0, 1.0, 1.0]),  # a power, which pictures do not tell
    ],
)
def test_steps_about_as_stated_pass(true: list[float], said: list[float]) -> None:
    check(true, said)


def test_shutters_that_are_said_to_miss_may_miss() -> None:
    with pytest.raises(CalibrationError, match="do not fit"):
        check([1, 1.8, 1], [1, 1, 1])

    check([1, 1.8, 1], [1, 1, 1], exposure_error=0.05)  # 0.5 + 0.43 EV
