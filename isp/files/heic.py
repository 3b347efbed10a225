"""Write HEIC (HEVC in HEIF): 10 or 12 bits, signalled by code points."""

from pathlib import Path
from typing import Any

import numpy as np

from isp.core.errors import OutputError
from isp.files.cicp import FULL_RANGE, MATRIX_CODES, RGB_MATRIX
from isp.files.display_codes import Coded
from isp.files.optional import optional

DEPTHS = (10, 12)


def write_heic(path: Path, place: Path, coded: Coded, quality: int | None) -> None:
    """Write codes to `place`, 4:4:4; `path` is for messages.

    quality: None: the codes themselves, as RGB without loss; 1 to 100: lossy, as Y'CbCr.
    The encoder of the extra `codecs` writes no content light level; AVIF does.

    Raises MissingError where the extra is not installed, OutputError.
    """
    heif: Any = optional("pillow_heif", "a HEIC", "codecs")
    height, width = coded.code.shape[:2]
    primaries, transfer = coded.cicp[:2]
    try:
        heif.encode(
            f"RGB;{coded.bit_depth}",
            (width, height),
            np.ascontiguousarray(coded.code, dtype="<u2").tobytes(),
            place,
            format="HEIF",
            quality=-1 if quality is None else quality,
            chroma=444,
            color_primaries=primaries,
            # Without its last letter this keyword is ignored without a word.
            transfer_characteristics=transfer,
            matrix_coefficients=RGB_MATRIX if quality is None else MATRIX_CODES[coded.space],
            full_range_flag=FULL_RANGE,
        )
    except (RuntimeError, ValueError) as error:
        raise OutputError(path, f"it could not be encoded ({error})") from error
