"""A DNG with the tags of a real camera, for the tests of what survives."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from isp.files.tiff_patch import GPS_PLACEHOLDER, PLACEHOLDER, finish
from isp.files.tiff_tags import RawTag

MATRIX = (0.7034, -0.0804, -0.1014, -0.442, 1.2564, 0.2058, -0.0851, 0.1994, 0.5758)
FORWARD = (0.6, 0.2, 0.1642, 0.25, 0.7, 0.05, 0.02, 0.1, 0.7049)
SIZE = (40, 60)


def rationals(values: Any, scale: int = 10_000) -> tuple[int, ...]:
    return tuple(n for v in values for n in (round(v * scale), scale))


TAGS: dict[int, Any] = {
    271: (2, 0, "Maker"),
    272: (2, 0, "Model 5"),
    274: (3, 1, 6),
    306: (2, 0, "2024:05:06 07:08:09"),
    315: (2, 0, "The photographer"),
    33421: (3, 2, (2, 2)),
    33422: (1, 4, bytes([0, 1, 1, 2])),
    50706: (1, 4, bytes([1, 4, 0, 0])),
    50708: (2, 0, "Maker Model 5"),
    50713: (3, 2, (2, 2)),
    50714: (4, 4, (60, 64, 66, 70)),
    50717: (4, 1, 4000),
    50719: ("2I", 2, (4, 1, 2, 1)),  # DefaultCropOrigin
    50720: ("2I", 2, (50, 1, 36, 1)),
    50721: ("2i", 9, rationals(MATRIX)),
    50723: ("2i", 9, rationals(np.eye(3).ravel())),  # CameraCalibration1
    50727: ("2I", 3, rationals((1.0, 1.0, 1.25))),  # AnalogBalance
    50728: ("2I", 3, (5, 10, 10, 10, 2, 3)),
    50730: ("2i", 1, (-3, 10)),  # BaselineExposure
    50736: ("2I", 4, (50, 1, 50, 1, 2, 1, 2, 1)),
    50778: (3, 1, 21),
    50936: (2, 0, "A profile"),
    50964: ("2i", 9, rationals(FORWARD)),
    51041: (12, 6, struct.pack("<6d", 1e-4, 1e-6, 2e-4, 2e-6, 3e-4, 3e-6)),
}
EXIF = [
    RawTag(ifd="exif", code=33434, kind=5, count=1, payload=struct.pack("<2I", 10, 600)),
    RawTag(ifd="exif", code=33437, kind=5, count=1, payload=struct.pack("<2I", 28, 10)),
    RawTag(ifd="exif", code=34855, kind=3, count=1, payload=struct.pack("<H", 400)),
    RawTag(ifd="exif", code=36864, kind=7, count=4, payload=b"0232"),
    RawTag(ifd="exif", code=36867, kind=2, count=20, payload=b"2024:05:06 07:08:09\0"),
    RawTag(ifd="exif", code=37500, kind=7, count=5, payload=b"maker"),  # MakerNote
    RawTag(ifd="exif", code=42036, kind=2, count=8, payload=b"50mm f2\0"),  # LensModel
]
GPS = [RawTag(ifd="gps", code=1, kind=2, count=2, payload=b"N\0")]


def rich_dng(path: Path, tags: dict[int, Any] | None = None) -> np.ndarray:
    """Write the file and return its DN."""
    dn = np.random.default_rng(9).integers(0, 4000, SIZE).astype(np.uint16)
    dn[0, 0] = 0
    merged = TAGS | {PLACEHOLDER: (4, 1, 0), GPS_PLACEHOLDER: (4, 1, 0)} | (tags or {})
    extra = [(code, *value, True) for code, value in sorted(merged.items())]
    with tifffile.TiffWriter(path, byteorder="<") as tiff:
        tiff.write(dn, photometric=32803, subfiletype=0, metadata=None, extratags=extra)
    finish(path, EXIF, {}, GPS)
    return dn
