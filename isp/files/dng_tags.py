"""The tags of a DNG as the specification means them; LibRaw drops or rounds several.

Only tags are read here (tifffile); pixels come from LibRaw. Imported in the decoder's child.
"""

from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from isp.core.errors import FileError
from isp.files.limits import Limits

CFA, LINEAR_RAW = 32803, 34892  # PhotometricInterpretation
CR2_SLICE = 50752
LARGEST_RATING = 65535  # of ISOSpeedRatings
CHANNELS = {0: "R", 1: "G", 2: "B", 6: "W"}  # CFAPattern codes; 3, 4, 5 are C, M, Y filters
# EXIF LightSource to the nearest illuminant of isp.core.illuminants, by the temperatures that
# Adobe's SDK gives the codes (D55 also for daylight, fine weather and flash).
ILLUMINANTS = {
    1: "D55", 2: "FL2", 3: "A", 4: "D55", 9: "D55", 10: "D65", 11: "D75", 12: "D65", 13: "D50",
    14: "FL2", 17: "A", 18: "D55", 19: "D65", 20: "D55", 21: "D65", 22: "D75", 23: "D50",
}  # fmt: skip

Page = Any  # tifffile.TiffPage, which is untyped


def raw_page(tiff: tifffile.TiffFile) -> Page | None:
    """Return the full-resolution raw picture among all IFDs and SubIFDs, if tags name one."""
    pages = [p for p in _all_pages(tiff) if _is_raw(p)]
    full = [p for p in pages if int(value_of(p, "NewSubfileType", 0)) == 0] or pages
    return max(full, key=lambda p: p.imagewidth * p.imagelength, default=None)


def check_layout(path: Path, page: Page, limits: Limits) -> None:
    """Check size limits and that every strip or tile lies inside the file.

    LibRaw turns a CFA strip that is not there into zeros without a word.

    Raises FileError or LimitError.
    """
    limits.check_pixels(path, page.imagewidth, page.imagelength)
    offsets, counts = page.dataoffsets, page.databytecounts
    size = path.stat().st_size
    if not offsets or not counts or min(counts, default=0) == 0:
        raise FileError(path, "its raw picture has no pixel data: strips or tiles are empty")
    end = max(o + c for o, c in zip(offsets, counts, strict=False))
    if end > size:
        raise FileError(
            path,
            f"it is cut short or pruned: its raw picture reaches to byte {end}, "
            f"but the file has {size} bytes",
        )
    expected = _segments(page)
    if len(offsets) < expected:
        raise FileError(
            path,
            f"its {page.imagewidth} x {page.imagelength} raw picture needs {expected} strips or "
            f"tiles, but only {len(offsets)} are in the file",
        )
    needed = _bytes_if_uncompressed(page)
    if needed is not None and sum(counts) < needed:
        raise FileError(
            path, f"its raw picture needs {needed} bytes, but its strips hold {sum(counts)}"
        )


def is_dng(tiff: tifffile.TiffFile) -> bool:
    """Whether IFD 0 carries DNGVersion, which is what makes a TIFF a DNG."""
    return "DNGVersion" in tiff.pages[0].tags


def active_area(path: Path, page: Page) -> list[int]:
    """Return top, left, bottom and right of ActiveArea, the whole picture where there is none.

    Raises FileError where it holds no pixel of the picture, or goes beyond it.
    """
    height, width = page.imagelength, page.imagewidth
    area = [int(v) for v in np.ravel(value_of(page, "ActiveArea", (0, 0, height, width)))]
    if len(area) == 4 and 0 <= area[0] < area[2] <= height and 0 <= area[1] < area[3] <= width:
        return area
    said = " ".join(str(v) for v in area)
    raise FileError(
        path, f"its ActiveArea, {said}, is no part of the {width} x {height} pixels that it holds"
    )


