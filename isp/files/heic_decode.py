"""Decode a HEIC with every bit it has, by libheif in pillow-heif. Runs in the child."""

from pathlib import Path
from typing import Any

import numpy as np

from isp.core.errors import FileError
from isp.files.avif_decode import decoded_heif, header_of
from isp.files.decoded import Decoded
from isp.files.limits import Limits
from isp.files.magic import look_at
from isp.files.optional import optional

EXIF_IFD = 0x8769
EXPOSURE_TIME, F_NUMBER, ISO, TAKEN = 33434, 33437, 34855, 36867
MAKE, MODEL = 271, 272


def decode_heic(path: str, limits: Limits, *, pixels: bool = True) -> Decoded:
    """Return facts and `code` (h, w, c) of 1 or 3 channels, uint8 or uint16, full range.

    Upright and cropped as the file asks: libheif does both.

    Raises FileError or LimitError, MissingError where the extra `codecs` is not installed.
    """
    kind = look_at(path, limits)
    if kind.family != "heic":
        raise FileError(path, f"it is {kind.name}, not a HEIC picture")
    heif: Any = optional("pillow_heif", "reading a HEIC", "codecs")
    stored = Path(path).read_bytes()
    header = header_of(path, stored, limits)
    heif.options.DECODE_THREADS = 1
    heif.options.THUMBNAILS = heif.options.DEPTH_IMAGES = heif.options.AUX_IMAGES = False
    try:
        picture = heif.open_heif(stored, convert_hdr_to_8bit=False)
        limits.check_pixels(path, *picture.size)
        code = np.asarray(picture)
    except FileError:
        raise
    except (RuntimeError, ValueError, OSError, SyntaxError, EOFError) as error:
        raise FileError(path, f"it is cut short or damaged ({error})") from error
    bits = int(picture.info.get("bit_depth", 8))
    container = 8 * code.dtype.itemsize
    if code.dtype.kind != "u" or not 0 < bits <= container:
        raise FileError(path, f"it decodes to {code.dtype}, which are no codes of {bits} bits")
    code = code.reshape(*code.shape[:2], -1) >> (container - bits)
    facts = {"orientation": 1} | _shot(picture.info.get("exif"))
    return decoded_heif("HEIC", code, bits, header, pixels=pixels, **facts)


def _shot(exif: bytes | None) -> dict[str, Any]:
    """What a camera noted; nothing where that is damaged, for the picture is sound without it."""
    from PIL import Image

    noted = Image.Exif()
    try:
        noted.load(exif or b"")
        more = noted.get_ifd(EXIF_IFD)
        return {
            "make": _text(noted.get(MAKE)),
            "model": _text(noted.get(MODEL)),
            "time": _text(more.get(TAKEN)),
            "iso": _positive(more.get(ISO)),
            "exposure_time_s": _positive(more.get(EXPOSURE_TIME)),
            "f_number": _positive(more.get(F_NUMBER)),
        }
    except Exception:  # noqa: BLE001  Pillow raises many kinds on damaged EXIF
        return {}


def _text(value: object) -> str | None:
    return value.strip("\x00 ") or None if isinstance(value, str) else None


def _positive(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if 0 < number < float("inf") else None
