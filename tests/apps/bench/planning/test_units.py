"""Times and amounts of memory are read with their units, and nothing is guessed."""

import pytest

from apps.bench.planning.units import bytes_of, milliseconds
from isp.core.errors import UsageError


def test_seconds_are_a_thousand_milliseconds() -> None:
    assert milliseconds("0.5s") == 500
    assert milliseconds("33ms") == 33


def test_a_gigabyte_is_not_a_gibibyte() -> None:
    assert bytes_of("2GB") == 2_000_000_000
    assert bytes_of("2GiB") == 2_147_483_648
    assert (bytes_of("500MB"), bytes_of("1MiB")) == (500_000_000, 1_048_576)


@pytest.mark.parametrize(
    "text", ["33", "ms", "33 ms", "-1ms", "0ms", "1e3ms", "infs", "nans", "1_0ms", "3,3ms", "33us",
             "1.2.3s", ".ms", "٣ms", "²ms", ""]
)  # fmt: skip
def test_what_is_no_time_is_refused_with_what_was_said(text: str) -> None:
    with pytest.raises(UsageError, match=r"--budget takes a time, as 33ms or 0.5s, not"):
        milliseconds(text)


@pytest.mark.parametrize("text", ["2", "2gb", "2G", "2 GB", "0MB", "GB", "2TB", "-1GB"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--memory takes an amount"):
        bytes_of(text)
