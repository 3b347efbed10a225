"""Decode a camera raw: pixels by LibRaw, tags of a DNG by tifffile. Runs in the child."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import rawpy

from isp.core.errors import FileError
from isp.files.black_cells import cut_to_origin, sites_and_surplus
from isp.files.decoded import Decoded
from isp.files.dng_decode import (
    OpenedDng,
    bits_for,
    cut_active,
    merge_dng,
    open_dng,
    with_list_1,
)
from isp.files.limits import Limits
from isp.files.magic import look_at, not_raw_reason

RW2_BYTE_COUNT, RW2_OFFSET = 279, 280


def decode_raw(path: str, limits: Limits, *, pixels: bool = True) -> Decoded:
    """Return facts and `dn`: (h, w) of the active area, or (h, w, 3) of a linear raw.

    pixels: False returns the facts alone; the file is decoded all the same, because only that
        tells whether it can be.

    Raises FileError or LimitError; a file without a raw format's magic is never shown to
    LibRaw, which guesses such files by their length.
    """
    place = Path(path)
    kind = look_at(place, limits)
    if kind.family not in ("raw", "tiff"):
        raise FileError(path, not_raw_reason(kind.name))
    if kind.family == "tiff":
        opened = open_dng(place, limits)
    else:
        opened = OpenedDng(facts=_no_tags(place, kind.name))
    if opened.pixels is None:
        facts, dn, extra = _libraw(path, limits, opened)
    else:
        facts, dn, extra = merge_dng(path, opened.facts, {}, opened.pixels)
        if opened.mended is not None:
            extra["mended"] = opened.mended
    extra |= opened.masks
    facts |= {"minimum_dn": int(dn.min()), "maximum_dn": int(dn.max())}
    return Decoded(facts=facts, arrays={"dn": dn, **extra} if pixels else {})


def _no_tags(path: Path, name: str) -> dict[str, Any]:
    if name == "a Panasonic RW2":
        _check_rw2(path)
    return {"container": name.split()[-1]}


def _check_rw2(path: Path) -> None:
    """Check that an RW2's raw strip lies inside the file; LibRaw reads what is not there."""
    data = path.read_bytes()[: 1 << 20]
    (start,) = struct.unpack_from("<I", data, 4)
    entries: dict[int, int] = {}
    if start + 2 <= len(data):
        (count,) = struct.unpack_from("<H", data, start)
        for i in range(count):
            if start + 14 + 12 * i <= len(data):
                tag, _, _, value = struct.unpack_from("<HHII", data, start + 2 + 12 * i)
                entries[tag] = value
    end = entries.get(RW2_OFFSET, 0) + entries.get(RW2_BYTE_COUNT, 0)
    size = path.stat().st_size
    if end > size:
        raise FileError(
            path,
            f"it is cut short or pruned: its raw picture reaches to byte {end}, "
            f"but the file has {size} bytes",
        )


def _libraw(
    path: str, limits: Limits, opened: OpenedDng
) -> tuple[dict[str, Any], np.ndarray, dict[str, np.ndarray]]:
    tags = opened.facts
    try:
        with rawpy.imread(path) as raw:
            sizes = raw.sizes
            limits.check_pixels(path, sizes.raw_width, sizes.raw_height)
            dn, mended = _active(raw, opened)
            facts = _libraw_facts(raw)
            pattern = None if raw.raw_pattern is None else raw.raw_pattern.tolist()
    except rawpy.LibRawError as error:
        raise FileError(path, _libraw_reason(error)) from error
    if tags["container"] == "DNG":
        merged, dn, extra = merge_dng(path, tags, facts, dn)
        return merged, dn, extra if mended is None else extra | {"mended": mended}
    if pattern is None or dn.ndim != 2:
        raise FileError(path, "it holds no mosaic but already developed colours")
    return _merge_other(tags, facts, dn, pattern)


