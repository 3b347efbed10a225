"""One door out: a frame becomes the file that its name asks for."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from isp.core.display_light import DISPLAY_SPACES, HDR_TRANSFERS
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.files.avif import DEPTHS as AVIF_DEPTHS
from isp.files.avif import write_avif
from isp.files.display_codes import code_frame
from isp.files.dng import COMPRESSIONS, write_dng
from isp.files.exr import write_exr
from isp.files.heic import DEPTHS as HEIC_DEPTHS
from isp.files.heic import write_heic
from isp.files.jxl import write_jxl_codes, write_jxl_light
from isp.files.light import check_finite, halves, light_of, white_of
from isp.files.picture import DEPTHS, masks_path, write_masks, write_picture
from isp.files.radiance import write_hdr
from isp.files.raw_dump import write_raw_dump
from isp.files.raw_tiff import write_raw_tiff
from isp.files.safe_write import safe_write
from isp.files.ultrahdr import write_ultrahdr
from isp.files.yuv import DEPTHS as YUV_DEPTHS
from isp.files.yuv import MATRICES, write_yuv

GAIN_MAP = "gain_map"
HDR_WAYS = (*HDR_TRANSFERS, GAIN_MAP)
CODED = {
    ".avif": (AVIF_DEPTHS, write_avif),
    ".heic": (HEIC_DEPTHS, write_heic),
    ".heif": (HEIC_DEPTHS, write_heic),
    ".jxl": ((16, 32), write_jxl_codes),
}
JPEGS = (".jpg", ".jpeg")
YUVS = {".nv12": "nv12", ".yuv": "yuv420p"}
SPACES = {
    ".exr": (*DISPLAY_SPACES, "acescg"), ".hdr": ("bt709",), **dict.fromkeys(YUVS, tuple(MATRICES)),
}  # fmt: skip
LOSSY = (*JPEGS, *CODED)
LIGHT = (Domain.LINEAR, Domain.HDR)
LIGHT_SUFFIXES = (".exr", ".hdr", *CODED)  # of files that take linear light as it comes
PICTURE_SUFFIXES = (*DEPTHS, *CODED, *YUVS)
KNOWN = (".dng", ".raw", ".exr", ".hdr", *PICTURE_SUFFIXES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How a frame is to be written; None leaves it to the format.

    bit_depth, quality, masks: of pictures. space: primaries. white_cd_m2: luminance of linear
    1.0. hdr: `pq`, `hlg` or `gain_map`. base: the SDR picture of an Ultra HDR JPEG. full_range:
    of Y'CbCr codes. compression: of a DNG.
    """

    force: bool = False
    bit_depth: int | None = None
    quality: int | None = None
    space: str | None = None
    allow_clip: bool = False
    masks: bool = False
    white_cd_m2: float | None = None
    hdr: str | None = None
    base: Frame | None = None
    full_range: bool = False
    compression: str | None = None


