"""The doctor's list of codecs says what the libraries say."""

import imagecodecs
import rawpy

from isp.files.codecs import codec_facts


def test_libraw_s_version_and_its_demosaics_are_those_of_the_wheel() -> None:
    facts = codec_facts()

    assert facts["LibRaw"] == ".".join(str(part) for part in rawpy.libraw_version)
    supported = {name.strip() for name in facts["LibRaw demosaics"].split(",")}
    assert {"LINEAR", "AHD", "DHT"} <= supported
    assert ("AMAZE" in supported) == rawpy.DemosaicAlgorithm.AMAZE.isSupported


def test_a_codec_is_called_available_only_when_it_is() -> None:
    said = codec_facts()["JPEG XL"] == "available"

    assert said == imagecodecs.JPEGXL.available
