"""Write JPEG XL: codes of 16 bits, or linear light as floats, signalled by code points."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import OutputError
from isp.files.cicp import cicp_of
from isp.files.display_codes import Coded
from isp.files.jxl_intensity import with_intensity_target

LOSSLESS_EFFORT = 3  # of 9: more takes many times longer and makes camera noise no smaller


def write_jxl_codes(path: Path, place: Path, coded: Coded, quality: int | None) -> None:
    """Write 16-bit codes to `place`; quality None: without loss, else 1 to 100.

    Primaries and curve are said in JPEG XL's own header. PQ says an intensity target of 10000
    cd/m2 and HLG one of 1000; the library takes no other, nor MaxCLL.

    Raises OutputError.
    """
    _write(path, place, coded.code, coded.cicp, quality, "")


def write_jxl_light(
    path: Path,
    place: Path,
    light: NDArray[np.float16] | NDArray[np.float32],
    space: str,
    white_cd_m2: float,
) -> None:
    """Write linear light to `place` as half or float32, without loss; space: bt709, p3, bt2020.

    The quick efforts of libjxl refuse float32 light that changes sign, as a camera's noise does,
    so float32 takes the slower one, and where that is refused too nothing is written.
    What 1.0 means is the header's intensity target (a half float), and in words the description.

    Raises OutputError.
    """
    said = f"linear light, 1.0 is {white_cd_m2:g} cd/m2"
    _write(path, place, light, cicp_of(space, "linear"), None, said)
    try:
        # The library takes none but those of PQ and HLG.
        place.write_bytes(with_intensity_target(place.read_bytes(), white_cd_m2))
    except ValueError as error:
        raise OutputError(path, f"what 1.0 means could not be said ({error})") from error


def _write(
    path: Path,
    place: Path,
    pixels: NDArray[Any],
    cicp: tuple[int, int, int, int],
    quality: int | None,
    said: str,
) -> None:
    import OpenImageIO as oiio

    height, width, channels = pixels.shape
    kinds = {"uint16": oiio.UINT16, "float16": oiio.HALF, "float32": oiio.FLOAT}
    kind = kinds[pixels.dtype.name]
    spec = oiio.ImageSpec(width, height, channels, kind)
    spec.attribute("Software", "fullwell")
    if said:
        spec.attribute("ImageDescription", said)
    spec.attribute("CICP", "int[4]", cicp)
    spec.attribute("jpegxl:compress_boxes", 0)  # few readers unpack a compressed EXIF
    spec.attribute("compression", f"jpegxl:{100 if quality is None else quality}")
    if quality is None and pixels.dtype != np.float32:
        spec.attribute("jpegxl:effort", LOSSLESS_EFFORT)
    output = oiio.ImageOutput.create(str(place))
    if output is None or not output.open(str(place), spec):
        raise OutputError(path, f"cannot write it ({oiio.geterror().strip()})")
    if not (output.write_image(np.ascontiguousarray(pixels)) and output.close()):
        why = output.geterror().strip()
        if pixels.dtype == np.float32:
            why += "; libjxl refuses most float32 light with noise in it: take 16 bits, or an EXR"
        raise OutputError(path, f"cannot write it ({why})")
