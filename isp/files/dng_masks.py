"""The masks of light in a DNG: which values were measured, kept beside the pixels.

A white level tells what is lost of a mosaic; of light that was demosaicked it tells too little,
for every value that rests on a lost photosite is lost with it, however dark it came out. Nor does
it tell what several exposures that were merged to one mosaic know together.
"""

import struct
import zlib

import numpy as np
from jaxtyping import Bool

PRIVATE_DATA = 50740  # DNGPrivateData
NAME = b"fullwell masks 1\0"
LAYOUT = "<3I"  # planes, height, width
FAST = 6  # of zlib

Tag = tuple[int, int, int, bytes, bool]


def masks_tag(
    clipped: Bool[np.ndarray, "p h w"],
    unmeasured: Bool[np.ndarray, "p h w"],
    *,
    always: bool = False,
) -> list[Tag]:
    """The tag that keeps the masks of light; none where all of it was measured.

    always: then too, where a reader would take values for lost that are not.

    A name that ends in 0, as the specification asks, then planes, height and width, and the bits
    of both masks, plane by plane in reading order, by zlib.

    Source: DNG 1.7.1, DNGPrivateData.
    """
    if not (always or unmeasured.any()):
        return []
    bits = zlib.compress(np.packbits(np.concatenate([clipped, unmeasured])).tobytes(), FAST)
    payload = NAME + struct.pack(LAYOUT, *clipped.shape) + bits
    return [(PRIVATE_DATA, 1, len(payload), payload, True)]


def is_ours(payload: bytes) -> bool:
    """Whether private data are masks that `masks_tag` made."""
    return payload.startswith(NAME)


def masks_of(payload: bytes, size: tuple[int, int], planes_there: int = 3) -> dict[str, np.ndarray]:
    """`clipped` and `unmeasured`, bool (h, w, planes), of a picture of this size and planes.

    Nothing where the data are of another kind, of another size (the picture was changed since) or
    spoilt: the white level then tells what it can.
    """
    head = len(NAME) + struct.calcsize(LAYOUT)
    if not is_ours(payload) or len(payload) < head:
        return {}
    planes, *stated = struct.unpack_from(LAYOUT, payload, len(NAME))
    if planes != planes_there or tuple(stated) != size:
        return {}
    count = 2 * planes * size[0] * size[1]
    try:
        packed = zlib.decompressobj().decompress(payload[head:], -(-count // 8) + 1)
    except zlib.error:
        return {}
    if len(packed) != -(-count // 8):
        return {}
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=count).astype(bool)
    clipped, unmeasured = bits.reshape(2, planes, *size)
    return {"clipped": np.moveaxis(clipped, 0, -1), "unmeasured": np.moveaxis(unmeasured, 0, -1)}
