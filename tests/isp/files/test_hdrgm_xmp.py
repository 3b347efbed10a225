"""The XMP packets hold every number, in both forms, and refuse what is not read."""

import pytest

from isp.files.gain_map import GainMapFacts
from isp.files.hdrgm_xmp import map_packet, primary_packet, unpack_packet

ONE = GainMapFacts(
    least=(-0.5,) * 3, most=(3.25,) * 3, gamma=(0.75,) * 3, alternate_headroom=2.5, channels=1
)
THREE = GainMapFacts(least=(-0.5, 0.0, 0.25), most=(3.0, 2.0, 1.0), gamma=(1.0, 0.5, 2.0))


@pytest.mark.parametrize("facts", [ONE, THREE], ids=["one", "three"])
def test_every_number_comes_back(facts: GainMapFacts) -> None:
    assert unpack_packet(map_packet(facts), facts.channels) == facts


def test_what_has_a_default_may_be_left_out() -> None:
    packet = (
        b'<x xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        b'xmlns:h="http://ns.adobe.com/hdr-gain-map/1.0/" h:Version="1.0" h:GainMapMax="2" '
        b'h:HDRCapacityMax="2.5"/></x>'
    )

    facts = unpack_packet(packet, 1)

    assert facts is not None
    assert (facts.least, facts.most, facts.gamma) == ((0,) * 3, (2,) * 3, (1,) * 3)
    assert facts.base_offset == facts.alternate_offset == (1 / 64,) * 3
    assert facts.alternate_headroom == 2.5


def test_a_packet_about_something_else_says_nothing() -> None:
    assert unpack_packet(primary_packet(7), 1) is None


def test_the_first_picture_s_packet_names_the_map_and_its_length() -> None:
    packet = primary_packet(1234).decode()

    assert 'hdrgm:Version="1.0"' in packet
    assert packet.index('Item:Semantic="Primary"') < packet.index('Item:Semantic="GainMap"')
    assert 'Item:Length="1234"' in packet


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        (("</rdf:RDF>", ""), "damaged"),
        (('"False"', '"True"'), "HDR rendition"),
        ((' hdrgm:HDRCapacityMax="1"', ""), "no HDRCapacityMax"),
        (("<rdf:li>3</rdf:li>", ""), "2 numbers"),
        (("<rdf:li>3</rdf:li>", "<rdf:li>three</rdf:li>"), "three"),
        (("<rdf:li>3</rdf:li>", "<rdf:li>-3</rdf:li>"), "gains rise"),
    ],
)
def test_what_is_not_read_is_refused(change: tuple[str, str], trouble: str) -> None:
    packet = map_packet(THREE).decode()
    assert change[0] in packet

    with pytest.raises(ValueError, match=trouble):
        unpack_packet(packet.replace(*change).encode(), 3)
