"""Read scenes from Radiance .hdr pictures, and write light to them."""

from pathlib import Path

import numpy as np

from isp.core.errors import FrameError, OutputError
from isp.core.frame import Frame
from isp.files.exr import scene_frame
from isp.files.guarded import decode
from isp.files.light import check_finite, light_of
from isp.files.limits import Limits
from isp.files.safe_write import safe_write

LARGEST = (1 - 2.0**-8) * 2.0**127  # 8 bits of mantissa, the largest exponent


def read_hdr(path: str | Path, *, limits: Limits | None = None) -> Frame:
    """Return a Radiance picture as a SCENE frame, BT.709 unless a PRIMARIES line says otherwise.

    Raises FileError naming file and reason, LimitError.
    """
    path = Path(path)
    return scene_frame(
        path, decode("isp.files.radiance_decode:decode_radiance", path, limits or Limits())
    )


def write_hdr(path: str | Path, frame: Frame, *, force: bool = False) -> int:
    """Write light as a Radiance picture in BT.709; return how many values were below 0.

    The format keeps 8 bits of a pixel's largest channel and no sign, and says neither primaries
    nor what 1.0 means: for anything but a viewer's lamp there is EXR. Negative values become 0
    and are counted.

    Raises DomainError for a frame that is not linear light, FrameError for NaN, infinities and
    light beyond the format, OutputError.
    """
    import OpenImageIO as oiio

    path = Path(path)
    light = light_of(frame, "bt709", "a Radiance picture")
    check_finite(path, light)
    if light.size and light.max() > LARGEST:
        raise FrameError(f"{path}: light of {light.max():g} is beyond the format's {LARGEST:g}")
    pixels = np.ascontiguousarray(np.maximum(light, 0).astype(np.float32))
    height, width = pixels.shape[:2]
    with safe_write(path, force=force) as place:
        output = oiio.ImageOutput.create(str(place))
        spec = oiio.ImageSpec(width, height, 3, oiio.FLOAT)
        spec.attribute("Software", "fullwell")
        if output is None or not output.open(str(place), spec):
            raise OutputError(path, f"cannot write it ({oiio.geterror().strip()})")
        if not (output.write_image(pixels) and output.close()):
            raise OutputError(path, f"cannot write it ({output.geterror().strip()})")
    return int((light < 0).sum())
