"""What a DNG asks for is told apart: done by LibRaw, done now, to come, skipped, or refused."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from isp.core.errors import FileError, LimitError
from isp.files.dng_instructions import opcode_facts, tags_to_keep
from isp.files.dng_opcodes import opcode_bytes, parse_opcodes
from isp.files.dng_tags import raw_page
from isp.files.raw import read_raw
from tests.isp.files.opcode_samples import CENTRED, area, bad_list, gain_map, opcode, polynomial
from tests.isp.files.test_dng_tags import DN, write_dng

GAIN = opcode(9, gain_map(area(), np.ones((1, 1, 1))))


def facts_of(path: Path) -> tuple[dict[str, Any], Any]:
    with tifffile.TiffFile(path) as tiff:
        return opcode_facts(path, raw_page(tiff))


def with_lists(path: Path, *lists: bytes, dn: np.ndarray = DN, **options: Any) -> Path:
    tags = {c: (7, len(v), v) for c, v in zip((51008, 51009, 51022), lists, strict=False) if v}
    more = {} if dn.ndim == 2 else {33421: None, 33422: None, 50717: (4, 3, (1023,) * 3)}
    return write_dng(path, tags | more, dn, **options)


def test_list_1_runs_now_and_the_others_come_later(tmp_path: Path) -> None:
    mend, bend = opcode(5, bad_list([(1, 1)])), opcode(1, CENTRED)
    path = with_lists(tmp_path / "a.dng", *(opcode_bytes([o]) for o in (mend, GAIN, bend)))

    facts, runs = facts_of(path)

    assert [o.name for o, _ in runs] == ["FixBadPixelsList"]
    assert [o["name"] for o in facts["opcodes_to_come"]] == ["GainMap", "WarpRectilinear"]
    lists = {n: base64.b64decode(t) for n, t in facts["opcode_lists"].items()}
    assert lists == {"2": opcode_bytes([GAIN]), "3": opcode_bytes([bend])}


def test_lists_of_colours_that_came_demosaiced_follow_each_other(tmp_path: Path) -> None:
    bend = opcode(1, CENTRED)
    path = with_lists(
        tmp_path / "a.dng", b"", opcode_bytes([GAIN]), opcode_bytes([bend]),
        dn=np.stack([DN] * 3, axis=-1), photometric=34892,
    )  # fmt: skip

    facts, _ = facts_of(path)

    assert list(facts["opcode_lists"]) == ["3"]
    later = parse_opcodes(base64.b64decode(facts["opcode_lists"]["3"]), 3)
    assert [o.name for o in later] == ["GainMap", "WarpRectilinear"]


def test_an_unknown_opcode_is_judged_by_its_flag(tmp_path: Path) -> None:
    offered = opcode_bytes([opcode(14, b"warp", is_optional=True)])
    demanded = opcode_bytes([opcode(99, b"warp")])

    [skipped] = facts_of(with_lists(tmp_path / "a.dng", b"", b"", offered))[0]["opcodes_skipped"]

    assert skipped == {
        "list": 3, "id": 14, "name": "WarpRectilinear2", "optional": True,
        "reason": "it is not known",
    }  # fmt: skip
    with pytest.raises(
        FileError, match=r"b\.dng: it demands opcode 99 \(OpcodeList2, not optional"
    ):
        facts_of(with_lists(tmp_path / "b.dng", b"", demanded))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"\0\0\0\2\0\0\0\1", "OpcodeList1 says 2 opcodes, but ends early"),
        (b"\xee\0\0\0", "OpcodeList1 says 3992977408 opcodes; 256 are read"),
        (b"\0", "shorter than a count"),
        (opcode_bytes([opcode(5, b"\0" * 8)]), "FixBadPixelsList of OpcodeList1 is too short"),
        (opcode_bytes([opcode(8, polynomial(area(), float("inf")))]), "not all finite"),
    ],
)
def test_a_broken_list_is_a_file_error(value: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=rf"a\.dng: .*{words}"):
        facts_of(with_lists(tmp_path / "a.dng", value))


def test_tags_are_kept_as_they_stand(tmp_path: Path) -> None:
    path = write_dng(tmp_path / "a.dng", {315: (2, 0, "me"), 50727: ("2I", 3, (1, 1, 1, 1, 5, 4))})
    with tifffile.TiffFile(path) as tiff:
        found = tags_to_keep(path, tiff, raw_page(tiff))

    codes = {record[1] for record in found["kept"]["tags"]}
    assert codes == {315, 50727}
    assert found["tags_left_behind"] == []


def test_x_trans_has_no_phases_to_mend_by(tmp_path: Path) -> None:
    mend = opcode_bytes([opcode(5, bad_list([(1, 1)]), is_optional=True)])
    codes = bytes([1, 2, 1, 1, 0, 1, 0, 1, 0, 2, 1, 2, 1, 2, 1, 1, 0, 1,
                   1, 0, 1, 1, 2, 1, 2, 1, 2, 0, 1, 0, 1, 0, 1, 1, 2, 1])  # fmt: skip
    path = write_dng(
        tmp_path / "a.dng",
        {33421: (3, 2, (6, 6)), 33422: (1, 36, codes), 51008: (7, len(mend), mend)},
    )

    facts, runs = facts_of(path)

    assert runs == ()
    assert "Bayer" in facts["opcodes_skipped"][0]["reason"]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_values_that_no_picture_holds_are_found_at_the_reader_with_the_files_name(
    number: int, tmp_path: Path
) -> None:
    steep = opcode_bytes([opcode(8, polynomial(area(), 0.0, 1e200), is_optional=True)])
    lists = [b""] * (number - 1) + [steep]
    path = with_lists(tmp_path / "a.dng", *lists)

    with pytest.raises(FileError, match=rf"a\.dng: MapPolynomial of OpcodeList{number} can give"):
        read_raw(path)


def test_more_work_than_any_camera_asks_for_is_over_the_limit(tmp_path: Path) -> None:
    slow = opcode_bytes([opcode(8, polynomial(area(), *(0.1,) * 9))] * 256)
    path = with_lists(tmp_path / "a.dng", b"", slow)

    with pytest.raises(LimitError, match=r"a\.dng: the 256 opcodes of OpcodeList2 come to 2304"):
        facts_of(path)


def test_a_list_that_calls_most_of_the_picture_bad_mends_nothing(tmp_path: Path) -> None:
    everything = bad_list([], [(0, 0, DN.shape[0], DN.shape[1])])
    offered = opcode_bytes([opcode(5, everything, is_optional=True)])
    demanded = opcode_bytes([opcode(5, everything)])

    facts, runs = facts_of(with_lists(tmp_path / "a.dng", offered))

    assert runs == ()
    assert facts["opcodes_skipped"][0]["reason"] == "it calls 100% of the photosites bad"
    with pytest.raises(FileError, match="calls 100% of the photosites bad"):
        facts_of(with_lists(tmp_path / "b.dng", demanded))


def test_a_list_longer_than_the_limit_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isp.files.dng_instructions.MOST_LIST_BYTES", 50)

    with pytest.raises(LimitError, match="its OpcodeList2 has 100 bytes, but the limit is 50"):
        facts_of(with_lists(tmp_path / "a.dng", b"", opcode_bytes([GAIN])))
