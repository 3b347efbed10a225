"""Decode a DNG: its tags decide, LibRaw or tifffile gives the pixels. Runs in the child."""

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from isp.core.errors import FileError
from isp.files.black_cells import sites_and_surplus
from isp.files.dng_instructions import opcode_facts, tags_to_keep
from isp.files.dng_masks import PRIVATE_DATA, is_ours, masks_of
from isp.files.dng_pixels import (
    LARGEST,
    Runs,
    linearised,
    needs_tifffile,
    run_list_1,
    stored_pixels,
)
from isp.files.dng_tags import LINEAR_RAW, check_layout, dng_facts, is_dng, raw_page, value_of
from isp.files.limits import Limits

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpenedDng:
    """Facts of the tags; list 1, to be run on the stored values; pixels where LibRaw has none.

    pixels: the active area, list 1 and table applied; None where LibRaw is to be asked.
    mended: photosites that list 1 mended, of the active area. masks: see `isp.files.dng_masks`.
    """

    facts: Facts
    runs: Runs = ()
    pixels: np.ndarray | None = None
    mended: np.ndarray | None = None
    masks: dict[str, np.ndarray] = field(default_factory=dict)


def open_dng(path: Path, limits: Limits) -> OpenedDng:
    """Read the tags: all of a DNG, the container alone of another TIFF-based raw.

    Raises FileError or LimitError.
    """
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
            return OpenedDng(facts={"container": "TIFF-based raw"})
        check_layout(path, page, limits)
        if not is_dng(tiff):
            return OpenedDng(facts={"container": "TIFF-based raw"})
        lists, runs = opcode_facts(path, page)
        facts = dng_facts(path, tiff, page) | lists | tags_to_keep(path, tiff, page)
        facts["kept"] |= {
            "opcode_lists": facts.pop("opcode_lists"),
            "size": [facts["height"], facts["width"]],
        }
        if facts["default_crop"] is not None:
            facts["kept"]["default_crop"] = facts["default_crop"]
        masks = _masks(tiff, facts)
        if not needs_tifffile(page, runs):
            return OpenedDng(facts=facts, runs=runs, masks=masks)
        whole, mended = with_list_1(stored_pixels(path, page), runs, facts)
        whole = linearised(whole, page)
    return OpenedDng(
        facts=facts,
        pixels=cut_active(whole, facts),
        mended=None if mended is None else cut_active(mended, facts),
        masks=masks,
    )


def _masks(tiff: tifffile.TiffFile, facts: Facts) -> dict[str, np.ndarray]:
    """Our own masks, cut to the active area; empty of every other file."""
    payload = bytes(value_of(tiff.pages[0], "DNGPrivateData", b""))
    if not is_ours(payload):
        return {}
    left = facts["tags_left_behind"]
    facts["tags_left_behind"] = [code for code in left if code != PRIVATE_DATA]
    found = masks_of(payload, (facts["full_height"], facts["full_width"]), facts["samples"])
    return {name: cut_active(mask, facts) for name, mask in found.items()}


def with_list_1(
    whole: np.ndarray, runs: Runs, facts: Facts
) -> tuple[np.ndarray, np.ndarray | None]:
    """The full picture after list 1, where it mended photosites; the facts say what ran."""
    if not runs:
        return whole, None
    is_bayer = facts["cfa"] is not None
    pixels, mended, records = run_list_1(whole, runs, is_bayer=is_bayer)
    facts["opcodes_executed"] = records
    return pixels, mended if mended.any() else None


def cut_active(whole: np.ndarray, facts: Facts) -> np.ndarray:
    """A copy of the active area, by the DNG's own tag."""
    top, left, bottom, right = facts["active_area"]
    return np.array(whole[top:bottom, left:right])


def merge_dng(
    path: str, tags: Facts, libraw: Facts, dn: np.ndarray
) -> tuple[Facts, np.ndarray, dict[str, np.ndarray]]:
    """Facts of a DNG: the tags decide, LibRaw gives pixels and what tags leave out.

    libraw: its own facts, empty where it was not asked. Levels of floating-point pixels come on
    the scale of 65535, as the pixels do.

    Raises FileError where tags and pixels do not fit each other.
    """
    facts: Facts = {"iso": libraw.get("iso")} | {k: v for k, v in tags.items() if v is not None}
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
            f"but its pixels are {dn.shape[1]} x {dn.shape[0]}",
        )
    expanded = bool(tags["opcodes_executed_by_libraw"])
    if expanded and any(tags["black_level_cell"]):
        raise FileError(path, "it is lossy with a black level, which LibRaw's expansion ignores")
    whites = [libraw["white_level_dn"]] * tags["samples"] if expanded else _whites(tags)
    scale = float(LARGEST) if tags["is_float"] else 1.0
    whites = [scale * white for white in whites]
    rows, columns = tags["black_level_repeat"]
    cell = scale * np.reshape(tags["black_level_cell"], (rows, columns, tags["samples"]))
    if linear and dn.ndim == 3:
        if rows * columns != 1:
            raise FileError(
                path, f"it has linear colours, but black levels of {rows} x {columns} sites"
            )
        facts |= {"kind": "linear", "cfa": None, "black_level_dn": cell[0, 0].tolist()}
        surplus = None
    else:
        cfa = tags["cfa"] or [["Y"]]
        black, surplus = sites_and_surplus(cfa, cell[..., 0].tolist())
        facts |= {"kind": "mosaic", "cfa": cfa, "black_level_dn": black}
    exact = tags["bits_per_sample"] < 16 and not (expanded or tags["has_linearization_table"])
    facts |= {
        "white_level_dn": whites[0],
        "white_level_per_sample": whites,
        "bit_depth": tags["bits_per_sample"] if exact else bits_for(max(whites), dn),
        "white_balance": _gains(tags["as_shot_neutral"]),
    }
    deltas = {
        f"black_delta_{axis}": scale
        * np.asarray(facts.pop(f"black_level_delta_{axis}"), dtype=np.float64)
        for axis in "hv"
    }
    for axis, length in (("h", tags["width"]), ("v", tags["height"])):
        if deltas[f"black_delta_{axis}"].size not in (0, length):
            raise FileError(path, f"BlackLevelDelta{axis.upper()} does not have {length} values")
    for name in ("black_level_cell", "black_level_repeat"):
        facts.pop(name)
    extra = {name: a for name, a in deltas.items() if a.size}
    if surplus is not None:
        extra["black_cell"] = surplus
    if not extra or tags["is_float"]:  # the frame's own levels say it all, or its DN are scaled
        facts["kept"].pop("black", None)
    return facts, dn, extra


def _whites(tags: Facts) -> list[float]:
    """WhiteLevel per sample, or by default the largest number of the stored bits."""
    bits = 16 if tags["has_linearization_table"] else tags["bits_per_sample"]
    usual = 1.0 if tags["is_float"] else float(2**bits - 1)
    levels = tags["white_level_per_sample"] or [usual]
    return [float(levels[min(i, len(levels) - 1)]) for i in range(tags["samples"])]


def bits_for(white: float, dn: np.ndarray) -> int:
    """Fewest bits that hold the white level and every DN."""
    return int(max(white, int(dn.max()))).bit_length()


def _gains(neutral: list[float] | None) -> list[float] | None:
    """White-balance gains, green at 1, from AsShotNeutral."""
    if neutral is None or min(neutral) <= 0:
        return None
    red, green, blue = neutral
    return [green / red, 1.0, green / blue]