def dng_facts(path: Path, tiff: tifffile.TiffFile, page: Page) -> dict[str, Any]:
    """Return everything the tags say about the raw picture; black level per repeat cell.

    Raises FileError naming the tag that no picture can have.
    """
    first: Page = tiff.pages[0]
    height, width = page.imagelength, page.imagewidth
    samples = page.samplesperpixel
    area = active_area(path, page)
    bits = int(np.max(value_of(page, "BitsPerSample", 1)))
    repeat = [int(v) for v in value_of(page, "BlackLevelRepeatDim", (1, 1))]
    black = _rationals(page, "BlackLevel") or [0.0] * (repeat[0] * repeat[1] * samples)
    if len(black) != repeat[0] * repeat[1] * samples:
        raise FileError(
            path,
            f"BlackLevelRepeatDim says {repeat[0]} x {repeat[1]} and {samples} samples, "
            f"but BlackLevel has {len(black)} values",
        )
    planes = [int(v) for v in value_of(page, "CFAPlaneColor", (0, 1, 2))]
    colour = _matrices(page, first, "ColorMatrix", planes, rows=True)
    for entry in colour:
        if np.linalg.matrix_rank(entry["matrix"]) < 3:
            raise FileError(
                path, f"its ColorMatrix{entry['number']} cannot be inverted, so it is no camera's"
            )
    return {
        "container": "DNG",
        "dng_version": ".".join(str(v) for v in bytes(value_of(first, "DNGVersion", b""))),
        "height": area[2] - area[0],
        "width": area[3] - area[1],
        "full_height": height,
        "full_width": width,
        "active_area": area,
        "default_crop": _crop(page),
        "has_masked_areas": "MaskedAreas" in page.tags,
        "compression": int(page.compression),
        "is_float": int(np.max(value_of(page, "SampleFormat", 1))) == 3,
        "photometric": int(page.photometric),
        "samples": samples,
        "bits_per_sample": bits,
        "cfa": _pattern(path, page),
        "black_level_repeat": repeat,
        "black_level_cell": black,
        "black_level_delta_h": _rationals(page, "BlackLevelDeltaH"),
        "black_level_delta_v": _rationals(page, "BlackLevelDeltaV"),
        "white_level_per_sample": [float(v) for v in _several(page, "WhiteLevel")] or None,
        "has_linearization_table": "LinearizationTable" in page.tags,
        "as_shot_neutral": _in_rgb(_rationals_of(page, first, "AsShotNeutral"), planes),
        "analog_balance": _in_rgb(_rationals_of(page, first, "AnalogBalance"), planes),
        "colour_matrices": colour,
        "forward_matrices": _matrices(page, first, "ForwardMatrix", planes, columns=True),
        "camera_calibrations": _matrices(
            page, first, "CameraCalibration", planes, rows=True, columns=True
        ),
        "calibration_signatures_agree": _text(first, "CameraCalibrationSignature")
        == _text(first, "ProfileCalibrationSignature"),
        "noise_profile": _pairs([float(v) for v in _of(page, first, "NoiseProfile", ())], planes),
        "baseline_exposure_ev": next(iter(_rationals_of(page, first, "BaselineExposure")), None),
        "baseline_exposure_offset_ev": next(
            iter(_rationals_of(page, first, "BaselineExposureOffset")), None
        ),
        "unique_camera_model": _text(first, "UniqueCameraModel"),
        "software": _text(first, "Software"),
    } | exif_facts(first)


def _all_pages(tiff: tifffile.TiffFile) -> list[Page]:
    found: list[Page] = []
    for page in tiff.pages:
        children = getattr(page, "pages", None) or ()
        found += [p for p in (page, *children) if isinstance(p, tifffile.TiffPage)]
    return found


def _is_raw(page: Page) -> bool:
    return page.photometric in (CFA, LINEAR_RAW) or CR2_SLICE in page.tags