def _active(raw: rawpy.RawPy, opened: OpenedDng) -> tuple[np.ndarray, np.ndarray | None]:
    """A copy of the active area after list 1, and where that mended photosites.

    A DNG is cut by its own tag, since LibRaw cuts odd ones a row short.
    """
    whole, tags = raw.raw_image, opened.facts
    if whole.shape[:2] == (tags.get("full_height"), tags.get("full_width")):
        if opened.runs and whole.ndim == 3:
            whole = whole[..., : tags["samples"]]
        pixels, mended = with_list_1(whole, opened.runs, tags)
        return cut_active(pixels, tags), None if mended is None else cut_active(mended, tags)
    if opened.runs:
        raise FileError(
            opened.facts.get("unique_camera_model") or "DNG",
            "its OpcodeList1 cannot be run: LibRaw does not give the whole picture",
        )
    return np.array(raw.raw_image_visible), None


def _libraw_reason(error: rawpy.LibRawError) -> str:
    words = str(
        error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else error
    )
    if isinstance(error, rawpy.LibRawIOError):
        return f"it is cut short or damaged: LibRaw runs out of data ({words})"
    if isinstance(error, rawpy.LibRawFileUnsupportedError):
        return f"LibRaw finds no raw picture of a known camera in it ({words})"
    return f"LibRaw cannot decode its raw picture ({words})"


def _libraw_facts(raw: rawpy.RawPy) -> dict[str, Any]:
    sizes, other = raw.sizes, raw.other
    balance = [float(v) for v in raw.camera_whitebalance]
    has_balance = balance[0] > 0 and balance[1] > 0 and balance[2] > 0
    whites = raw.camera_white_level_per_channel
    return {
        "height": sizes.height,
        "width": sizes.width,
        "full_height": sizes.raw_height,
        "full_width": sizes.raw_width,
        "active_area": [
            sizes.top_margin,
            sizes.left_margin,
            sizes.top_margin + sizes.height,
            sizes.left_margin + sizes.width,
        ],
        "white_level_dn": float(min([raw.white_level, *(w for w in whites or () if w > 0)])),
        "white_balance": [balance[0] / balance[1], 1.0, balance[2] / balance[1]]
        if has_balance
        else None,
        "iso": float(other.iso_speed) if other.iso_speed > 0 else None,
        "exposure_time_s": float(other.shutter_speed) if other.shutter_speed > 0 else None,
        "f_number": float(other.aperture) if other.aperture > 0 else None,
        "time": other.timestamp.isoformat() if other.timestamp.year > 1970 else None,
        "make": None,
        "model": None,
        "orientation": {0: 1, 3: 3, 5: 8, 6: 6}.get(sizes.flip, 1),
        "libraw_black_per_colour": [float(v) for v in raw.black_level_per_channel],
        "colour_names": raw.color_desc.decode(),
        "libraw_xyz_to_camera": raw.rgb_xyz_matrix[:3].astype(float).tolist(),
    }


def _merge_other(
    tags: dict[str, Any], facts: dict[str, Any], dn: np.ndarray, pattern: list[list[int]]
) -> tuple[dict[str, Any], np.ndarray, dict[str, np.ndarray]]:
    """Facts of a proprietary raw: all of them LibRaw's, cut to the visible origin."""
    names = facts.pop("colour_names")
    levels = facts.pop("libraw_black_per_colour")
    matrix = facts.pop("libraw_xyz_to_camera")
    top, left = facts["active_area"][:2]
    codes = cut_to_origin([[str(code) for code in row] for row in pattern], top, left)
    cfa = [[names[int(code)] for code in row] for row in codes]
    black = [[levels[int(code)] for code in row] for row in codes]
    per_site, _ = sites_and_surplus(cfa, black)  # both by LibRaw's colours: of one period
    has_matrix = bool(np.any(matrix))
    facts |= tags | {
        "kind": "mosaic",
        "cfa": cfa,
        "black_level_dn": per_site,
        "bit_depth": bits_for(facts["white_level_dn"], dn),
        # LibRaw's own table holds the D65 matrices that Adobe's converter ships.
        "colour_matrices": [{"illuminant": "D65", "matrix": matrix}] if has_matrix else [],
        "forward_matrices": [],
        "noise_profile": None,
    }
    return facts, dn, {}
