"""Decode a camera raw: pixels by LibRaw, tags of a DNG by tifffile. Runs in the child."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import rawpy
import tifffile

from isp.core.errors import FileError
from isp.files.black_cells import cut_to_origin, on_one_period
from isp.files.decoded import Decoded
from isp.files.dng_tags import LINEAR_RAW, check_layout, dng_facts, is_dng, opcode_facts, raw_page
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
    tags = _tags(place, limits) if kind.family == "tiff" else _no_tags(place, kind.name)
    facts, dn, extra = _libraw(path, limits, tags)
    facts |= {"minimum_dn": int(dn.min()), "maximum_dn": int(dn.max())}
    return Decoded(facts=facts, arrays={"dn": dn, **extra} if pixels else {})


def _tags(path: Path, limits: Limits) -> dict[str, Any]:
    """Facts of the tags: all of a DNG, the container alone of another TIFF-based raw."""
    try:
        tiff = tifffile.TiffFile(path)
    except (tifffile.TiffFileError, ValueError, struct.error, OSError) as error:
        raise FileError(path, f"its TIFF structure is broken ({error})") from error
    with tiff:
        if not tiff.pages:
            raise FileError(path, "its TIFF structure holds no picture")
        if tiff.is_bigtiff:
            raise FileError(path, "it is a BigTIFF, which no raw reader takes for a camera raw")
        page = raw_page(tiff)
        if page is None:
            if is_dng(tiff):
                raise FileError(path, "it is a DNG without a raw picture in it")
            return {"container": "TIFF-based raw"}
        check_layout(path, page, limits)
        if not is_dng(tiff):
            return {"container": "TIFF-based raw"}
        facts = dng_facts(path, tiff, page) | opcode_facts(path, page)
    if facts["is_float"]:
        raise FileError(
            path, "its raw picture is floating point, which LibRaw reduces to 14-bit integers"
        )
    return facts


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
    path: str, limits: Limits, tags: dict[str, Any]
) -> tuple[dict[str, Any], np.ndarray, dict[str, np.ndarray]]:
    try:
        with rawpy.imread(path) as raw:
            sizes = raw.sizes
            limits.check_pixels(path, sizes.raw_width, sizes.raw_height)
            dn = _active(raw, tags)
            facts = _libraw_facts(raw)
            pattern = None if raw.raw_pattern is None else raw.raw_pattern.tolist()
    except rawpy.LibRawError as error:
        raise FileError(path, _libraw_reason(error)) from error
    if tags["container"] == "DNG":
        return _merge_dng(path, tags, facts, dn)
    if pattern is None or dn.ndim != 2:
        raise FileError(path, "it holds no mosaic but already developed colours")
    return _merge_other(tags, facts, dn, pattern)


def _active(raw: rawpy.RawPy, tags: dict[str, Any]) -> np.ndarray:
    """A copy of the active area: by a DNG's own tag, since LibRaw cuts odd ones a row short."""
    whole = raw.raw_image
    if whole.shape[:2] == (tags.get("full_height"), tags.get("full_width")):
        top, left, bottom, right = tags["active_area"]
        return np.array(whole[top:bottom, left:right])
    return np.array(raw.raw_image_visible)


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
    cfa, per_site = on_one_period(cfa, black)
    has_matrix = bool(np.any(matrix))
    facts |= tags | {
        "kind": "mosaic",
        "cfa": cfa,
        "black_level_dn": per_site,
        "bit_depth": _bits_for(facts["white_level_dn"], dn),
        # LibRaw's own table holds the D65 matrices that Adobe's converter ships.
        "colour_matrices": [{"illuminant": "D65", "matrix": matrix}] if has_matrix else [],
        "forward_matrices": [],
        "noise_profile": None,
    }
    return facts, dn, {}


def _merge_dng(
    path: str, tags: dict[str, Any], libraw: dict[str, Any], dn: np.ndarray
) -> tuple[dict[str, Any], np.ndarray, dict[str, np.ndarray]]:
    """Facts of a DNG: the tags decide, LibRaw gives pixels and what tags leave out."""
    facts = {"iso": libraw["iso"]} | {k: v for k, v in tags.items() if v is not None}
    facts |= {k: None for k in tags if k not in facts}
    linear = tags["photometric"] == LINEAR_RAW
    if dn.ndim == 3:
        dn = dn[..., : tags["samples"]]
    if dn.ndim == 3 and dn.shape[-1] == 1:
        dn = dn[..., 0]
    if dn.shape[:2] != (tags["height"], tags["width"]):
        raise FileError(
            path,
            f"its tags say {tags['width']} x {tags['height']}, "
            f"but LibRaw decoded {dn.shape[1]} x {dn.shape[0]}",
        )
    expanded = bool(tags["opcodes_executed_by_libraw"])
    if expanded and any(tags["black_level_cell"]):
        raise FileError(path, "it is lossy with a black level, which LibRaw's expansion ignores")
    whites = [libraw["white_level_dn"]] * tags["samples"] if expanded else _whites(tags)
    rows, columns = tags["black_level_repeat"]
    cell = np.reshape(tags["black_level_cell"], (rows, columns, tags["samples"]))
    if linear and dn.ndim == 3:
        if rows * columns != 1:
            raise FileError(
                path, f"it has linear colours, but black levels of {rows} x {columns} sites"
            )
        facts |= {"kind": "linear", "cfa": None, "black_level_dn": cell[0, 0].tolist()}
    else:
        cfa, black = on_one_period(tags["cfa"] or [["Y"]], cell[..., 0].tolist())
        facts |= {"kind": "mosaic", "cfa": cfa, "black_level_dn": black}
    exact = tags["bits_per_sample"] < 16 and not (expanded or tags["has_linearization_table"])
    facts |= {
        "white_level_dn": whites[0],
        "white_level_per_sample": whites,
        "bit_depth": tags["bits_per_sample"] if exact else _bits_for(max(whites), dn),
        "white_balance": _gains(tags["as_shot_neutral"]),
    }
    deltas = {
        f"black_delta_{axis}": np.asarray(facts.pop(f"black_level_delta_{axis}"), dtype=np.float64)
        for axis in "hv"
    }
    for axis, length in (("h", tags["width"]), ("v", tags["height"])):
        if deltas[f"black_delta_{axis}"].size not in (0, length):
            raise FileError(path, f"BlackLevelDelta{axis.upper()} does not have {length} values")
    for name in ("black_level_cell", "black_level_repeat", "is_float"):
        facts.pop(name)
    return facts, dn, {name: a for name, a in deltas.items() if a.size}


def _whites(tags: dict[str, Any]) -> list[float]:
    """WhiteLevel per sample, or by default the largest number of the stored bits."""
    bits = 16 if tags["has_linearization_table"] else tags["bits_per_sample"]
    levels = tags["white_level_per_sample"] or [float(2**bits - 1)]
    return [float(levels[min(i, len(levels) - 1)]) for i in range(tags["samples"])]


def _bits_for(white: float, dn: np.ndarray) -> int:
    """Fewest bits that hold the white level and every DN."""
    return int(max(white, int(dn.max()))).bit_length()


def _gains(neutral: list[float] | None) -> list[float] | None:
    """White-balance gains, green at 1, from AsShotNeutral."""
    if neutral is None or min(neutral) <= 0:
        return None
    red, green, blue = neutral
    return [green / red, 1.0, green / blue]
