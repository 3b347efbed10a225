"""Write AVIF: 10 or 12 bits, signalled by code points, HDR with its content light level."""

from pathlib import Path
from typing import Any

import numpy as np

from isp.core.errors import OutputError
from isp.files.cicp import FULL_RANGE, MATRIX_CODES, RGB_MATRIX
from isp.files.display_codes import Coded
from isp.files.optional import optional

DEPTHS = (10, 12)
LOSSLESS_SPEED = "9"  # the fastest: slower makes a lossless file hardly smaller


def write_avif(path: Path, place: Path, coded: Coded, quality: int | None) -> None:
    """Write codes to `place`, 4:4:4; `path` is for messages.

    quality: None: the codes themselves, as RGB without loss; 1 to 100: lossy, as Y'CbCr.
    PQ and HLG carry MaxCLL and MaxFALL, which only the extra `codecs` writes.

    Raises MissingError where that is not installed, OutputError.
    """
    if coded.is_hdr:
        place.write_bytes(_with_light_level(path, coded, quality))
    else:
        place.write_bytes(_without(coded, quality))


def _without(coded: Coded, quality: int | None) -> bytes:
    import imagecodecs

    primaries, transfer = coded.cicp[:2]
    return bytes(
        imagecodecs.avif_encode(
            np.ascontiguousarray(coded.code),
            level=100 if quality is None else quality,
            bitspersample=coded.bit_depth,
            pixelformat="444",
            primaries=primaries,
            transfer=transfer,
            matrix=_matrix(coded, quality),
            numthreads=1,
        )
    )


def _with_light_level(path: Path, coded: Coded, quality: int | None) -> bytes:
    heif: Any = optional("pylibheif", "an AVIF with a content light level", "codecs")
    height, width = coded.code.shape[:2]
    channel, layout = heif.HeifChannel.Interleaved, heif.HeifChroma.InterleavedRRGGBB_LE
    try:
        image = heif.HeifImage(width, height, heif.HeifColorspace.RGB, layout)
        image.add_plane(channel, width, height, coded.bit_depth)
        image.get_plane(channel, True)[...] = coded.code
        primaries, transfer = coded.cicp[:2]
        image.set_nclx_color_profile(
            heif.HeifColorProfileNclx(
                heif.HeifColorPrimaries(primaries),
                heif.HeifTransferCharacteristics(transfer),
                heif.HeifMatrixCoefficients(_matrix(coded, quality)),
                bool(FULL_RANGE),
            )
        )
        image.content_light_level = heif.HeifContentLightLevel(*coded.light_levels())
        encoder = heif.HeifEncoder(heif.HeifCompressionFormat.AV1)
        encoder.set_parameter("chroma", "444")
        if quality is None:
            encoder.set_lossless(True)
            encoder.set_parameter("speed", LOSSLESS_SPEED)
        else:
            encoder.set_lossy_quality(quality)
        with heif.HeifContext() as context:
            encoder.encode_image(context, image)
            return bytes(context.write_to_bytes())
    except heif.HeifError as error:
        raise OutputError(path, f"it could not be encoded ({error})") from error


def _matrix(coded: Coded, quality: int | None) -> int:
    return RGB_MATRIX if quality is None else MATRIX_CODES[coded.space]
