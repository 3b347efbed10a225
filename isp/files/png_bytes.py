"""An 8-bit picture as PNG bytes, for reports and dumps."""

import io

import numpy as np
from numpy.typing import NDArray


def png_bytes(code: NDArray[np.uint8]) -> bytes:
    r"""Return (h, w, 3) or (h, w) codes as a PNG in memory.

    >>> png_bytes(np.zeros((2, 2, 3), dtype=np.uint8))[:4]
    b'\x89PNG'
    """
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(code)).save(buffer, format="PNG")
    return buffer.getvalue()
