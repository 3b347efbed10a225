"""Pixels of a DNG as stored, by tifffile: for what LibRaw refuses, reduces or gets wrong.

LibRaw refuses JPEG XL, reduces floating point to 14 bits, and gives wrong pixels without a word
for lossless JPEG in several strips or in tiles wider than the picture (all measured, LibRaw
0.22). Runs in the decoder's process.
"""

from pathlib import Path
from typing import Any

import numpy as np

from isp.core.errors import FileError
from isp.files.dng_opcodes import Opcode
from isp.files.opcode_parameters import Parameters
from isp.files.opcode_pixels import apply_opcode

JPEG, JPEG_XL = 7, 52546  # TIFF Compression
LARGEST = 65535
ROW_INTERLEAVE, COLUMN_INTERLEAVE = 50975, 52547
Runs = tuple[tuple[Opcode, Parameters], ...]


def needs_tifffile(page: Any, runs: Runs) -> bool:
    """Whether LibRaw's pixels of this picture cannot be had or are not the stored ones."""
    compression = int(page.compression)
    wrong_jpeg = compression == JPEG and (
        (not page.is_tiled and len(page.dataoffsets) > 1)
        or (page.is_tiled and page.tilewidth > page.imagewidth)
    )
    # LibRaw applies the table before we could run what belongs before it.
    before_table = bool(runs) and "LinearizationTable" in page.tags
    interleaved = any(
        tag in page.tags and int(page.tags[tag].value) > 1
        for tag in (ROW_INTERLEAVE, COLUMN_INTERLEAVE)
    )
    return compression == JPEG_XL or wrong_jpeg or before_table or interleaved or is_float(page)


def is_float(page: Any) -> bool:
    """Whether the picture holds floating point, where white is 1."""
    tag = page.tags.get("SampleFormat")
    return tag is not None and int(np.max(tag.value)) == 3


def stored_pixels(path: Path, page: Any) -> np.ndarray:
    """Return the whole picture (h, w) or (h, w, samples); floats on a scale of 65535.

    Raises FileError where the pixels are damaged or in an unknown form.
    """
    try:
        pixels = np.asarray(page.asarray())
    except MemoryError:
        raise
    except Exception as error:  # codecs raise classes of their own
        raise FileError(path, f"its raw picture cannot be decoded ({error})") from error
    shape = (page.imagelength, page.imagewidth, page.samplesperpixel)
    if int(page.planarconfig) == 2 and pixels.ndim == 3:
        pixels = np.moveaxis(pixels, 0, -1)
    if pixels.size != np.prod(shape):
        raise FileError(path, f"its raw picture is {pixels.shape}, but its tags say {shape}")
    pixels = pixels.reshape(shape)
    for axis, code in enumerate((ROW_INTERLEAVE, COLUMN_INTERLEAVE)):
        tag = page.tags.get(code)
        if tag is not None and int(tag.value) > 1:
            pixels = _deinterleaved(pixels, int(tag.value), axis)
    if pixels.dtype.kind == "f":
        if not np.isfinite(pixels).all():
            raise FileError(path, "its raw picture holds values that are not finite")
        pixels = pixels.astype(np.float32) * np.float32(LARGEST)
    return pixels if shape[2] > 1 else pixels[..., 0]


def run_list_1(
    pixels: np.ndarray, runs: Runs, *, is_bayer: bool
) -> tuple[np.ndarray, np.ndarray, list[dict[str, Any]]]:
    """Carry out list 1 on stored values (h, w) or (h, w, samples).

    Returns pixels of the same form, where photosites were mended (h, w), and records for the
    history. Stored values are integers again afterwards: rounded, half to even, and held in
    0..65535; how many were outside is in the record.
    """
    mended = np.zeros(pixels.shape[:2], dtype=bool)
    records = []
    values = pixels[..., None] if pixels.ndim == 2 else pixels
    for opcode, parameters in runs:
        changed, bad = apply_opcode(values, parameters, 1, is_bayer=is_bayer)
        record: dict[str, Any] = opcode.record()
        if bad is not None:
            mended |= bad
            record["mended"] = int(bad.sum())
        whole = np.rint(changed)
        outside = int(((whole < 0) | (whole > LARGEST)).sum())
        if outside:
            record["clipped"] = outside
        values = np.clip(whole, 0, LARGEST).astype(np.uint16)
        records.append(record)
    return (values[..., 0] if pixels.ndim == 2 else values), mended, records


def linearised(pixels: np.ndarray, page: Any) -> np.ndarray:
    """Stored values through the LinearizationTable, where there is one.

    Source: DNG 1.7.1, LinearizationTable: beyond its end the last entry.
    """
    tag = page.tags.get("LinearizationTable")
    if tag is None or pixels.dtype.kind == "f":
        return pixels
    table = np.atleast_1d(np.asarray(tag.value, dtype=np.uint16))
    return np.asarray(table[np.minimum(pixels, len(table) - 1)])


def _deinterleaved(pixels: np.ndarray, fields: int, axis: int) -> np.ndarray:
    """Every `fields`-th line was stored first, then the next ones: put them back in order."""
    lines = pixels.shape[axis]
    order = np.concatenate([np.arange(lines)[field::fields] for field in range(fields)])
    back = np.empty_like(order)
    back[order] = np.arange(lines)
    return np.take(pixels, back, axis=axis)
