"""fullwell calibrate check: are the captures enough, while one is still shooting."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.complaint import complain
from apps.cli.dump_options import takes_dumps

if TYPE_CHECKING:
    from isp.files.dump import DumpFlags


@takes_dumps
def check(
    folder: Annotated[
        Path, typer.Argument(help="Flats and darks in folders named so, or an EMVA descriptor.")
    ],
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
    flags: "DumpFlags | None" = None,
) -> int:
    """Say what is there, missing or to be shot again; exit code 1 until it is enough.

    A line "fault" is advice: the captures are enough with it. MISSING, RESHOOT and FATAL are not.
    """
    from apps.capture_check import check_captures, sentences
    from apps.cli.progress import progress

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
