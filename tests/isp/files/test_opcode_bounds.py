"""What opcodes can do at most is known before they run, and too much is refused."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isp.files.dng_opcodes import Opcode
from isp.files.opcode_bounds import (
    MOST_PASSES,
    TooMuchError,
    check_values,
    check_work,
    largest,
    passes,
)
from isp.files.opcode_parameters import Parameters, read_parameters
from isp.files.opcode_pixels import apply_opcode
from tests.isp.files.opcode_samples import (
    CENTRED,
    area,
    bad_list,
    gain_map,
    opcode,
    per_line,
    polynomial,
)

SIZE = (6, 8)
numbers = st.floats(-3, 3, width=32)
VIGNETTE = struct.pack(">7d", 0.5, -2.0, 1.0, 0.0, 3.0, 0.3, 0.6)
TABLE = area() + struct.pack(">I3H", 3, 5, 65535, 100)


def read(asked: Opcode) -> Parameters:
    parameters = read_parameters(asked)
    assert parameters is not None
    return parameters


@given(
    coefficients=st.lists(numbers, min_size=1, max_size=9),
    gains=st.lists(st.floats(0, 4, width=32), min_size=4, max_size=4),
    lines=st.lists(numbers, min_size=6, max_size=6),
    most=st.floats(0.1, 5),
)
def test_no_value_passes_the_bound(
    coefficients: list[float], gains: list[float], lines: list[float], most: float
) -> None:
    asked = [
        opcode(8, polynomial(area(), *coefficients)),
        opcode(9, gain_map(area(), np.reshape(gains, (2, 2, 1)))),
        opcode(10, per_line(area(), *lines)),
        opcode(12, per_line(area(), *lines)),
        opcode(3, VIGNETTE),
        opcode(7, TABLE),
    ]
    pixels = np.linspace(-most, most, 48).reshape(6, 8, 1)
    for one in map(read, asked):
        changed, _ = apply_opcode(pixels, one, 2)
        assert abs(changed).max() <= largest(one, most, 2) * (1 + 1e-6) + 1e-12, one


def test_bounds_follow_each_other_through_a_list() -> None:
    """64 times white, four times times 1e10, and once more: beyond 1e30 behind the third."""
    million = ("ScalePerRow", read(opcode(12, per_line(area(), *(1e10,) * 6))))

    check_values([million] * 2, 2)
    with pytest.raises(
        ValueError, match=r"ScalePerRow of OpcodeList2 can give values of 6\.4e\+31"
    ):
        check_values([million] * 3, 2)


def test_a_polynomial_beyond_any_number_is_refused_and_no_warning_raised() -> None:
    steep = ("MapPolynomial", read(opcode(8, polynomial(area(), *(1e300,) * 9))))

    with pytest.raises(ValueError, match="MapPolynomial of OpcodeList1 can give values of inf"):
        check_values([steep], 1)


def test_an_opcode_costs_by_what_it_touches() -> None:
    quarter = area(1, 0, 6, 8, pitch=(2, 2))
    whole = passes(read(opcode(9, gain_map(area(), np.ones((1, 1, 1))))), SIZE, 1)

    assert passes(read(opcode(9, gain_map(quarter, np.ones((1, 1, 1))))), SIZE, 1) == whole / 4
    assert passes(read(opcode(9, gain_map(area(), np.ones((1, 1, 1))))), SIZE, 3) == whole / 3
    assert passes(read(opcode(8, polynomial(area(), 0, 1, 2))), SIZE, 1) == 3
    few, many = (read(opcode(5, bad_list([(0, i) for i in range(n)]))) for n in (1, 8))
    assert passes(few, SIZE, 1) < passes(many, SIZE, 1)


def test_a_camera_s_list_is_done_and_an_endless_one_is_refused_by_type() -> None:
    maps = [("GainMap", read(opcode(9, gain_map(area(), np.ones((17, 13, 1))))))] * 4
    bend = ("WarpRectilinear", read(opcode(1, CENTRED)))
    steep = ("MapPolynomial", read(opcode(8, polynomial(area(planes=3), *(0.1,) * 9))))

    check_work([*maps, bend, bend], SIZE, 3, 3)
    check_work([steep] * int(MOST_PASSES / 9), SIZE, 3, 3)
    with pytest.raises(TooMuchError, match="the 256 opcodes of OpcodeList3 come to 2304 passes"):
        check_work([steep] * 256, SIZE, 3, 3)
    with pytest.raises(TooMuchError):
        check_work([bend] * 13, SIZE, 3, 3)
