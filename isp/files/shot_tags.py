"""Exposure time and ISO out of a camera file's tags, without decoding its pixels."""

import struct
from pathlib import Path
from typing import NamedTuple

import tifffile

from isp.files.decoded import Decoded
from isp.files.dng_tags import LARGEST_RATING, exif_facts
from isp.files.guarded import decode
from isp.files.limits import Limits
from isp.files.magic import look_at
from isp.files.mosaic_file import PICTURE_TIFF_SUFFIXES


class ShotTags(NamedTuple):
    """What the tags say: seconds, and the ISO or None."""

    exposure_time_s: float
    iso: float | None


def read_shot_tags(path: Path, limits: Limits) -> ShotTags | None:
    """Return what a TIFF-based raw (DNG, CR2, NEF, ARW, ...) says of its shot.

    None where only decoding tells: another container, or tags that do not say the exposure time
    or cannot hold the ISO. Whether the pixels are sound is not looked at.

    Raises FileError or LimitError for a file that is none of the known formats.
    """
    kind = look_at(path, limits)
    if kind.family != "tiff" or path.suffix.lower() in PICTURE_TIFF_SUFFIXES:
        return None
    facts = decode("isp.files.shot_tags:decode_shot_tags", path, limits).facts
    time, iso = facts.get("exposure_time_s"), facts.get("iso")
    if time is None or (iso is not None and iso == LARGEST_RATING):
        return None
    return ShotTags(exposure_time_s=float(time), iso=None if iso is None else float(iso))


def decode_shot_tags(path: str, limits: Limits) -> Decoded:
    """Read the EXIF facts in the decoder's child; none where the structure is broken."""
    del limits  # no pixel is opened
    try:
        with tifffile.TiffFile(path) as tiff:
            first = tiff.pages[0] if tiff.pages else None
            facts = {} if first is None else exif_facts(first)
    except (tifffile.TiffFileError, ValueError, struct.error, OSError):
        facts = {}  # reading the file says what is wrong with it
    return Decoded(facts=facts)