def write(
    path: str | Path,
    frame: Frame,
    *,
    force: bool = False,
    bit_depth: int | None = None,
    quality: int | None = None,
    space: str | None = None,
    allow_clip: bool = False,
    masks: bool = False,
    white_cd_m2: float | None = None,
    hdr: str | None = None,
    base: Frame | None = None,
    full_range: bool = False,
    compression: str | None = None,
) -> int:
    """Write a frame to the format that the name says; return how many values were clipped.

    From RAW: .dng (MOSAIC and CAMERA too, see `write_dng`), .raw, .tif (any pattern, see
    `write_raw_tiff`). From light: .exr, .hdr. From
    SDR: .png, .tif, .jpg, .avif, .heic, .jxl, .nv12 and .yuv (4:2:0), as it is encoded. From
    LINEAR or HDR light also .avif and .heic (PQ unless `hdr` says hlg), .jxl (linear half floats
    unless `hdr` says pq or hlg), .png (16 bit, LINEAR only where `hdr` is said) and .jpg (Ultra
    HDR, LINEAR only where `hdr` is gain_map).

    bit_depth: 8 or 16 of pictures, 10 or 12 of AVIF and HEIC, 8 or 10 of Y'CbCr, 32
        (float32) of light in a JXL.
    quality: 1 to 100; by default a JPEG has 95 and AVIF, HEIC and JXL lose nothing.
    space: bt709, p3, bt2020, of an EXR also acescg; by default bt709 for EXR, bt2020 for PQ, HLG
        and JXL light.
    white_cd_m2: luminance of linear 1.0, by default the frame's anchor, else 203.
    hdr: pq, hlg or gain_map. base: SDR frame of an Ultra HDR JPEG, see `write_ultrahdr`.
    full_range: of Y'CbCr. compression: of a DNG, `none`, `lossless_jpeg` or `jpeg_xl`.

    Raises UsageError for another extension or a pair that does not go together, DomainError for a
    frame that does not fit, MissingError for a codec that is not installed, OutputError.
    """
    path, suffix = Path(path), Path(path).suffix.lower()
    asked = Delivery(
        force=force, bit_depth=bit_depth, quality=quality, space=space, allow_clip=allow_clip,
        masks=masks, white_cd_m2=white_cd_m2, hdr=hdr, base=base, full_range=full_range,
        compression=compression,
    )  # fmt: skip
    check_delivery(path, asked)
    if suffix == ".exr":
        return write_exr(
            path, frame, space=space or "bt709", white_cd_m2=white_cd_m2, allow_clip=allow_clip,
            force=force,
        )  # fmt: skip
    if suffix == ".hdr":
        return write_hdr(path, frame, force=force)
    if suffix == ".dng":
        write_dng(path, frame, compression=compression or "none", force=force)
        return 0
    if suffix == ".raw" or (suffix in (".tif", ".tiff") and frame.domain is Domain.RAW):
        writer = write_raw_dump if suffix == ".raw" else write_raw_tiff
        writer(path, frame, force=force)
        return 0
    if suffix in JPEGS and (frame.domain is Domain.HDR or hdr == GAIN_MAP):
        return write_ultrahdr(
            path, frame, base=base, space=space, quality=quality or 95, masks=masks, force=force
        )
    if suffix in YUVS:
        layout, depth = YUVS[suffix], bit_depth or 8
        return write_yuv(
            path, frame, layout=layout, bit_depth=depth, full_range=full_range, force=force
        )
    if suffix in CODED:
        return _write_coded(path, frame, asked)
    transfer = "pq" if hdr is None and frame.domain is Domain.HDR else hdr
    return write_picture(
        path, frame, bit_depth=bit_depth, quality=quality or 95, masks=masks, space=space,
        transfer=transfer, white_cd_m2=white_cd_m2, force=force,
    )  # fmt: skip


