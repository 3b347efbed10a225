"""A job says how its pictures are to be written."""

import pytest

from apps.job import Job
from isp.core.errors import UsageError


def test_a_jobs_delivery_is_what_was_asked_for() -> None:
    asked = Job(bit_depth=16, masks=True, delivery={"quality": 80}).asked()

    assert (asked.bit_depth, asked.masks, asked.quality) == (16, True, 80)


def test_a_delivery_that_does_not_exist_is_refused() -> None:
    with pytest.raises((TypeError, UsageError), match="glitter"):
        Job(delivery={"glitter": 1}).asked()
