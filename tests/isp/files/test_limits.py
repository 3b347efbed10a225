"""Limits refuse what is too large, with the numbers."""

import pytest

from isp.core.errors import LimitError
from isp.files.limits import Limits


def test_a_picture_of_exactly_the_limit_passes() -> None:
    Limits(pixels=200).check_pixels("a.dng", 20, 10)


def test_one_row_more_is_refused_with_file_size_and_limit() -> None:
    with pytest.raises(LimitError, match=r"a\.dng: 20000 x 10001 is 200\.0 megapixels.*200"):
        Limits().check_pixels("a.dng", 20_000, 10_001)


def test_a_longer_file_is_refused() -> None:
    with pytest.raises(LimitError, match=r"a\.dng: 11 bytes are over the limit of 10"):
        Limits(file_bytes=10).check_bytes("a.dng", 11)
