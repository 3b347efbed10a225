"""A picture as a baseline JPEG in memory, and back: what compression does to codes."""

import io

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import FrameError, UsageError

CHROMA = ("4:4:4", "4:2:2", "4:2:0")


def encode_jpeg(code: NDArray[np.uint8], quality: int, chroma: str = "4:4:4") -> bytes:
    """Return (h, w, 3) codes as JPEG bytes, as `write_picture` would store them.

    quality: 1 to 100, libjpeg's scale. chroma: how colour is sampled.

    Raises UsageError for another quality or sampling, FrameError for other pixels.
    """
    from PIL import Image

    if not 1 <= quality <= 100:
        raise UsageError(f"JPEG quality is 1 to 100, got {quality}")
    if chroma not in CHROMA:
        raise UsageError(f'chroma sampling is {", ".join(CHROMA)}, not "{chroma}"')
    if code.dtype != np.uint8 or code.ndim != 3 or code.shape[2] != 3:
        raise FrameError(f"a JPEG holds uint8 (h, w, 3), but {code.dtype} {code.shape} came")
    buffer = io.BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(code))
    picture.save(buffer, format="JPEG", quality=quality, subsampling=chroma)
    return buffer.getvalue()


def encode_grey_jpeg(code: NDArray[np.uint8], quality: int) -> bytes:
    """Return (h, w) codes as the bytes of a JPEG of one channel.

    Raises UsageError for another quality, FrameError for other pixels.
    """
    from PIL import Image

    if not 1 <= quality <= 100:
        raise UsageError(f"JPEG quality is 1 to 100, got {quality}")
    if code.dtype != np.uint8 or code.ndim != 2:
        raise FrameError(f"a grey JPEG holds uint8 (h, w), but {code.dtype} {code.shape} came")
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(code)).save(buffer, format="JPEG", quality=quality)
    return buffer.getvalue()


def decode_jpeg(stored: bytes) -> NDArray[np.uint8]:
    """Return the codes (h, w, 3) of a JPEG that `encode_jpeg` made.

    For files from elsewhere there is `read_picture`, which decodes under limits.

    >>> grey = np.full((8, 8, 3), 100, dtype=np.uint8)
    >>> bool((decode_jpeg(encode_jpeg(grey, quality=90)) == grey).all())
    True
    """
    from PIL import Image

    with Image.open(io.BytesIO(stored)) as picture:
        return np.array(picture.convert("RGB"))
