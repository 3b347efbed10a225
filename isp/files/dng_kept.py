"""Tags that a frame brought from its file, merged with those that a DNG's writer makes."""

import struct
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

import numpy as np

from isp.core.domain import Domain
from isp.core.errors import FrameError
from isp.core.frame import Frame
from isp.files.dng_opcodes import parse_opcodes
from isp.files.dng_storage import Stored
from isp.files.dng_tag_values import Tag, is_denoised, is_merged
from isp.files.tiff_patch import Entry
from isp.files.tiff_tags import RawTag, by_code, numbers_of, tag_of

NAMES = (271, 272, 50708)  # Make, Model, UniqueCameraModel
MATRICES = (50721, 50722)  # ColorMatrix1 and 2
FORWARD = (50964, 50965)
# Whatever is said in one breath with the matrices: illuminants, calibration, forward and
# reduction matrices, and those of a third illuminant.
WITH_MATRICES = (
    *MATRICES, 50723, 50724, 50725, 50726, 50727, 50778, 50779, 50931, 50932, 50964, 50965,
    *range(52529, 52539),
)  # fmt: skip
NEUTRAL, WHITE_XY, BASELINE_EXPOSURE, NOISE_PROFILE = 50728, 50729, 50730, 51041
OF_THIS_SIZE = (50719, 50720, 51089, 51090, 51091)  # crops, in pixels
ORIENTATION = 274
LISTS = {"2": 51009, "3": 51022}
STOP_PARTS = 1_000_000  # denominator of stops: far finer than a code of 16 bits
SAME = 1e-6  # of a rational: the file's own form of a number that did not change


def file_tags(frame: Frame) -> list[RawTag]:
    """The tags of the file that a frame was read from; none of a simulated one."""
    return [tag_of(record) for record in frame.shot.tags.get("tags", ())]


def merged_tags(frame: Frame, ours: Sequence[Tag], stored: Stored) -> list[Tag]:
    """Our tags and the file's own: what the frame changed is ours, all else is the file's.

    Names are the file's: these are its camera's pixels. Matrices, with all that belongs to them,
    are the file's unless the profile has others. The noise profile follows the scale of the
    codes, and is left out of demosaiced colours, which it does not describe.

    Raises FrameError for opcodes that the file demands and that no longer fit the picture.
    """
    kept = dict(by_code(file_tags(frame), "main"))
    made = {tag[0]: tag for tag in ours}
    same_size = list(frame.size) == frame.shot.tags.get("size")
    if not same_size:
        for code in OF_THIS_SIZE:
            kept.pop(code, None)
    kept.pop(WHITE_XY, None)
    kept.pop(ORIENTATION, None)
    if not _same_matrices(kept, frame):
        for code in WITH_MATRICES:
            kept.pop(code, None)
    if NEUTRAL in kept and NEUTRAL in made and not _same(kept[NEUTRAL], made[NEUTRAL][3]):
        kept.pop(NEUTRAL)
    _rescale(kept, frame, stored)
    named = {code: extra_tag(tag) for code, tag in kept.items()}
    return list((made | named | _lists(frame, same_size=same_size)).values())


def merged_exif(frame: Frame, ours: Sequence[Entry]) -> tuple[list[Entry | RawTag], list[RawTag]]:
    """EXIF and GPS entries: the file's, and ours where the shot says something else."""
    tags = file_tags(frame)
    exif: dict[int, Entry | RawTag] = dict(by_code(tags, "exif"))
    for entry in ours:
        known = exif.get(entry.tag)
        if known is None or not _same(known, tuple(entry.values)):
            exif[entry.tag] = entry
    return list(exif.values()), list(by_code(tags, "gps").values())


def _lists(frame: Frame, *, same_size: bool) -> dict[int, Tag]:
    found: dict[int, Tag] = {}
    for number, text in frame.shot.tags.get("opcode_lists", {}).items():
        value = b64decode(text)
        if number == "2" and frame.domain is Domain.CAMERA:
            raise FrameError(
                "the file's OpcodeList2 is for the mosaic and was not run; develop it with "
                "opcodes_mosaic before the demosaic"
            )
        if not same_size and any(not o.is_optional for o in parse_opcodes(value, int(number))):
            raise FrameError(f"the file's OpcodeList{number} is for another size than the picture")
        if same_size:
            found[LISTS[number]] = (LISTS[number], 7, len(value), value, True)
    return found


def _rescale(kept: dict[int, RawTag], frame: Frame, stored: Stored) -> None:
    """NoiseProfile and BaselineExposure on the scale where `light` is white."""
    noise = kept.pop(NOISE_PROFILE, None)
    # One shot's noise says nothing of a merged mosaic's, nor of one that was denoised.
    fits = frame.domain is not Domain.CAMERA and not (is_merged(frame) or is_denoised(frame))
    if noise is not None and noise.kind == 12 and fits:
        values = np.frombuffer(noise.payload, "<f8").reshape(-1, 2)
        scaled = (values / (stored.light, stored.light**2)).astype("<f8").tobytes()
        kept[NOISE_PROFILE] = RawTag(
            ifd="main", code=NOISE_PROFILE, kind=12, count=noise.count, payload=scaled
        )
    before, known = kept.get(BASELINE_EXPOSURE), frame.shot.baseline_exposure_ev
    own = 0.0 if known is None else float(known[0])
    if before is not None:
        own = numbers_of(before)[0]
    if stored.light != 1 or (own and before is None):
        stops = round((own + stored.exposure_ev) * STOP_PARTS)
        kept[BASELINE_EXPOSURE] = RawTag(
            ifd="main", code=BASELINE_EXPOSURE, kind=10, count=1,
            payload=struct.pack("<2i", stops, STOP_PARTS),
        )  # fmt: skip


def _same_matrices(kept: dict[int, RawTag], frame: Frame) -> bool:
    entries = frame.need_profile().colour_matrices
    forward = [np.ravel(m.forward) for m in entries if m.forward]
    return _among(kept, MATRICES, [np.ravel(m.xyz_to_camera) for m in entries]) and (
        not forward or _among(kept, FORWARD, forward)
    )


def _among(kept: dict[int, RawTag], codes: Sequence[int], ours: Sequence[Any]) -> bool:
    theirs = [numbers_of(kept[code]) for code in codes if code in kept]
    return bool(ours) and all(
        any(len(t) == len(o) and np.allclose(t, o, rtol=0, atol=SAME) for t in theirs) for o in ours
    )


def _same(kept: Entry | RawTag, values: Any) -> bool:
    """Whether a tag of the file says what ours does, in whatever rationals."""
    if isinstance(values, (tuple, list)) and isinstance(kept, RawTag) and kept.kind in (5, 10):
        pairs = np.reshape(values, (-1, 2)).astype(float)
        ours, theirs = pairs[:, 0] / pairs[:, 1], np.asarray(numbers_of(kept))
        if theirs.max(initial=0) > 0 and kept.code == NEUTRAL:
            ours, theirs = ours / ours.max(), theirs / theirs.max()
        return ours.shape == theirs.shape and bool(np.allclose(ours, theirs, rtol=SAME, atol=0))
    return False


def extra_tag(tag: RawTag) -> Tag:
    """A tag as it stood, in the form that tifffile takes."""
    if tag.kind in (5, 10):  # tifffile counts packed rationals twice: give it the numbers
        kind, form = ("<u4", "2I") if tag.kind == 5 else ("<i4", "2i")
        pairs = tuple(np.frombuffer(tag.payload, kind).tolist())
        return tag.code, form, tag.count, pairs, True
    return tag.code, tag.kind, tag.count, tag.payload, True
