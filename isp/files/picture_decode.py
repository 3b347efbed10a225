"""Decode a PNG, TIFF or JPEG picture with every bit it has, by OpenImageIO. Runs in the child."""

from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO

from isp.core.errors import FileError
from isp.files.cicp import FULL_RANGE, RGB_MATRIX
from isp.files.decoded import Decoded
from isp.files.icc import code_points_of
from isp.files.jpeg_bytes import decode_jpeg
from isp.files.limits import Limits
from isp.files.magic import look_at

FAMILIES = ("png", "tiff", "jpeg")


def decode_picture(path: str, limits: Limits, *, pixels: bool = True) -> Decoded:
    """Return facts and `code` (h, w, c) of 1 or 3 channels: uint8, uint16 or float32.

    Codes are the file's: no colour profile is applied, nothing is rescaled. Alpha is left out
    (the facts say so), colours are not multiplied by it.

    Raises FileError or LimitError.
    """
    kind = look_at(path, limits)
    if kind.family not in FAMILIES:
        raise FileError(path, f"it is {kind.name}, not a PNG, TIFF or JPEG picture")
    wish = OpenImageIO.ImageSpec()
    wish.attribute("oiio:UnassociatedAlpha", 1)
    source = OpenImageIO.ImageInput.open(path, wish)
    if source is None:
        trouble = OpenImageIO.geterror().strip().replace(path, "it")
        raise FileError(path, f"its header is damaged ({trouble})")
    code: Any
    try:
        spec = source.spec()
        limits.check_pixels(path, spec.width, spec.height)
        if spec.depth > 1:
            raise FileError(path, "it holds a volume, not a picture")
        if kind.family == "jpeg" and str(spec.format) == "half":
            # An Ultra HDR JPEG comes as HDR light there; a picture is its base, what all see.
            code, troubles, channels = _base(path), [], 3
        else:
            channels = spec.nchannels
            code = source.read_image(0, channels, _kept(path, spec))
            troubles = source.geterror().strip().splitlines()
    finally:
        source.close()
    if code is None or troubles:
        words = troubles[0].replace(path, "it") if troubles else "no pixels"
        raise FileError(path, f"it is cut short or damaged ({words})")
    code = np.asarray(code).reshape(spec.height, spec.width, channels)
    code, bits = _unscaled(code, spec)
    facts = {
        "container": kind.name.split()[1],
        "kind": "picture",
        "width": spec.width,
        "height": spec.height,
        "channels": channels,
        "bit_depth": bits,
        "is_float": code.dtype == np.float32,
        "alpha": "left out" if channels in (2, 4) else None,
    } | _signalled(spec)
    if code.dtype == np.float32:
        facts["nan_values"] = int(np.isnan(code).sum())
        facts["infinite_values"] = int(np.isinf(code).sum())
    colours = code[..., : 1 if channels < 3 else 3]
    return Decoded(facts=facts, arrays={"code": colours} if pixels else {})


def _base(path: str) -> np.ndarray:
    try:
        return decode_jpeg(Path(path).read_bytes())
    except OSError as error:
        raise FileError(path, f"it is cut short or damaged ({error})") from error


def _kept(path: str, spec: Any) -> Any:
    """The format to read in: the file's own."""
    kinds = {"uint8": OpenImageIO.UINT8, "uint16": OpenImageIO.UINT16, "float": OpenImageIO.FLOAT,
             "half": OpenImageIO.FLOAT}  # fmt: skip
    name = str(spec.format)
    if name not in kinds or spec.nchannels > 4:
        raise FileError(path, f"it has {spec.nchannels} channels of {name}, which is not a picture")
    return kinds[name]


def _unscaled(code: np.ndarray, spec: Any) -> tuple[np.ndarray, int]:
    """Undo the widening of 10- or 12-bit codes to a full container."""
    if code.dtype == np.float32:
        return code, 32
    container = 8 * code.dtype.itemsize
    bits = int(spec.getattribute("oiio:BitsPerSample") or container)
    return (code >> (container - bits), bits) if bits < container else (code, container)


def _signalled(spec: Any) -> dict[str, Any]:
    cicp = spec.getattribute("CICP")
    if cicp is None:
        cicp = _by_profile(spec)
    return {
        "orientation": int(spec.getattribute("Orientation") or 1),
        "icc_profile": _icc_name(spec),
        "cicp": None if cicp is None else [int(v) for v in cicp],
        "make": spec.getattribute("Make"),
        "model": spec.getattribute("Model"),
        "time": spec.getattribute("Exif:DateTimeOriginal") or spec.getattribute("DateTime"),
        "iso": _positive(spec.getattribute("Exif:PhotographicSensitivity")),
        "exposure_time_s": _positive(spec.getattribute("ExposureTime")),
        "f_number": _positive(spec.getattribute("FNumber")),
    }


def _by_profile(spec: Any) -> tuple[int, ...] | None:
    """Code points that the ICC profile means; None without one, or for one that is not known."""
    profile = spec.getattribute("ICCProfile")
    if profile is None:
        return None
    try:
        return (*code_points_of(np.asarray(profile, np.uint8).tobytes()), RGB_MATRIX, FULL_RANGE)
    except ValueError:
        return None


def _icc_name(spec: Any) -> str | None:
    if not spec.getattribute("ICCProfile:profile_size"):
        return None
    return str(spec.getattribute("ICCProfile:profile_description") or "an unnamed profile")


def _positive(value: Any) -> float | None:
    value = value[0] if isinstance(value, tuple) and value else value
    return float(value) if isinstance(value, (int, float)) and value > 0 else None
