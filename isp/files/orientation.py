"""EXIF orientation: turning stored pixels the way the picture is looked at."""

import numpy as np


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Return (h, w, …) pixels turned upright from an EXIF orientation of 1 to 8.

    >>> upright(np.array([[1, 2], [3, 4]]), 6).tolist()  # stored lying on its left side
    [[3, 1], [4, 2]]
    """
    if orientation in (5, 6, 7, 8):
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def upright_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Height and width of a picture once it is turned upright.

    >>> upright_size((40, 60), 6), upright_size((40, 60), 3)
    ((60, 40), (40, 60))
    """
    return (size[1], size[0]) if orientation in (5, 6, 7, 8) else size
