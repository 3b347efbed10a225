"""Decode a JPEG XL with every bit it has, by libjxl in imagecodecs. Runs in the child."""

from pathlib import Path

import numpy as np

from isp.core.errors import FileError
from isp.files.cicp import FULL_RANGE, RGB_MATRIX
from isp.files.decoded import NO_SHOT, Decoded
from isp.files.jxl_header import JxlHeader, jxl_header
from isp.files.limits import Limits
from isp.files.magic import look_at

KINDS = {"uint8": np.uint8, "uint16": np.uint16, "float16": np.float16, "float32": np.float32}


def decode_jxl(path: str, limits: Limits, *, pixels: bool = True) -> Decoded:
    """Return facts and `code` (h, w, c) of 1 or 3 channels: uint8, uint16, or float32 light.

    Upright: libjxl turns it. `intensity_target_cd_m2` is None where the header says none.

    Raises FileError or LimitError.
    """
    import imagecodecs

    kind = look_at(path, limits)
    if kind.family != "jxl":
        raise FileError(path, f"it is {kind.name}, not a JPEG XL picture")
    stored = Path(path).read_bytes()
    try:
        header = jxl_header(stored)
    except ValueError as error:
        raise FileError(path, f"it is cut short or damaged ({error})") from error
    limits.check_pixels(path, header.width, header.height)
    try:
        code = np.asarray(imagecodecs.jpegxl_decode(stored, numthreads=1))
    except (RuntimeError, ValueError) as error:
        raise FileError(path, f"it is cut short or damaged ({error})") from error
    if code.shape[:2] != (header.height, header.width) or code.ndim not in (2, 3):
        raise FileError(
            path,
            f"its header says {header.width} x {header.height}, but its pixels are "
            f"{' x '.join(map(str, code.shape))}",
        )
    if code.dtype.name not in KINDS:
        raise FileError(path, f"its pixels are {code.dtype}, which is no picture")
    code = code.reshape(*code.shape[:2], -1)
    is_float = code.dtype.kind == "f"
    if not is_float and int(code.max(initial=0)) >= 2**header.bit_depth:
        raise FileError(path, f"its header says {header.bit_depth} bits, but its codes have more")
    facts = _facts(code, header)
    if is_float:
        code = code.astype(np.float32)
        facts["nan_values"] = int(np.isnan(code).sum())
        facts["infinite_values"] = int(np.isinf(code).sum())
    colours = np.ascontiguousarray(code[..., : 1 if code.shape[2] < 3 else 3])
    return Decoded(facts=facts, arrays={"code": colours} if pixels else {})


def _facts(code: np.ndarray, header: JxlHeader) -> dict[str, object]:
    """In the words of `decode_picture`."""
    channels = code.shape[2]
    cicp = header.cicp
    # libjxl gives lossy codes under an ICC profile in sRGB.
    profile = "an ICC profile" if header.has_icc and not header.is_xyb else None
    is_own = cicp is None and not header.has_icc
    return {
        "container": "JPEG XL",
        "kind": "picture",
        "width": header.width,
        "height": header.height,
        "channels": channels,
        "bit_depth": header.bit_depth,
        "is_float": code.dtype.kind == "f",
        "alpha": "left out" if channels in (2, 4) else None,
        "orientation": 1,
        "icc_profile": "primaries or a curve of its own" if is_own else profile,
        "cicp": None if cicp is None else [*cicp, RGB_MATRIX, FULL_RANGE],
        "intensity_target_cd_m2": header.intensity_target_cd_m2,
        **NO_SHOT,
    }
