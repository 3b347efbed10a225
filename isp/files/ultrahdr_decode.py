"""Decode an Ultra HDR JPEG: base, gain map and what its numbers mean. Runs in the child."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import FileError
from isp.files.decoded import Decoded
from isp.files.gain_map import CODES, GainMapFacts, apply_gain_map
from isp.files.hdrgm_xmp import unpack_packet
from isp.files.icc import space_of
from isp.files.iso21496 import URN, unpack_facts
from isp.files.jpeg_segments import APP1, APP2, ICC, XMP, segments
from isp.files.limits import Limits
from isp.files.magic import look_at
from isp.files.mpf import further_pictures

ORIENTATION = 274  # EXIF tag


def decode_ultrahdr(path: str, limits: Limits, *, pixels: bool = True) -> Decoded:
    """Return `rgb` (h, w, 3) float32, 1.0 the base's white, and `ends` (h, w) bool.

    ends: where the base is at code 0, or base and map are at their largest, in a channel.

    Raises FileError or LimitError.
    """
    kind = look_at(path, limits)
    if kind.family != "jpeg":
        raise FileError(path, f"it is {kind.name}, not an Ultra HDR JPEG")
    stored = Path(path).read_bytes()
    try:
        second, facts, source = _gain_map(stored)
        space = space_of(_profile(stored))
    except ValueError as error:
        raise FileError(path, str(error)) from error
    base, orientation = _decoded(path, stored, limits)
    code, _ = _decoded(path, second, limits)
    spread = _enlarged(code[..., : facts.channels], base.shape[:2])
    unit = base / CODES
    linear = np.where(unit <= 0.04045, unit / 12.92, ((unit + 0.055) / 1.055) ** 2.4)
    rgb = apply_gain_map(linear, spread, facts)
    ends = ((base == 0) | ((base == CODES) & (spread >= CODES))).any(axis=2)
    said: dict[str, Any] = {
        "container": "Ultra HDR JPEG",
        "kind": "picture",
        "width": base.shape[1],
        "height": base.shape[0],
        "space": space,
        "metadata": source,
        "headroom_stops": facts.alternate_headroom,
        "map_channels": facts.channels,
        "orientation": orientation,
    }
    arrays = {"rgb": rgb.astype(np.float32), "ends": ends}
    return Decoded(facts=said, arrays=arrays if pixels else {})


def _gain_map(stored: bytes) -> tuple[bytes, GainMapFacts, str]:
    """The map's JPEG, its numbers, and where they stood: ISO 21496-1 first, else XMP."""
    for place in further_pictures(stored):
        second = stored[place.start : place.start + place.length]
        packets = []
        for found in segments(second):
            if found.marker == APP2 and found.content.startswith(URN):
                return second, unpack_facts(found.content[len(URN) :]), "ISO 21496-1"
            if found.marker == APP1 and found.content.startswith(XMP):
                packets.append(found.content[len(XMP) :])
        for packet in packets:
            facts = unpack_packet(packet, _channels(second))
            if facts is not None:
                return second, facts, "hdrgm XMP"
    raise ValueError("it has no gain map; it is a plain JPEG")


def _channels(stored: bytes) -> int:
    from PIL import Image

    with Image.open(io.BytesIO(stored)) as picture:
        return 1 if picture.mode == "L" else 3


def _profile(stored: bytes) -> bytes | None:
    parts = [
        found.content[len(ICC) + 2 :]
        for found in segments(stored)
        if found.marker == APP2 and found.content.startswith(ICC)
    ]
    return b"".join(parts) or None


def _decoded(path: str, stored: bytes, limits: Limits) -> tuple[NDArray[np.float64], int]:
    """Codes (h, w, 3) and the EXIF orientation."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(stored), formats=("JPEG", "MPO")) as picture:
            limits.check_pixels(path, *picture.size)
            orientation = int(picture.getexif().get(ORIENTATION, 1))
            return np.asarray(picture.convert("RGB"), dtype=np.float64), orientation
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, FileError):
            raise
        raise FileError(path, f"it is cut short or damaged ({error})") from error


def _enlarged(code: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """A map of fewer pixels, bilinear, to the base's size."""
    from PIL import Image

    if code.shape[:2] == size:
        return code
    planes = [
        Image.fromarray(code[..., channel].astype(np.float32)).resize(
            (size[1], size[0]), Image.Resampling.BILINEAR
        )
        for channel in range(code.shape[2])
    ]
    return np.stack([np.asarray(plane, dtype=np.float64) for plane in planes], axis=-1)
