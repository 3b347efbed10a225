"""A package that is missing is named, with the way to it."""

import pytest

from isp.core.errors import MissingError
from isp.files.optional import optional


def test_what_is_there_is_imported() -> None:
    assert optional("json", "reading", "codecs").loads("1") == 1


def test_what_is_missing_is_named_with_its_extra() -> None:
    with pytest.raises(MissingError, match=r"a HEIC needs the package no_such.*fullwell\[codecs\]"):
        optional("no_such_package", "a HEIC", "codecs")
    assert MissingError.exit_code == 3