def _segments(page: Page) -> int:
    planes = page.samplesperpixel if int(page.planarconfig) == 2 else 1
    if page.is_tiled:
        across = -(-page.imagewidth // page.tilewidth)
        down = -(-page.imagelength // page.tilelength)
        return int(across * down * planes)
    rows = int(value_of(page, "RowsPerStrip", page.imagelength)) or page.imagelength
    return int(-(-page.imagelength // min(rows, page.imagelength)) * planes)


def _bytes_if_uncompressed(page: Page) -> int | None:
    if int(page.compression) != 1 or page.is_tiled:
        return None
    bits = int(np.max(value_of(page, "BitsPerSample", 1)))
    return int(page.imagewidth * page.imagelength * page.samplesperpixel * bits // 8)


def _pattern(path: Path, page: Page) -> list[list[str]] | None:
    if int(page.photometric) != CFA:
        return None
    rows, columns = (int(v) for v in value_of(page, "CFARepeatPatternDim", (0, 0)))
    codes = list(bytes(value_of(page, "CFAPattern", b"")))
    if rows * columns == 0 or len(codes) != rows * columns:
        raise FileError(
            path, f"its CFA pattern is said to be {rows} x {columns}, but has {len(codes)} sites"
        )
    unknown = sorted(set(codes) - set(CHANNELS))
    if unknown:
        raise FileError(path, f"its CFA holds filters other than R, G, B and W (codes {unknown})")
    if int(value_of(page, "CFALayout", 1)) != 1:
        raise FileError(path, "its CFA is staggered (CFALayout is not 1), which is not supported")
    names = [CHANNELS[c] for c in codes]
    return [names[i * columns : (i + 1) * columns] for i in range(rows)]


def _crop(page: Page) -> list[float] | None:
    origin, size = _rationals(page, "DefaultCropOrigin"), _rationals(page, "DefaultCropSize")
    return origin + size if origin and size else None


def _matrices(
    page: Page, first: Page, name: str, planes: list[int], *, rows: bool = False,
    columns: bool = False,
) -> list[dict[str, Any]]:  # fmt: skip
    """Matrices 1 to 3 of a name; rows, columns: whether those are the camera's planes."""
    found = []
    for number in (1, 2, 3):
        values = _rationals_of(page, first, f"{name}{number}")
        if len(values) != 9:
            continue
        code = int(_of(page, first, f"CalibrationIlluminant{number}", 0))
        matrix = np.reshape(values, (3, 3))
        if sorted(planes) == [0, 1, 2]:
            order = np.argsort(planes)
            matrix = matrix[order] if rows else matrix
            matrix = matrix[:, order] if columns else matrix
        found.append({
            "number": number, "illuminant": ILLUMINANTS.get(code), "exif_code": code,
            "matrix": matrix.tolist(),
        })  # fmt: skip
    return found


def exif_facts(first: Page) -> dict[str, Any]:
    """What IFD 0 and its EXIF say of camera and shot; None for what they do not."""
    exif = value_of(first, "ExifTag", None)
    exif = exif if isinstance(exif, dict) else {}
    iso = exif.get("ISOSpeedRatings")
    iso = iso[0] if isinstance(iso, (tuple, list)) and iso else iso
    if iso == LARGEST_RATING:  # EXIF 2.3: or more, which then stands in another tag
        iso = exif.get("RecommendedExposureIndex") or iso
    return {
        "make": _text(first, "Make"),
        "model": _text(first, "Model"),
        "orientation": int(value_of(first, "Orientation", 1)),
        "time": str(exif.get("DateTimeOriginal") or "").strip("\0 ") or _text(first, "DateTime"),
        "iso": float(iso) if isinstance(iso, (int, float)) and iso > 0 else None,
        "exposure_time_s": _ratio(
            exif.get("ExposureTime") or value_of(first, "ExposureTime", None)
        ),
        "f_number": _ratio(exif.get("FNumber") or value_of(first, "FNumber", None)),
    }


def _ratio(value: Any) -> float | None:
    """One positive rational, or None: cameras write 0/1 for unknown."""
    if isinstance(value, tuple) and len(value) == 2 and value[0] > 0 and value[1] > 0:
        return float(value[0] / value[1])
    return None


def _in_rgb(values: list[float], planes: list[int]) -> list[float] | None:
    if len(values) != 3:
        return None
    if sorted(planes) != [0, 1, 2]:
        return values
    return [values[planes.index(c)] for c in (0, 1, 2)]


def _pairs(values: list[float], planes: list[int]) -> list[float] | None:
    """One pair for all, or those of red, green and blue, whatever the file's order of planes."""
    if len(values) != 6:
        return values or None
    slopes, offsets = _in_rgb(values[::2], planes), _in_rgb(values[1::2], planes)
    return [v for pair in zip(slopes or (), offsets or (), strict=True) for v in pair]


def value_of(page: Page, name: str, otherwise: Any) -> Any:
    """The value of a tag of one IFD, or what is taken where it is not there."""
    tag = page.tags.get(name)
    return otherwise if tag is None else tag.value


def _of(page: Page, first: Page, name: str, otherwise: Any) -> Any:
    """A tag that belongs in one IFD and is tolerated in the other."""
    return value_of(page, name, value_of(first, name, otherwise))


def _several(page: Page, name: str) -> list[Any]:
    value = value_of(page, name, ())
    return list(value) if isinstance(value, (tuple, list, np.ndarray)) else [value]


def _rationals(page: Page, name: str) -> list[float]:
    """Values of a tag as floats, whatever mix of SHORT, LONG and RATIONAL it has."""
    tag = page.tags.get(name)
    if tag is None:
        return []
    values = _several(page, name)
    if tag.dtype in (tifffile.DATATYPE.RATIONAL, tifffile.DATATYPE.SRATIONAL):
        pairs = zip(values[::2], values[1::2], strict=True)
        return [n / d if d else 0.0 for n, d in pairs]
    return [float(v) for v in values]


def _rationals_of(page: Page, first: Page, name: str) -> list[float]:
    return _rationals(page, name) or _rationals(first, name)


def _text(page: Page, name: str) -> str | None:
    value = value_of(page, name, None)
    return str(value).strip("\0 ") or None if value is not None else None
