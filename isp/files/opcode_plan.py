"""Which opcodes of a DNG are carried out, which are skipped, and which refuse the file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from isp.files.dng_opcodes import Opcode
from isp.files.opcode_bounds import MOST_BAD, check_values, check_work
from isp.files.opcode_parameters import (
    BadConstant,
    BadList,
    Parameters,
    PerLine,
    Trim,
    Warp,
    read_parameters,
)
from isp.files.opcode_pixels import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Opcodes to run, in order, with what they say; and records of those skipped, with a reason."""

    runs: tuple[tuple[Opcode, Parameters], ...] = ()
    skipped: tuple[dict[str, Any], ...] = field(default_factory=tuple)


def plan_opcodes(
    opcodes: Sequence[Opcode],
    size: tuple[int, int],
    planes: int,
    list_number: int,
    *,
    has_phases: bool = True,
) -> Plan:
    """Judge each opcode of a list for a picture of (height, width) and planes.

    has_phases: whether neighbours of one colour lie as in a Bayer (or a monochrome) mosaic.

    Optional opcodes are carried out too, where they are known; one that is not, or that has no
    place in this list, is skipped and recorded.

    Raises ValueError for a mandatory opcode that cannot be carried out, and for one of either
    kind whose parameters are broken or whose values no picture could hold; TooMuchError for more
    work than any camera asks for.
    """
    runs, skipped = [], []
    for opcode in opcodes:
        parameters = read_parameters(opcode)
        reason = why_not(parameters, size, planes, list_number, has_phases=has_phases)
        if reason is None and parameters is not None:
            runs.append((opcode, parameters))
        elif opcode.is_optional:
            skipped.append(opcode.record() | {"reason": reason})
        else:
            raise ValueError(
                f"it demands {opcode.name} (OpcodeList{list_number}, not optional), "
                f"which this version cannot execute: {reason}"
            )
    named = [(opcode.name, parameters) for opcode, parameters in runs]
    check_work(named, size, planes, list_number)
    check_values(named, list_number)
    return Plan(runs=tuple(runs), skipped=tuple(skipped))


def why_not(
    parameters: Parameters | None,
    size: tuple[int, int],
    planes: int,
    list_number: int,
    *,
    has_phases: bool = True,
) -> str | None:
    """Why an opcode is not carried out, or None where it is."""
    height, width = size
    match parameters:
        case None:
            return "it is not known"
        case Warp() if planes != 3:
            return "a mosaic is not warped before it is demosaiced"
        case Warp() if len(parameters.coefficients) not in (1, planes):
            return f"it has {len(parameters.coefficients)} planes for a picture of {planes}"
        case Trim() if parameters.bounds != (0, 0, height, width):
            return "it would change the size of the picture"
        case BadConstant() if list_number != 1:
            return "its constant is a stored value, which this list no longer has"
        case BadConstant() | BadList() if planes != 1:
            return "it mends mosaics, and this picture has colours"
        case BadConstant() | BadList() if not has_phases:
            return "its phases are those of a Bayer mosaic, which this is not"
        case BadList() if (share := float(listed(parameters, size).mean())) > MOST_BAD:
            return f"it calls {share:.0%} of the photosites bad"
        case PerLine() if len(parameters.values) < _lines(parameters, size):
            return f"it has {len(parameters.values)} values for a picture of {width} x {height}"
    return None


def _lines(lines: PerLine, size: tuple[int, int]) -> int:
    rows, columns = lines.area.cut(*size)
    return len(range(size[0])[rows]) if lines.by_rows else len(range(size[1])[columns])
