"""The XMP packets of a gain-map JPEG: the map's numbers, and the list of its pictures."""

import xml.etree.ElementTree as ElementTree

from isp.core.errors import FrameError
from isp.files.gain_map import OFFSET, GainMapFacts, Three

HDRGM = "http://ns.adobe.com/hdr-gain-map/1.0/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
CONTAINER = "http://ns.google.com/photos/1.0/container/"
_START = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="fullwell">'
    f'<rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="" xmlns:hdrgm="{HDRGM}"'
)
_END = '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'


def primary_packet(map_bytes: int) -> bytes:
    """Return the packet of the first picture: that a map of so many bytes follows.

    Source: Android, Ultra HDR image format 1.1, "GContainer metadata".
    """
    items = "".join(
        f'<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="{semantic}" '
        f'Item:Mime="image/jpeg"{length}/></rdf:li>'
        for semantic, length in (("Primary", ""), ("GainMap", f' Item:Length="{map_bytes}"'))
    )
    return (
        f'{_START} xmlns:Container="{CONTAINER}" xmlns:Item="{CONTAINER}item/" '
        f'hdrgm:Version="1.0"><Container:Directory><rdf:Seq>{items}</rdf:Seq>'
        f"</Container:Directory>{_END}"
    ).encode()


def map_packet(facts: GainMapFacts) -> bytes:
    """Return the packet of the gain map: its numbers, as one or three a property.

    Source: Adobe, Gain map specification 1.0 (2023), "Gain map metadata".
    """
    single = {
        "BaseRenditionIsHDR": "False",
        "HDRCapacityMin": _text(facts.base_headroom),
        "HDRCapacityMax": _text(facts.alternate_headroom),
    }
    listed = {
        "GainMapMin": facts.least,
        "GainMapMax": facts.most,
        "Gamma": facts.gamma,
        "OffsetSDR": facts.base_offset,
        "OffsetHDR": facts.alternate_offset,
    }
    if facts.channels == 1:
        single |= {name: _text(values[0]) for name, values in listed.items()}
        listed = {}
    attributes = "".join(f' hdrgm:{name}="{value}"' for name, value in single.items())
    lists = "".join(
        f"<hdrgm:{name}><rdf:Seq>"
        + "".join(f"<rdf:li>{_text(value)}</rdf:li>" for value in values)
        + f"</rdf:Seq></hdrgm:{name}>"
        for name, values in listed.items()
    )
    return f'{_START} hdrgm:Version="1.0"{attributes}>{lists}{_END}'.encode()


def unpack_packet(packet: bytes, channels: int) -> GainMapFacts | None:
    """Return what a map's packet says, or None where it is not about a gain map.

    channels: of the map's picture.

    Raises ValueError where it is damaged, lacks what has no default, or says that the base is the
    HDR rendition.
    """
    try:
        root = ElementTree.fromstring(packet)
    except ElementTree.ParseError as error:
        raise ValueError("its XMP is damaged") from error
    for description in root.iter(f"{{{RDF}}}Description"):
        found = _properties(description)
        if "GainMapMax" in found:
            return _facts(found, channels)
    return None


def _properties(description: ElementTree.Element) -> dict[str, list[str]]:
    mark = f"{{{HDRGM}}}"
    found = {
        key.removeprefix(mark): [value]
        for key, value in description.attrib.items()
        if key.startswith(mark)
    }
    for child in description:
        if child.tag.startswith(mark):
            items = [item.text or "" for item in child.iter(f"{{{RDF}}}li")]
            found[child.tag.removeprefix(mark)] = items or [child.text or ""]
    return found


def _facts(found: dict[str, list[str]], channels: int) -> GainMapFacts:
    if found.get("BaseRenditionIsHDR", ["False"])[0].strip().lower() == "true":
        raise ValueError("its base is the HDR rendition; only an SDR base is read")
    if "HDRCapacityMax" not in found:
        raise ValueError("its gain map says no HDRCapacityMax")

    def three(name: str, default: float) -> Three:
        values = [float(text) for text in found.get(name, [str(default)])]
        if len(values) not in (1, 3):
            raise ValueError(f"its gain map has {len(values)} numbers for {name}")
        red, green, blue = values if len(values) == 3 else values * 3
        return red, green, blue

    try:
        return GainMapFacts(
            least=three("GainMapMin", 0.0),
            most=three("GainMapMax", 0.0),
            gamma=three("Gamma", 1.0),
            base_offset=three("OffsetSDR", OFFSET),
            alternate_offset=three("OffsetHDR", OFFSET),
            base_headroom=three("HDRCapacityMin", 0.0)[0],
            alternate_headroom=three("HDRCapacityMax", 0.0)[0],
            channels=channels,
        )
    except FrameError as error:
        raise ValueError(str(error)) from error


def _text(value: float) -> str:
    return f"{value:.9g}"
