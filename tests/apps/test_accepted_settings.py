"""A setting takes what its stage's annotation says, and no number that is none."""

import inspect
import math

import pytest

from apps.accepted_settings import check_setting
from isp.core.errors import UsageError


@pytest.mark.parametrize("value", ["1", None, math.nan, math.inf, (1.0,)])
def test_what_is_no_finite_number_is_no_float(value: object) -> None:
    with pytest.raises(UsageError, match=r"Stage\.amount takes float, not"):
        check_setting("Stage.amount", value, float)


def test_what_fits_or_is_not_annotated_passes() -> None:
    check_setting("Stage.amount", 0.5, float)
    check_setting("Stage.amount", "auto", float | str)
    check_setting("Stage.amount", math.nan, inspect.Parameter.empty)
