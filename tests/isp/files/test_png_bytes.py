"""A PNG made in memory holds the codes it was given."""

import io

import numpy as np
from PIL import Image

from isp.files.png_bytes import png_bytes


def test_codes_come_back_from_a_flipped_view() -> None:
    code = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)[::-1]

    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png_bytes(code)))), code)
