"""fullwell info: what a file is."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.dump_options import takes_dumps

if TYPE_CHECKING:
    from isp.files.dump import DumpFlags


@takes_dumps
def info(
    file: Annotated[Path, typer.Argument(help="A raw, DNG, EXR, HDR or picture file, or a dump.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
    flags: "DumpFlags | None" = None,
) -> None:
    """Report the facts of a file: size, levels, pattern, colours, shot."""
    from isp.files.info import info as facts_of

    facts = facts_of(file, flags=flags)
    if as_json:
        print(json.dumps(facts, indent=1, default=str))
        return
    for name, value in facts.items():
        if value is not None:  # what the file does not say; --json says that too
            print(f"{name:<28} {value}")
