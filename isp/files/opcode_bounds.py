"""What an opcode can do at most: to the values, and to the patience of who runs it."""

from collections.abc import Sequence

import numpy as np

from isp.files.opcode_parameters import (
    Area,
    BadConstant,
    BadList,
    GainMap,
    MapPolynomial,
    MapTable,
    Parameters,
    PerLine,
    Trim,
    Vignette,
    Warp,
)
from isp.files.opcode_pixels import LARGEST, MOST_ROUNDS, listed

MOST_VALUE = 1e30  # times white; float32 ends at 3.4e38, and gains and matrices are to come
MOST_LIGHT = 64.0  # times white, of stored light: ten bits' white in a container of sixteen
MOST_PASSES = 256.0  # over all samples of the picture, by the opcodes of one list together
MOST_BAD = 0.25  # share of photosites that a list calls bad
MOST_LIST_BYTES = 64 << 20
OVERSHOOT = 2.0  # of a bicubic warp; the sum of its weights' sizes is 1.9 at most
# Passes over the touched samples that one opcode is worth, by timing them on 12 megapixels.
GAIN_MAP, TABLE, VIGNETTE, WARP = 6.0, 4.0, 8.0, 20.0


class TooMuchError(ValueError):
    """A list asks for more work than any camera's."""


def largest(parameters: Parameters, most: float, list_number: int) -> float:
    """Return a bound on the size of the values after an opcode, from one on those before.

    most: of stored values in list 1, of light with white at 1 in lists 2 and 3. A polynomial is
    bounded by the sum of its terms' sizes.

    >>> from isp.files.opcode_parameters import Area
    >>> whole = Area(
    ...     top=0, left=0, bottom=0, right=0, plane=0, planes=1, row_pitch=1, column_pitch=1
    ... )
    >>> largest(MapPolynomial(area=whole, coefficients=(1.0, 0.0, -2.0)), 3.0, 2)
    19.0
    """
    match parameters:
        case MapPolynomial():
            sizes = np.abs(parameters.coefficients)
            with np.errstate(over="ignore"):
                return max(most, float(np.polyval(sizes[::-1], np.float64(most))))
        case MapTable():
            top = float(parameters.table.max(initial=0))
            return max(most, top if list_number == 1 else top / LARGEST)
        case GainMap():
            return most * max(1.0, float(parameters.gains.max()))
        case PerLine():
            size = float(np.abs(parameters.values).max(initial=0))
            return most + size if parameters.adds else most * max(1.0, size)
        case Vignette():
            return most * (1 + sum(abs(k) for k in parameters.coefficients))  # r is 1 at most
        case Warp():
            return most * OVERSHOOT
    return most


def check_values(runs: Sequence[tuple[str, Parameters]], list_number: int) -> None:
    """Refuse a list whose values could leave what a picture can hold.

    runs: name and parameters of the opcodes, in order.

    Raises ValueError naming the opcode behind which they could.
    """
    most = float(LARGEST) if list_number == 1 else MOST_LIGHT
    for name, parameters in runs:
        most = largest(parameters, most, list_number)
        if not most <= MOST_VALUE:
            raise ValueError(
                f"{name} of OpcodeList{list_number} can give values of {most:.1e}, which no "
                "picture holds"
            )


def passes(parameters: Parameters, size: tuple[int, int], planes: int) -> float:
    """Return what an opcode costs, in passes over all samples of a picture (height, width)."""
    match parameters:
        case MapPolynomial():
            return len(parameters.coefficients) * _share(parameters.area, size, planes)
        case MapTable():
            return TABLE * _share(parameters.area, size, planes)
        case GainMap():
            return GAIN_MAP * _share(parameters.area, size, planes)
        case PerLine():
            return _share(parameters.area, size, planes)
        case Vignette():
            return VIGNETTE
        case Warp():
            return WARP
        case BadList():
            return 1.0 + MOST_ROUNDS * float(listed(parameters, size).mean())
        case BadConstant():
            return 1.0 + MOST_ROUNDS * MOST_BAD
        case Trim():
            return 0.0


def check_work(
    runs: Sequence[tuple[str, Parameters]], size: tuple[int, int], planes: int, list_number: int
) -> None:
    """Refuse a list that takes longer than any camera's.

    Raises TooMuchError.
    """
    total = sum(passes(parameters, size, planes) for _, parameters in runs)
    if total > MOST_PASSES:
        raise TooMuchError(
            f"the {len(runs)} opcodes of OpcodeList{list_number} come to {total:.0f} passes over "
            f"the picture; {MOST_PASSES:.0f} are done at most"
        )


def _share(area: Area, size: tuple[int, int], planes: int) -> float:
    """Samples that an area touches, of all of the picture."""
    rows, columns = area.cut(*size)
    lines = len(range(*rows.indices(size[0]))) * len(range(*columns.indices(size[1])))
    touched = len(range(area.plane, min(area.plane + area.planes, planes)))
    return lines * touched / (size[0] * size[1] * planes)
