"""Opcode lists are read big-endian, and only what may be skipped is skipped."""

import struct

import pytest

from isp.files.dng_opcodes import is_executed_by_libraw, parse_opcodes


def opcode(code: int, flags: int, parameters: bytes) -> bytes:
    return struct.pack(">I4sII", code, bytes([1, 3, 0, 0]), flags, len(parameters)) + parameters


def test_each_opcode_keeps_its_id_flag_and_parameters() -> None:
    value = struct.pack(">I", 2) + opcode(5, 0, b"abcd") + opcode(99, 3, b"")

    first, second = parse_opcodes(value, 1)

    assert (first.name, first.is_optional, first.parameters) == ("FixBadPixelsList", False, b"abcd")
    assert (second.name, second.is_optional, second.list_number) == ("opcode 99", True, 1)


@pytest.mark.parametrize(
    "value",
    [
        b"\0\0",
        struct.pack(">I", 2) + opcode(5, 0, b"abcd"),
        struct.pack(">I", 1) + opcode(5, 0, b"abcd")[:-1],
    ],
    ids=["no count", "fewer opcodes than counted", "cut parameters"],
)
def test_a_list_that_does_not_add_up_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match="OpcodeList2"):
        parse_opcodes(value, 2)


def polynomial(area: tuple[int, ...], degree: int = 3) -> bytes:
    coefficients = [0.0] * (degree + 1)
    return struct.pack(">8I", *area) + struct.pack(f">I{degree + 1}d", degree, *coefficients)


@pytest.mark.parametrize(
    ("area", "compression", "list_number", "executed"),
    [
        ((0, 0, 40, 60, 0, 1, 1, 1), 34892, 2, True),
        ((0, 0, 40, 60, 0, 1, 1, 1), 1, 2, False),  # LibRaw does it for lossy files only
        ((0, 0, 40, 60, 0, 1, 1, 1), 34892, 3, False),
        ((0, 0, 20, 60, 0, 1, 1, 1), 34892, 2, False),  # LibRaw ignores the area
        ((0, 0, 40, 60, 0, 1, 2, 2), 34892, 2, False),
    ],
)
def test_only_the_polynomials_that_libraw_runs_count_as_done(
    area: tuple[int, ...], compression: int, list_number: int, executed: bool
) -> None:
    value = struct.pack(">I", 1) + opcode(8, 0, polynomial(area))
    [parsed] = parse_opcodes(value, list_number)

    assert is_executed_by_libraw(parsed, compression, 60, 40) is executed
