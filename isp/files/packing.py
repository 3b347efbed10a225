"""How sensors pack their bits into bytes: u8, u16 and the MIPI CSI-2 formats."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """`pixels` photosites of up to `bits` bits share `octets` bytes."""

    bits: int
    pixels: int
    octets: int

    def row_bytes(self, width: int) -> int:
        """Bytes of one row, its last group filled up."""
        return -(-width // self.pixels) * self.octets


PACKINGS = {
    "u8": Packing(bits=8, pixels=1, octets=1),
    "u16": Packing(bits=16, pixels=1, octets=2),
    "mipi10": Packing(bits=10, pixels=4, octets=5),
    "mipi12": Packing(bits=12, pixels=2, octets=3),
    "mipi14": Packing(bits=14, pixels=4, octets=7),
}


def unpack_rows(rows: np.ndarray, packing: str, width: int, endian: str) -> np.ndarray:
    """Turn (h, bytes) rows into (h, width) uint16 DN.

    rows: whole rows without stride padding. endian: of u16 ("little" or "big"); the others
        have none.

    >>> four = np.array([[0xFF, 0x00, 0x80, 0x01, 0b11_10_01_00]], dtype=np.uint8)
    >>> unpack_rows(four, "mipi10", 4, "little").tolist()
    [[1020, 1, 514, 7]]

    Source: MIPI CSI-2 v1.3, RAW10, RAW12, RAW14 (checked against the Linux kernel's
        V4L2_PIX_FMT_SRGGB10P, 12P, 14P).
    """
    if packing == "u8":
        return rows[:, :width].astype(np.uint16)
    if packing == "u16":
        order = "<u2" if endian == "little" else ">u2"
        return np.ascontiguousarray(rows).view(order)[:, :width].astype(np.uint16)
    layout = PACKINGS[packing]
    groups = rows.reshape(rows.shape[0], -1, layout.octets).astype(np.uint16)
    high = groups[..., : layout.pixels] << (layout.bits - 8)  # each pixel's upper 8 bits
    low = groups[..., layout.pixels :]
    if packing == "mipi14":
        # 24 bits, little-endian, 6 a pixel; the upper byte here holds 8 of 14 bits.
        tail = low[..., 0].astype(np.uint32) | low[..., 1].astype(np.uint32) << 8
        tail |= low[..., 2].astype(np.uint32) << 16
        parts = [(tail >> (6 * i)) & 63 for i in range(4)]
    elif packing == "mipi12":
        parts = [low[..., 0] & 15, low[..., 0] >> 4]
    else:
        parts = [(low[..., 0] >> (2 * i)) & 3 for i in range(4)]
    values = high | np.stack(parts, axis=-1).astype(np.uint16)
    return values.reshape(rows.shape[0], -1)[:, :width]


def that_fit(length: int, width: int, height: int) -> list[str]:
    """Name layouts that fill `length` bytes exactly, the user's own size first.

    >>> that_fit(24, 4, 3)
    ['4 x 3 u16']
    """
    own = [
        f"{width} x {height} {name}"
        for name, packing in PACKINGS.items()
        if packing.row_bytes(width) * height == length
    ]
    one_side = [
        f"{width} x {length // packing.row_bytes(width)} {name}"
        for name, packing in PACKINGS.items()
        if length % packing.row_bytes(width) == 0 and length // packing.row_bytes(width) != height
    ]
    usual = [
        f"{w} x {h} {name}"
        for name, packing in PACKINGS.items()
        for w, h in _usual_sizes(length * packing.pixels // packing.octets)
        if w != width and packing.row_bytes(w) * h == length
    ]
    return own or one_side[:3] + usual[:8]


def _usual_sizes(pixels: int) -> list[tuple[int, int]]:
    """Whole sizes of that many pixels in the shapes that sensors have."""
    found = []
    for across, down in ((4, 3), (3, 2), (16, 9), (1, 1), (5, 4), (16, 10)):
        width = round((pixels * across / down) ** 0.5)
        if width > 0 and pixels % width == 0 and width * down == (pixels // width) * across:
            found.append((width, pixels // width))
    return found
