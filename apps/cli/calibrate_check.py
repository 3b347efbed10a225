"""fullwell calibrate check: are the captures enough, while one is still shooting."""

import json
from pathlib import Path
from typing import Annotated

import typer

from apps.cli.complaint import complain
from apps.cli.dump_options import Bits, Black, CfaName, Height, Packing, White, Width, dump_flags


def check(
    folder: Annotated[
        Path, typer.Argument(help="Flats and darks in folders named so, or an EMVA descriptor.")
    ],
    width: Width = None,
    height: Height = None,
    bits: Bits = None,
    packing: Packing = None,
    cfa: CfaName = None,
    black_level: Black = None,
    white_level: White = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> int:
    """Say what is there, missing or to be shot again; exit code 1 until it is enough."""
    from apps.capture_check import check_captures, sentences
    from apps.cli.progress import progress

    flags = dump_flags(
        width=width, height=height, bits=bits, packing=packing, cfa=cfa,
        black_level=black_level, white_level=white_level,
    )  # fmt: skip
    with progress("check", None, quiet=quiet) as advance:
        found = check_captures(folder, flags=flags, advance=advance)
    if as_json:
        print(json.dumps(found.record(), indent=1, allow_nan=False))
    elif not quiet:
        print(*sentences(found), sep="\n")
    if not found.is_enough:
        complain(f"{folder}: not yet enough to calibrate noise")
        return 1
    return 0