def check_delivery(path: str | Path, asked: Delivery) -> None:
    """Check, before any work is done, that name and choices go together.

    Raises UsageError in one sentence.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in KNOWN:
        raise UsageError(f'{path}: no writer for "{suffix}"; known: {", ".join(KNOWN)}')
    if asked.hdr not in (None, *HDR_WAYS):
        raise UsageError(f'hdr is {", ".join(HDR_WAYS)}, not "{asked.hdr}"')
    ways = (GAIN_MAP,) if suffix in JPEGS else HDR_TRANSFERS
    if asked.hdr is not None and (suffix not in (".png", *JPEGS, *CODED) or asked.hdr not in ways):
        fits = {GAIN_MAP: ".jpg"}.get(asked.hdr, f".png, {', '.join(CODED)}")
        raise UsageError(f"{path}: {asked.hdr} is written as {fits}")
    if asked.base is not None and suffix not in JPEGS:
        raise UsageError(f"{path}: only an Ultra HDR JPEG has a base picture")
    if asked.white_cd_m2 is not None and suffix not in (".exr", ".png", *CODED):
        raise UsageError(f"{path}: it says no luminance of white; .exr, .png and HDR formats do")
    if suffix == ".dng" and (asked.masks or asked.space is not None):
        raise UsageError(f"{path}: a DNG has the camera's own space, and no masks beside it")
    spaces = SPACES.get(suffix, DISPLAY_SPACES)
    if asked.space not in (None, *spaces):
        raise UsageError(f'{path}: its space is {" or ".join(spaces)}, not "{asked.space}"')
    if asked.full_range and suffix not in YUVS:
        raise UsageError(f"{path}: only {' and '.join(YUVS)} have a range to choose")
    if asked.masks and suffix in YUVS:
        raise UsageError(f"{path}: masks lie beside pictures, not beside {suffix}")
    if asked.compression is not None and suffix != ".dng":
        raise UsageError(f"{path}: only a DNG has a compression to choose")
    if asked.compression not in (None, *COMPRESSIONS):
        known = ", ".join(COMPRESSIONS)
        raise UsageError(f'a DNG is compressed by {known}, not "{asked.compression}"')
    if asked.quality is not None and suffix not in LOSSY:
        raise UsageError(f"{path}: it loses nothing, so it takes no quality")
    if asked.quality is not None and not 1 <= asked.quality <= 100:
        raise UsageError(f"quality is 1 to 100, got {asked.quality}")
    depths = _depths(suffix)
    if asked.bit_depth is not None and not depths:
        raise UsageError(f"{path}: {suffix} has one depth, so it takes no bit depth")
    if asked.bit_depth is not None and asked.bit_depth not in depths:
        raise UsageError(
            f"{path}: bit depth is {' or '.join(map(str, depths))}, got {asked.bit_depth}"
        )


def check_ending(path: str | Path, asked: Delivery, domain: Domain, transfer: str | None) -> None:
    """Check, before any work is done, that a development that ends so can become this file.

    domain: what the last stage gives. transfer: the curve of its codes, where that is known.

    Raises UsageError saying what the file takes.
    """
    suffix = Path(path).suffix.lower()
    name = domain.name.lower()
    if domain < Domain.LINEAR:
        raise UsageError(f"{path}: a picture is light or codes, but the recipe ends in {name}")
    if domain is Domain.SDR:
        if suffix in (".exr", ".hdr"):
            raise UsageError(f"{path}: it holds linear light, but the recipe ends in {name} codes")
        if asked.hdr in HDR_TRANSFERS and transfer not in (None, asked.hdr):
            raise UsageError(
                f"{path}: {asked.hdr} was asked for, but the recipe ends in {transfer} codes; "
                "leave --hdr out, or take a recipe that ends in light"
            )
        return
    takes_light = suffix in LIGHT_SUFFIXES or asked.hdr is not None
    if not takes_light and (domain is Domain.LINEAR or suffix not in (".png", *JPEGS)):
        raise UsageError(
            f"{path}: a picture is written from sdr codes, but the recipe ends in {name} light; "
            "take a recipe with encode (the preset srgb), or an output that holds light (.exr)"
        )


def _depths(suffix: str) -> tuple[int, ...]:
    if suffix in YUVS:
        return YUV_DEPTHS
    return CODED[suffix][0] if suffix in CODED else DEPTHS.get(suffix, ())


def _singles(path: Path, light: NDArray[np.float64]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        singles = light.astype(np.float32)
    check_finite(path, singles)
    return singles


def _write_coded(path: Path, frame: Frame, asked: Delivery) -> int:
    """AVIF, HEIC and JPEG XL, with masks beside it only once the picture itself is made."""
    with safe_write(path, force=asked.force) as place:
        clips = _code(path, place, frame, asked)
        if asked.masks:
            write_masks(masks_path(path), frame, force=asked.force)
    return clips


def _code(path: Path, place: Path, frame: Frame, asked: Delivery) -> int:
    """Encode into `place`; light in a JPEG XL is linear unless a transfer is asked for."""
    suffix, is_light = path.suffix.lower(), frame.domain in LIGHT
    depths, writer = CODED[suffix]
    if suffix == ".jxl" and is_light and asked.hdr is None:
        space = asked.space or "bt2020"
        light = light_of(frame, space, str(path), LIGHT)
        stored, clips = (
            (_singles(path, light), 0)
            if asked.bit_depth == 32
            else halves(path, light, allow_clip=asked.allow_clip)
        )
        write_jxl_light(path, place, stored, space, white_of(frame, asked.white_cd_m2))
        return clips
    if asked.bit_depth == 32:
        raise UsageError(f"{path}: 32 bits are of linear light; codes have 16")
    coded = code_frame(
        path,
        frame,
        asked.bit_depth or depths[0],
        space=asked.space,
        transfer=asked.hdr or ("pq" if is_light else None),
        white_cd_m2=asked.white_cd_m2,
    )
    writer(path, place, coded, asked.quality)
    return coded.clips
