"""Write RAW, MOSAIC and CAMERA frames as DNG that LibRaw and darktable read exactly."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.files.dng_kept import LISTS, extra_tag, merged_exif, merged_tags
from isp.files.dng_masks import masks_tag
from isp.files.dng_noise import noise_tags, pairs_tag
from isp.files.dng_opcodes import parse_opcodes
from isp.files.dng_storage import Stored, stored
from isp.files.dng_tag_values import (
    Tag,
    black_tags,
    colour_tags,
    exif_entries,
    is_denoised,
    is_merged,
    is_simulated,
    pattern_tags,
    table_tags,
)
from isp.files.dump import refuse_foreign_sidecar, sidecar_path
from isp.files.raw import DNG_SIDECAR
from isp.files.safe_write import safe_write
from isp.files.tiff_patch import GPS_PLACEHOLDER, PLACEHOLDER, finish

LEAST_SIZE = 22  # LibRaw takes nothing smaller for a raw (measured)
CFA_PHOTOMETRIC, LINEAR_RAW, MIN_IS_BLACK = 32803, 34892, 1
XTRANS_SHIFTS = frozenset(Cfa.XTRANS.crop(y, x) for y in range(6) for x in range(6))
TILE = (256, 256)
COMPRESSIONS: dict[str, dict[str, Any]] = {
    "none": {},
    # One strip: of several, and of tiles wider than the picture, LibRaw gives wrong pixels. With
    # the bits said, the encoder is one whose codes above 12 bits LibRaw opens (all measured).
    "lossless_jpeg": {
        "compression": "jpeg", "rowsperstrip": 0,  # the whole picture
        "compressionargs": {"lossless": True, "bitspersample": 16},
    },
    "jpeg_xl": {"compression": 52546, "tile": TILE, "compressionargs": {"lossless": True}},
}  # fmt: skip
DNG_VERSION = (50706, 50707)  # DNGVersion, DNGBackwardVersion


def write_dng(
    path: str | Path,
    frame: Frame,
    *,
    compression: str = "none",
    sample: str = "uint16",
    white: float | None = None,
    noise_left: Sequence[tuple[float, float]] = (),
    force: bool = False,
) -> None:
    """Write a frame as DNG, with levels, pattern, colours, noise, exposure and its file's tags.

    RAW is written as its DN, exactly. MOSAIC is written as a mosaic and CAMERA as LinearRaw, both
    without the white balance they had (AsShotNeutral says it): 16-bit codes whose black lies high
    enough for the values below 0, or floating point.
    WhiteLevel is where the DN really saturate: the lower of the profile's and of
    black + gain x full well. With a linearization table the file stores codes and the table, from
    which readers take the same DN; levels are DN all the same. A sidecar of the same stem
    (NAME.json) keeps what a DNG cannot: the profile's own levels and full well, the shot and the
    history. The masks of CAMERA light and of a merged or denoised mosaic are in its private data
    (`isp.files.dng_masks`).

    compression: `none`, `lossless_jpeg` or `jpeg_xl` (lossless; DNG 1.7, which neither
        LibRaw nor darktable 4.2 opens). sample: `uint16`, `float16` or `float32`.
    white: the linear value (1 = sensor white) that the file calls white, for light above 1: a
        reader sees light / white, and BaselineExposure makes up for it. Values above it are
        refused, never cut; those of CAMERA light that were not measured lie above WhiteLevel.
    noise_left: NoiseProfile of a mosaic that a network denoised, a pair for all or one for each of
        red, green and blue, 1 = sensor white; without it the file says nothing of its noise.

    Raises DomainError for another domain; FrameError for DN that are no integers in 0..65535 or
    not in the profile's table, light above white, a size or a pattern that DNG readers cannot
    hold; UsageError; OutputError.
    """
    path = Path(path)
    if compression not in COMPRESSIONS:
        raise UsageError(f'a DNG is compressed by {", ".join(COMPRESSIONS)}, not "{compression}"')
    content = stored(path, frame, sample, white)
    _check_shape(path, content)
    if compression != "none" and sample != "uint16":
        raise UsageError("floating point is written without compression")
    truth = json.dumps(
        {"file": path.name, "dng_white_level_dn": content.white} | _truth(frame, content),
        indent=1, sort_keys=True, default=str,
    )  # fmt: skip
    tags = _tags(frame, content, compression, noise_left)
    refuse_foreign_sidecar(path)
    with (
        safe_write(sidecar_path(path), force=force) as note,
        safe_write(path, force=force) as place,
    ):
        note.write_text(truth + "\n", encoding="utf-8")
        _write(place, frame, content, tags, COMPRESSIONS[compression])


def _check_shape(path: Path, content: Stored) -> None:
    cfa = content.profile.cfa
    is_mosaic = content.codes.ndim == 2
    if is_mosaic and not (cfa.is_bayer or cfa in XTRANS_SHIFTS or cfa == Cfa.MONO):
        raise FrameError(
            f"{path}: raw readers cannot hold the pattern {cfa.name} and would show wrong colours "
            "without a word; write NAME.raw (a dump) or NAME.tif, each with its sidecar, instead"
        )
    height, width = content.codes.shape[:2]
    if min(height, width) < LEAST_SIZE:
        raise FrameError(
            f"{path}: {width} x {height} is too small; LibRaw takes no DNG under "
            f"{LEAST_SIZE} x {LEAST_SIZE} for a raw"
        )


def _write(
    place: Path, frame: Frame, content: Stored, tags: list[Tag], options: dict[str, Any]
) -> None:
    import tifffile

    is_colour = content.codes.ndim == 3
    if "rowsperstrip" in options:
        options = options | {"rowsperstrip": content.codes.shape[0]}
    is_mono = not is_colour and content.profile.cfa == Cfa.MONO
    exif, gps = merged_exif(frame, exif_entries(frame.shot))
    if exif:
        tags.append((PLACEHOLDER, 4, 1, 0, True))
    if gps:
        tags.append((GPS_PLACEHOLDER, 4, 1, 0, True))
    # tifffile refuses LinearRaw of one plane; the tag is set afterwards.
    photometric = LINEAR_RAW if is_colour else MIN_IS_BLACK if is_mono else CFA_PHOTOMETRIC
    with tifffile.TiffWriter(place, byteorder="<", bigtiff=False) as tiff:
        tiff.write(
            content.codes,
            photometric=photometric,
            planarconfig="contig" if is_colour else None,
            subfiletype=0,
            software="fullwell",
            metadata=None,
            extratags=sorted(tags, key=lambda tag: tag[0]),
            **options,
        )
    finish(place, exif, {262: LINEAR_RAW} if is_mono else {}, gps)


def _tags(
    frame: Frame,
    content: Stored,
    compression: str,
    noise_left: Sequence[tuple[float, float]],
) -> list[Tag]:
    profile = content.profile
    name = profile.name.encode("ascii", "replace").decode()
    orientation = frame.shot.orientation if 1 <= frame.shot.orientation <= 8 else 1
    tags: list[Tag] = [
        (271, 2, 0, "fullwell", True),  # Make
        (272, 2, 0, name, True),  # Model
        (274, 3, 1, orientation, True),
        # Not a real camera's name: no editor shall apply that camera's own profile.
        (50708, 2, 0, f"fullwell {name}", True),  # UniqueCameraModel
    ]
    if frame.domain is Domain.CAMERA:
        tags.append((50717, 4, 3, (round(content.white),) * 3, True))  # WhiteLevel
        tags.append((50714, 4, 3, tuple(round(b) for b in content.black), True))  # BlackLevel
        tags += masks_tag(frame.clipped[0].cpu().numpy(), ~frame.measured[0].cpu().numpy())
    else:
        tags.append((50717, 4, 1, round(content.white), True))
        black = [extra_tag(tag) for tag in content.black_tags] or black_tags(profile)
        tags += table_tags(profile) + black + pattern_tags(profile.cfa)
        no_shot = is_merged(frame) or is_denoised(frame)
        if not no_shot:
            tags += noise_tags(
                frame.shot, content.sensor, content.light, one_gain=is_simulated(frame)
            )
        elif frame.domain is Domain.MOSAIC:
            clipped, measured = (m[0].cpu().numpy() for m in (frame.clipped, frame.measured))
            tags += masks_tag(clipped, ~measured, always=True)
    tags += colour_tags(frame.shot, profile)
    merged = merged_tags(frame, tags, content)
    merged += pairs_tag(noise_left, content.light) if is_denoised(frame) else []
    return merged + _versions(merged, content, compression)


def _versions(tags: list[Tag], content: Stored, compression: str) -> list[Tag]:
    """DNGVersion, and the oldest version whose reader understands the file."""
    newest, oldest = [1, 4, 0, 0], [1, 1, 0, 0]
    lists = [(number, tag[3]) for tag in tags for number, c in LISTS.items() if c == tag[0]]
    if any(not o.is_optional for n, value in lists for o in parse_opcodes(value, int(n))):
        oldest = [1, 3, 0, 0]
    if content.codes.dtype.kind == "f":
        oldest = [1, 4, 0, 0]
    if compression == "jpeg_xl":
        newest, oldest = [1, 7, 1, 0], [1, 7, 0, 0]
    return [
        (code, 1, 4, bytes(v), True) for code, v in zip(DNG_VERSION, (newest, oldest), strict=True)
    ]


def _truth(frame: Frame, content: Stored) -> dict[str, Any]:
    profile = frame.need_profile() if frame.domain is Domain.RAW else content.profile
    return {
        "format": DNG_SIDECAR,
        "camera": profile.name,
        "cfa": profile.cfa.name,
        "bit_depth": profile.bit_depth,
        "black_level_dn": list(profile.black_level_dn),
        "white_level_dn": profile.white_level_dn,
        "full_well_e": profile.full_well_e,
        "linearization_table_dn": list(profile.linearization_table_dn),
        "full_well_knee": profile.full_well_knee,
        "domain": frame.domain.name,
        "light_at_white": content.light,
        "shot": frame.shot.record(),
        "history": list(frame.history),
    }
