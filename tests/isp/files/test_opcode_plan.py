"""Known opcodes run in their place; optional others are skipped and told, mandatory ones refuse."""

import struct

import numpy as np
import pytest

from isp.files.opcode_plan import plan_opcodes
from tests.isp.files.opcode_samples import (
    CENTRED,
    area,
    bad_list,
    gain_map,
    opcode,
    per_line,
    warp,
)

SIZE = (6, 8)
GAIN = gain_map(area(), np.ones((1, 1, 1)))
# Code, parameters, planes, list; and why it is not carried out, or None.
CASES = [
    (9, GAIN, 1, 2, None),
    (1, CENTRED, 3, 3, None),
    (1, warp([(1.0, 0, 0, 0, 0, 0)] * 3), 3, 3, None),
    (1, warp([(1.0, 0, 0, 0, 0, 0)] * 2), 3, 3, "it has 2 planes for a picture of 3"),
    (1, CENTRED, 1, 2, "a mosaic is not warped"),
    (6, struct.pack(">4I", 0, 0, 6, 8), 1, 1, None),
    (6, struct.pack(">4I", 0, 0, 6, 7), 1, 1, "change the size"),
    (4, struct.pack(">2I", 0, 0), 1, 1, None),
    (4, struct.pack(">2I", 0, 0), 1, 2, "a stored value"),
    (5, bad_list([(1, 1)]), 1, 2, None),
    (5, bad_list([(1, 1)]), 3, 3, "it mends mosaics"),
    (10, per_line(area(), 1.0, 2.0), 1, 2, "2 values for a picture of 8 x 6"),
    (14, b"", 3, 3, "it is not known"),
]


@pytest.mark.parametrize(("code", "parameters", "planes", "number", "reason"), CASES)
def test_what_cannot_be_done_is_skipped_or_refused_by_its_flag(
    code: int, parameters: bytes, planes: int, number: int, reason: str | None
) -> None:
    demanded = opcode(code, parameters, list_number=number)
    offered = opcode(code, parameters, is_optional=True, list_number=number)

    plan = plan_opcodes([offered], SIZE, planes, number)

    if reason is None:
        assert [o.code for o, _ in plan.runs] == [code]
        assert plan.skipped == ()
        assert len(plan_opcodes([demanded], SIZE, planes, number).runs) == 1
        return
    [skipped] = plan.skipped
    assert reason in skipped["reason"]
    assert skipped["name"] == offered.name
    with pytest.raises(ValueError, match=rf"demands {demanded.name} \(OpcodeList{number}, not opt"):
        plan_opcodes([demanded], SIZE, planes, number)


def test_the_order_of_the_list_is_kept() -> None:
    asked = [opcode(9, GAIN), opcode(5, bad_list([])), opcode(9, GAIN)]

    assert [o.code for o, _ in plan_opcodes(asked, SIZE, 1, 2).runs] == [9, 5, 9]


def test_a_broken_optional_opcode_is_broken_all_the_same() -> None:
    with pytest.raises(ValueError, match="GainMap of OpcodeList2 is too short"):
        plan_opcodes([opcode(9, b"", is_optional=True)], SIZE, 1, 2)


def test_a_bad_photosite_of_another_pattern_than_bayer_is_not_mended_from_the_wrong_colour() -> (
    None
):
    asked = opcode(5, bad_list([(1, 1)]))

    with pytest.raises(ValueError, match="its phases are those of a Bayer mosaic"):
        plan_opcodes([asked], SIZE, 1, 1, has_phases=False)
