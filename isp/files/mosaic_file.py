"""Read a mosaic that has no raw format: a headerless dump, or one plane in a PNG or TIFF."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from isp.core.errors import FileError, UsageError
from isp.files.decoded import Decoded
from isp.files.dump import DumpFlags, read_dump, read_sidecar, settle_bits
from isp.files.guarded import decode
from isp.files.limits import Limits
from isp.files.magic import Kind, look_at

PICTURE_TIFF_SUFFIXES = (".tif", ".tiff")  # a TIFF by another name is a DNG or a camera's raw
LAYOUT = ("width", "height", "bits", "packing", "stride", "offset", "endian", "align", "frame")
SAID_BY_RAW = (*LAYOUT, "cfa", "black_level", "white_level")
TELLING = (*LAYOUT, "cfa", "black_level")  # any of these says that a file is a plain mosaic


def read_mosaic(
    path: Path, limits: Limits, flags: DumpFlags | None, camera: DumpFlags
) -> Decoded | None:
    """Return DN and facts as `decode_raw` does, or None where the file is a real camera raw.

    flags: the user's, gaps filled by the sidecar, then by the camera.

    Raises FileError, LimitError or UsageError.
    """
    kind = look_at(path, limits)
    is_camera_raw = kind.family == "raw" or (
        kind.family == "tiff" and path.suffix.lower() not in PICTURE_TIFF_SUFFIXES
    )
    if is_camera_raw and flags is not None and flags.said(SAID_BY_RAW):
        raise UsageError(
            f"{path}: it is {kind.name}, which says its layout itself; "
            f"{', '.join(flags.said(SAID_BY_RAW))} are for headerless files"
        )
    if is_camera_raw or kind.family in ("exr", "hdr", "jpeg", "avif", "heic", "jxl"):
        return None  # decode_raw says what it is, if it is no raw
    said = (flags or DumpFlags()).over(read_sidecar(path))
    if not said.said(TELLING):
        return None
    asked = said.over(camera)
    try:
        if kind.family in ("png", "tiff"):
            return _picture_mosaic(path, kind, asked, limits)
        asked = asked.complete()
        return _decoded(read_dump(path, asked, limits), asked, "dump")
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def is_laid_out(path: Path, flags: DumpFlags | None) -> bool:
    """Whether flags or a sidecar say that a file is a plain mosaic."""
    return bool((flags or DumpFlags()).over(read_sidecar(path)).said(TELLING))


def mosaic_facts(flags: DumpFlags) -> dict[str, Any]:
    """Facts of completed flags, in the words of `decode_raw`.

    Raises UsageError for a pattern or black levels that do not fit.
    """
    from isp.core.cfa import Cfa  # torch: not where only a file's layout is asked for

    cfa = Cfa.named(str(flags.cfa))
    sites = cfa.period[0] * cfa.period[1]
    black = flags.black_level or (0.0,)
    if len(black) not in (1, sites):
        raise UsageError(f"black_level takes 1 or {sites} values for {cfa.name}, got {len(black)}")
    return {
        "kind": "mosaic",
        "cfa": [list(row) for row in cfa.pattern],
        "black_level_dn": list(black) * (sites if len(black) == 1 else 1),
        "white_level_dn": flags.white_level,
        "bit_depth": flags.bits,
        "white_balance": list(flags.wb) if flags.wb else None,
        "packing": flags.packing,
    }


def _decoded(dn: Any, flags: DumpFlags, container: str) -> Decoded:
    height, width = dn.shape
    facts = mosaic_facts(flags) | {
        "container": container,
        "width": width,
        "height": height,
        "minimum_dn": int(dn.min()),
        "maximum_dn": int(dn.max()),
    }
    return Decoded(facts=facts, arrays={"dn": dn})


def _picture_mosaic(path: Path, kind: Kind, flags: DumpFlags, limits: Limits) -> Decoded:
    name = kind.name.split()[1]
    for option in ("packing", "stride", "offset", "endian", "frame"):
        if getattr(flags, option) is not None:
            raise UsageError(f"{option} is for headerless files; a {name} says it itself")
    picture = decode("isp.files.picture_decode:decode_picture", path, limits)
    code = picture.arrays["code"]
    if code.shape[2] != 1 or picture.facts["channels"] != 1 or picture.facts["is_float"]:
        raise FileError(
            path,
            f"it is a {name} picture of {picture.facts['channels']} channels; "
            "a mosaic has one plane of whole numbers",
        )
    packing = "u8" if code.dtype.itemsize == 1 else "u16"
    flags = replace(flags, packing=packing).complete(size=(code.shape[1], code.shape[0]))
    return _decoded(settle_bits(code[..., 0], flags), flags, f"{name} mosaic")
