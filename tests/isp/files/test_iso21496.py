"""The bytes of ISO 21496-1: those that libultrahdr writes, and back."""

import struct

import pytest

from isp.core.errors import FrameError
from isp.files.gain_map import GainMapFacts
from isp.files.iso21496 import URN, pack_facts, unpack_facts

ONE = GainMapFacts(
    least=(-0.5,) * 3, most=(3.25,) * 3, gamma=(0.75,) * 3, alternate_headroom=2.5, channels=1
)
THREE = GainMapFacts(
    least=(-0.5, 0.0, 0.25), most=(3.0, 2.0, 1.0), gamma=(1.0, 0.5, 2.0), alternate_headroom=3.0
)


def test_the_lengths_are_those_of_the_layout() -> None:
    assert len(URN) == 28
    assert (len(pack_facts(ONE)), len(pack_facts(THREE))) == (61, 141)


@pytest.mark.parametrize("facts", [ONE, THREE], ids=["one", "three"])
def test_every_number_comes_back(facts: GainMapFacts) -> None:
    assert unpack_facts(pack_facts(facts)) == facts


def test_what_libultrahdr_wrote_is_read() -> None:
    """CONVENTIONS 1.4: one channel, headroom 0/1 and 5895489/1048576, gamma 1/1, offsets 0/1."""
    packed = bytes(4) + b"\x40" + struct.pack(">4I", 0, 1, 5895489, 1048576)
    packed += struct.pack(">iIiI", 0, 1, 2, 1) + struct.pack(">II", 1, 1)
    packed += struct.pack(">iIiI", 0, 1, 0, 1)

    facts = unpack_facts(packed)

    assert facts.alternate_headroom == pytest.approx(5.622, abs=5e-4)
    assert (facts.channels, facts.most, facts.base_offset) == (1, (2.0,) * 3, (0.0,) * 3)


def test_one_denominator_for_all_is_read() -> None:
    packed = bytes(4) + b"\x48" + struct.pack(">3I", 10, 0, 25)
    packed += struct.pack(">iiIii", -5, 30, 10, 1, 1)

    facts = unpack_facts(packed)

    assert facts.alternate_headroom == 2.5
    assert (facts.least[0], facts.most[2], facts.alternate_offset[1]) == (-0.5, 3.0, 0.1)


@pytest.mark.parametrize(
    ("packed", "trouble"),
    [
        (b"\x00\x01\x00\x01\x40", "a reader of version 1"),
        (bytes(4) + b"\x44", "HDR rendition"),
        (bytes(4) + b"\x00", "alternate's colours"),
        (pack_facts(ONE)[:40], "damaged"),
        (b"", "damaged"),
        (pack_facts(ONE)[:5] + bytes(56), "damaged"),
    ],
)
def test_what_is_not_read_is_refused(packed: bytes, trouble: str) -> None:
    with pytest.raises(ValueError, match=trouble):
        unpack_facts(packed)


def test_a_number_beyond_the_fraction_is_refused() -> None:
    with pytest.raises(FrameError, match="beyond 127"):
        pack_facts(GainMapFacts(least=(0.0,) * 3, most=(128.0,) * 3))
