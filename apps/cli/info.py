"""fullwell info: what a file is."""

import json
from pathlib import Path
from typing import Annotated

import typer

from apps.cli import dump_options as d


def info(
    file: Annotated[Path, typer.Argument(help="A raw, DNG, EXR, HDR or picture file, or a dump.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
    width: d.Width = None,
    height: d.Height = None,
    bits: d.Bits = None,
    packing: d.Packing = None,
    stride: d.Stride = None,
    offset: d.Offset = None,
    endian: d.Endian = None,
    align: d.Align = None,
    cfa: d.CfaName = None,
    black_level: d.Black = None,
    white_level: d.White = None,
    frame: d.FrameIndex = None,
) -> None:
    """Report the facts of a file: size, levels, pattern, colours, shot."""
    from isp.files.info import info as facts_of

    flags = d.dump_flags(
        width=width, height=height, bits=bits, packing=packing, stride=stride, offset=offset,
        endian=endian, align=align, cfa=cfa, black_level=black_level, white_level=white_level,
        frame=frame,
    )  # fmt: skip
    facts = facts_of(file, flags=flags)
    if as_json:
        print(json.dumps(facts, indent=1, default=str))
        return
    for name, value in facts.items():
        print(f"{name:<28} {value}")
