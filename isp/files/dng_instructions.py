"""What a DNG asks to be done and to be kept: its opcode lists, and its tags as they stand."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import tifffile

from isp.core.errors import FileError, LimitError
from isp.files.dng_opcodes import Opcode, is_executed_by_libraw, opcode_bytes, parse_opcodes
from isp.files.dng_pixels import Runs
from isp.files.dng_tags import Page, active_area, value_of
from isp.files.opcode_bounds import MOST_LIST_BYTES, TooMuchError
from isp.files.opcode_plan import plan_opcodes
from isp.files.tiff_tags import kept_tags, read_ifd

BLACK = (50713, 50714, 50715, 50716)  # BlackLevelRepeatDim, BlackLevel, its deltas per H and V


def opcode_facts(path: Path, page: Page) -> tuple[dict[str, Any], Runs]:
    """Facts of the opcode lists, and what of list 1 is to be carried out on stored values.

    `opcode_lists` holds lists 2 and 3 (bytes in base64) without what LibRaw executes and what is
    skipped: they belong to the linear mosaic and the demosaiced picture.

    Raises FileError naming opcode and list where one is mandatory and cannot be carried out,
    broken, or beyond what a picture can hold; LimitError for too much work or too long a list.
    """
    by_libraw: list[dict[str, Any]] = []
    skipped: list[dict[str, Any]] = []
    later: dict[int, list[Opcode]] = {2: [], 3: []}
    runs: Runs = ()
    height, width = page.imagelength, page.imagewidth
    area = active_area(path, page)
    planes = page.samplesperpixel
    for number in (1, 2, 3):
        value = value_of(page, f"OpcodeList{number}", None)
        if value is None:
            continue
        if len(value) > MOST_LIST_BYTES:
            raise LimitError(
                path,
                f"its OpcodeList{number} has {len(value)} bytes, "
                f"but the limit is {MOST_LIST_BYTES}",
            )
        size = (height, width) if number == 1 else (area[2] - area[0], area[3] - area[1])
        try:
            opcodes = parse_opcodes(bytes(value), number)
            done = [
                o for o in opcodes
                if is_executed_by_libraw(o, int(page.compression), width, height)
            ]  # fmt: skip
            plan = plan_opcodes(
                [o for o in opcodes if o not in done],
                size,
                3 if number == 3 else planes,
                number,
                has_phases=tuple(value_of(page, "CFARepeatPatternDim", (2, 2))) == (2, 2),
            )
        except TooMuchError as error:
            raise LimitError(path, str(error)) from error
        except ValueError as error:
            raise FileError(path, str(error)) from error
        by_libraw += [o.record() for o in done]
        skipped += plan.skipped
        if number == 1:
            runs = plan.runs
        else:
            # Colours that came demosaiced have no mosaic: their list 2 and 3 follow each other.
            later[2 if number == 2 and planes == 1 else 3] += [o for o, _ in plan.runs]
    facts = {
        "opcodes_executed_by_libraw": by_libraw,
        "opcodes_skipped": skipped,
        "opcodes_to_come": [opcode.record() for ops in later.values() for opcode in ops],
        "opcode_lists": {
            str(number): b64encode(opcode_bytes(ops)).decode()
            for number, ops in later.items()
            if ops
        },
    }
    return facts, runs


def tags_to_keep(path: Path, tiff: tifffile.TiffFile, page: Page) -> dict[str, Any]:
    """Facts of the file's other tags: `kept` as they stand, and the codes of those left behind."""
    first: Page = tiff.pages[0]
    tags, left = kept_tags(path, tiff.byteorder, (page.offset, first.offset))
    with path.open("rb") as stream:
        black = [
            t.record() for t in read_ifd(stream, tiff.byteorder, page.offset) if t.code in BLACK
        ]
    black = black if all(tag[4] for tag in black) else []  # one over 1 MiB comes without bytes
    kept = {"tags": [tag.record() for tag in tags], "black": black}
    return {"kept": kept, "tags_left_behind": left}
