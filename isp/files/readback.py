"""How other libraries read a picture: its numbers as 0..1, and what they say about its colours."""

import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Seen(NamedTuple):
    """pixels: (h, w, 3); codes as 0..1, light as it is. facts: what the library says."""

    pixels: NDArray[np.float64]
    facts: str


def by_openimageio(path: Path) -> Seen:
    """Read with OpenImageIO.

    Raises ValueError where it does not.
    """
    import OpenImageIO as oiio

    source = oiio.ImageInput.open(str(path))
    if source is None:
        raise ValueError(oiio.geterror().strip().splitlines()[0])
    try:
        spec = source.spec()
        pixels = source.read_image(0, 3, oiio.FLOAT)
        trouble = source.geterror().strip()
        if pixels is None:
            raise ValueError(trouble or "no pixels")
        space = spec.getattribute("oiio:ColorSpace") or "no colour space named"
        return Seen(np.asarray(pixels, dtype=np.float64), f"{spec.format}, {space}")
    finally:
        source.close()


def by_pillow(path: Path) -> Seen:
    """Read with Pillow, which has 8 bits for colour.

    Raises ValueError where it does not.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            code = np.asarray(picture.convert("RGB"), dtype=np.float64)
            said = f"{picture.format}, {picture.mode}"
    except (UnidentifiedImageError, OSError) as error:
        raise ValueError("cannot identify or decode it") from error
    return Seen(code / 255, said)


def by_imagecodecs(path: Path) -> Seen:
    """Read with imagecodecs; an Ultra HDR JPEG as the HDR light that libultrahdr rebuilds.

    Raises ValueError where it does not.
    """
    import imagecodecs

    stored = path.read_bytes()
    suffix = path.suffix.lower()
    is_hdr_jpeg = suffix == ".jpg" and b"hdr-gain-map" in stored
    readers: dict[str, Callable[..., NDArray]] = {
        ".avif": imagecodecs.avif_decode,
        ".jxl": imagecodecs.jpegxl_decode,
        ".png": imagecodecs.png_decode,
        ".hdr": imagecodecs.rgbe_decode,
        ".exr": imagecodecs.exr_decode if hasattr(imagecodecs, "exr_decode") else _none,
        ".jpg": imagecodecs.ultrahdr_decode if is_hdr_jpeg else imagecodecs.jpeg_decode,
    }
    if suffix not in readers:
        raise ValueError("it has no decoder for this format")
    try:
        pixels = np.asarray(readers[suffix](stored))[..., :3]
    except (RuntimeError, ValueError) as error:
        raise ValueError(str(error).splitlines()[0]) from error
    kind = pixels.dtype
    unit = pixels.astype(np.float64)
    if kind.kind == "u":
        unit /= _largest(suffix, stored, kind)
    return Seen(unit, str(kind))


def _largest(suffix: str, stored: bytes, kind: np.dtype) -> float:
    """An AVIF's codes come in as many bits as its `pixi` box says."""
    if suffix == ".avif" and kind.itemsize == 2:
        return float(2 ** stored[stored.index(b"pixi") + 9] - 1)
    return float(2 ** (8 * kind.itemsize) - 1)


def _none(stored: bytes) -> NDArray:
    raise ValueError("it has no decoder for this format")


LIBRARIES: dict[str, Callable[[Path], Seen]] = {
    "OpenImageIO": by_openimageio,
    "Pillow": by_pillow,
    "imagecodecs": by_imagecodecs,
}


def library_version(name: str) -> str:
    """The version that is installed."""
    return importlib.metadata.version(name)
