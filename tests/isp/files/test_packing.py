"""Packed sensor bytes become the DN they hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isp.files.packing import PACKINGS, that_fit, unpack_rows


def packed(row: list[int], packing: str) -> bytes:
    """Pack one row the slow way, straight from the CSI-2 figures."""
    layout = PACKINGS[packing]
    row = row + [0] * (-len(row) % layout.pixels)
    low_bits = layout.bits - 8
    content = bytearray()
    for start in range(0, len(row), layout.pixels):
        group = row[start : start + layout.pixels]
        content += bytes(value >> low_bits for value in group)
        low = sum((v & (2**low_bits - 1)) << (low_bits * i) for i, v in enumerate(group))
        content += low.to_bytes(layout.octets - layout.pixels, "little")
    return bytes(content)


@pytest.mark.parametrize("packing", ["mipi10", "mipi12", "mipi14"])
@given(seed=st.integers(0, 2**16), width=st.integers(1, 23))
def test_mipi_rows_give_back_every_dn(packing: str, seed: int, width: int) -> None:
    top = 2 ** PACKINGS[packing].bits
    row = np.random.Generator(np.random.PCG64(seed)).integers(0, top, width).tolist()
    rows = np.frombuffer(packed(row, packing), dtype=np.uint8)[None]

    assert unpack_rows(rows, packing, width, "little").tolist() == [row]
    assert rows.shape[1] == PACKINGS[packing].row_bytes(width)


def test_mipi14_bytes_are_where_the_kernel_documents_them() -> None:
    # V4L2_PIX_FMT_SRGGB14P: byte 4 = P01 bits 1-0, P00 bits 5-0; and so on.
    p = [0b10_0000_0011_1111, 0b00_0001_0000_0001, 0b11_1111_1110_1010, 0b01_0101_0101_0101]
    high = [value >> 6 for value in p]
    low = [value & 63 for value in p]
    bytes_ = [
        *high,
        (low[1] & 3) << 6 | low[0],
        (low[2] & 15) << 4 | low[1] >> 2,
        low[3] << 2 | low[2] >> 4,
    ]

    assert unpack_rows(np.array([bytes_], np.uint8), "mipi14", 4, "little").tolist() == [p]


def test_u16_follows_its_byte_order() -> None:
    rows = np.array([[0x12, 0x34]], dtype=np.uint8)

    assert unpack_rows(rows, "u16", 1, "little").tolist() == [[0x3412]]
    assert unpack_rows(rows, "u16", 1, "big").tolist() == [[0x1234]]


def test_layouts_that_fit_fill_the_length_exactly() -> None:
    assert "1024 x 768 u8" in that_fit(786432, 1000, 700)
    assert that_fit(786432, 768, 512) == ["768 x 512 u16"]
    assert "4096 x 3072 mipi10" in that_fit(4096 * 3072 * 5 // 4, 4000, 3000)
