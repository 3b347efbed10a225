"""Every kind of file that is read has a decoder that can be found."""

import importlib

import pytest

from isp.files.decoders import DECODERS, PICTURES
from isp.files.magic import _MAGIC


@pytest.mark.parametrize("decoder", sorted({*DECODERS.values(), *PICTURES.values()}))
def test_each_decoder_is_a_function(decoder: str) -> None:
    module, name = decoder.split(":")

    assert callable(getattr(importlib.import_module(module), name))


def test_every_family_that_is_read_has_one() -> None:
    assert set(DECODERS) == {family for _, _, family, _ in _MAGIC} - {"other"}
