"""Decode an AVIF with every bit it has, by libavif in imagecodecs. Runs in the child."""

from pathlib import Path
from typing import Any

import numpy as np

from isp.core.errors import FileError
from isp.files.decoded import NO_SHOT, Decoded
from isp.files.heif_boxes import HeifHeader, heif_header
from isp.files.icc import code_points_of
from isp.files.limits import Limits
from isp.files.magic import AVIF_FILM as FILM
from isp.files.magic import look_at

UNSPECIFIED = 2  # H.273


def decode_avif(path: str, limits: Limits, *, pixels: bool = True) -> Decoded:
    """Return facts and `code` (h, w, c) of 1 or 3 channels, uint8 or uint16, full range.

    Stored as they lie: `orientation` says how they are turned. A film is refused: the decoder
    crashes on some.

    Raises FileError or LimitError.
    """
    import imagecodecs

    kind = look_at(path, limits)
    if kind.family != "avif" or kind.name == FILM:
        raise FileError(path, f"it is {kind.name}, not an AVIF picture")
    stored = Path(path).read_bytes()
    header = header_of(path, stored, limits)
    if header.is_cropped:
        raise FileError(path, "it asks to be cropped (clap), which is not done here")
    try:
        code = np.asarray(imagecodecs.avif_decode(stored, numthreads=1))
    except (RuntimeError, ValueError) as error:
        raise FileError(path, f"it is cut short or damaged ({error})") from error
    code = code.reshape(*code.shape[:2], -1)
    bits = header.bit_depth or 8 * code.dtype.itemsize
    if not 0 < bits <= 8 * code.dtype.itemsize or int(code.max(initial=0)) >= 2**bits:
        raise FileError(path, f"its header says {bits} bits, but its codes have more")
    return decoded_heif("AVIF", code, bits, header, pixels=pixels)


def header_of(path: str, stored: bytes, limits: Limits) -> HeifHeader:
    """The header, once its size is within the limits.

    Raises FileError or LimitError.
    """
    try:
        header = heif_header(stored)
    except ValueError as error:
        raise FileError(path, f"it is cut short or damaged ({error})") from error
    if not header.width or not header.height:
        raise FileError(path, "its header says that it has no pixels")
    limits.check_pixels(path, header.width, header.height)
    return header


def decoded_heif(
    container: str,
    code: np.ndarray,
    bits: int,
    header: HeifHeader,
    *,
    pixels: bool,
    **facts: Any,
) -> Decoded:
    """Put codes and header together in the words of `decode_picture`."""
    channels = code.shape[2]
    cicp, icc = _colours(header)
    said = {
        "container": container,
        "kind": "picture",
        "width": code.shape[1],
        "height": code.shape[0],
        "channels": channels,
        "bit_depth": bits,
        "is_float": False,
        "alpha": "left out" if channels in (2, 4) else None,
        "orientation": header.orientation,
        "icc_profile": icc,
        "cicp": cicp,
        "max_cll_cd_m2": None if header.light_level is None else header.light_level[0],
        "max_fall_cd_m2": None if header.light_level is None else header.light_level[1],
        **NO_SHOT,
    } | facts
    colours = np.ascontiguousarray(code[..., : 1 if channels < 3 else 3])
    return Decoded(facts=said, arrays={"code": colours} if pixels else {})


def _colours(header: HeifHeader) -> tuple[list[int] | None, str | None]:
    """Code points, of the profile where none are given; and what the profile is called."""
    cicp = header.cicp
    if cicp is not None and UNSPECIFIED not in cicp[:2]:
        return list(cicp), None if header.icc is None else "a profile beside its code points"
    if header.icc is None:
        return None, None
    try:
        return [*code_points_of(header.icc), 0, 1], "a profile that is known"
    except ValueError as error:
        return None, f"a profile that is not known: {error}"
