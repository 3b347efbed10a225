"""Which decoders and encoders this installation holds, for `fullwell doctor`."""

import importlib.metadata


def codec_facts() -> dict[str, str]:
    """Versions and abilities of the image libraries, as name and value.

    >>> "LibRaw" in codec_facts()
    True
    """
    import imagecodecs
    import OpenEXR
    import rawpy

    demosaics = [a.name for a in rawpy.DemosaicAlgorithm if a.isSupported]
    flags = [name for name, value in (rawpy.flags or {}).items() if value]
    return {
        "LibRaw": ".".join(str(part) for part in rawpy.libraw_version),
        "LibRaw demosaics": ", ".join(demosaics),
        "LibRaw built with": ", ".join(flags),
        "OpenEXR": str(OpenEXR.__version__),
        "OpenImageIO": importlib.metadata.version("OpenImageIO"),
        "lossless JPEG": _yes(imagecodecs.LJPEG.available or imagecodecs.JPEG.available),
        "JPEG XL": _yes(imagecodecs.JPEGXL.available),
        "AVIF": _yes(imagecodecs.AVIF.available),
        "Ultra HDR": _yes(imagecodecs.ULTRAHDR.available),
    }


def _yes(available: bool) -> str:
    return "available" if available else "not available"
