"""Code points of ITU-T H.273 that pictures are signalled with, and our names for them."""

from isp.core.colour import PRIMARIES, Colour

PRIMARY_CODES = {"bt709": 1, "bt2020": 9, "p3": 12}
TRANSFER_CODES = {"bt709": 1, "linear": 8, "srgb": 13, "pq": 16, "hlg": 18}
RGB_MATRIX, FULL_RANGE = 0, 1
MATRIX_CODES = {"bt709": 1, "p3": 1, "bt2020": 9}  # of Y'CbCr made from these primaries
# 6, 14 and 15 are the same curve as 1 (H.273 table 3).
SAME_CURVE = {6: 1, 14: 1, 15: 1}


def cicp_of(space: str, transfer: str) -> tuple[int, int, int, int]:
    """Primaries, transfer, matrix and range of full-range RGB.

    >>> cicp_of("bt2020", "pq")
    (9, 16, 0, 1)
    """
    return PRIMARY_CODES[space], TRANSFER_CODES[transfer], RGB_MATRIX, FULL_RANGE


def colour_of(primaries: int, transfer: int) -> Colour | None:
    """What two code points mean, or None for one that we have no name for."""
    spaces = {code: name for name, code in PRIMARY_CODES.items()}
    curves = {code: name for name, code in TRANSFER_CODES.items()}
    transfer = SAME_CURVE.get(transfer, transfer)
    if primaries not in spaces or transfer not in curves:
        return None
    return Colour(primaries=PRIMARIES[spaces[primaries]], transfer=curves[transfer])
