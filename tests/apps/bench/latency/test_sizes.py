"""Sizes are named or written out, height first."""

import pytest

from apps.bench.latency.sizes import sizes_of
from isp.core.errors import UsageError


def test_names_are_the_sizes_of_the_protocol_in_any_case() -> None:
    assert sizes_of("12mp, 4K,1080P") == ((3000, 4000), (2160, 3840), (1080, 1920))


@pytest.mark.parametrize("text", ["", "8K", "64x", "0x96", "-64x96", "64x96x3", "12MP,3000x4000"])
def test_what_is_no_size_or_comes_twice_is_a_matter_of_usage(text: str) -> None:
    with pytest.raises(UsageError, match="--size"):
        sizes_of(text)
