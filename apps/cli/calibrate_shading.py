"""fullwell calibrate shading: flats in, gains and a camera's shading out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.dump_options import takes_dumps

if TYPE_CHECKING:
    from isp.files.dump import DumpFlags


@takes_dumps
def shading(
    flats: Annotated[list[Path], typer.Argument(help="Raw files of an even field.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The profile to write, .json.")
    ] = None,
    opcode: Annotated[
        Path | None, typer.Option("--opcode", help="GainMaps to write, as DNG's OpcodeList2.")
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="The profile that gets the shading; else the files' own.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
    flags: "DumpFlags | None" = None,
) -> None:
    """Measure how light falls off towards the corners, for each colour."""
    from apps.cli.progress import progress
    from apps.shading_calibration import measure_shading, sentences, write_shading
    from isp.files.profile import load_profile
    from isp.files.safe_write import refuse_output

    for path in (output, opcode):
        if path is not None:
            refuse_output(path, force=force, inputs=flats)
    with progress("shading", len(flats), quiet=quiet) as advance:
        found, own = measure_shading(flats, flags=flags, advance=advance)
    write_shading(found, load_profile(camera) if camera else own, output, opcode, force=force)
    if as_json:
        print(json.dumps(found.record(), indent=1, allow_nan=False))
    elif not quiet:
        print(*sentences(found), sep="\n")
