"""fullwell calibrate defects: what stays wrong in several frames of a camera."""

import json
from pathlib import Path
from typing import Annotated

import typer


def defects(
    frames: Annotated[
        list[Path],
        typer.Argument(help="Raw files of one camera, 4 or more, 8 for fine detail, or a folder."),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Profile to write, .json, with the list.")
    ],
    camera: Annotated[
        str | None, typer.Option(help="Camera whose numbers the files do not say.")
    ] = None,
    sigmas: Annotated[
        float, typer.Option(help="Deviations of noise that a defect departs by, above 0.")
    ] = 5.0,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> int:
    """List hot, dead and stuck photosites from frames of different pictures, darks or flats."""
    from apps.cli.progress import progress
    from apps.defect_listing import list_defects, sentence
    from apps.inputs import inputs
    from isp.files.profile import save_profile
    from isp.files.safe_write import refuse_output

    if output.suffix.lower() != ".json":
        raise typer.BadParameter(f'a profile is written as .json, not "{output.name}"')
    files = inputs(frames)
    refuse_output(output, force=force, inputs=files)
    with progress("defects", len(files), quiet=quiet) as advance:
        listed = list_defects(files, camera=camera, sigmas=sigmas, advance=advance)
    save_profile(listed.profile, output, force=force)
    if as_json:
        print(json.dumps(listed.record(), indent=1, allow_nan=False))
    elif not quiet:
        print(sentence(listed))
    return 0
