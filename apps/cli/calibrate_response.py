"""fullwell calibrate response: the curve of a camera that writes 8-bit pictures."""

import json
from pathlib import Path
from typing import Annotated

import typer

from apps.cli.options import seconds


def response(
    files: Annotated[list[Path], typer.Argument(help="8-bit pictures of one still scene.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="OUT.json, which --response takes elsewhere.")
    ],
    method: Annotated[
        str, typer.Option(help="debevec, robertson, mitsunaga-nayar or emor.")
    ] = "debevec",
    times: Annotated[
        str | None,
        typer.Option(metavar="S,S,…", help="Exposure times in seconds, as 1/60,1/15,1/4."),
    ] = None,
    refine: Annotated[
        bool, typer.Option("--refine/--no-refine", help="Measure the exposure ratios too.")
    ] = True,
    exposure_error: Annotated[
        float, typer.Option(min=0.0, help="How far shutters miss, one deviation, in %.")
    ] = 0.0,
    emor: Annotated[
        Path | None, typer.Option(help="The model for --method emor: invemor.txt.")
    ] = None,
    pixels: Annotated[int, typer.Option(min=200, help="Pixels that are looked at.")] = 4000,
    name: Annotated[str | None, typer.Option(help="Name of the curve.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the simulated brackets.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Measure the response curve of a camera from a bracket, with a 95 % band."""
    from apps.calibrating_response import ResponseRequest, calibrate_response
    from apps.cli.progress import progress

    request = ResponseRequest(
        method=method, refine=refine, exposure_error=exposure_error / 100, emor=emor,
        times=None if times is None else [seconds(part) for part in times.split(",")],
        pixels=pixels, name=name, seed=seed,
    )  # fmt: skip
    with progress("response", None, quiet=quiet) as advance:
        facts = calibrate_response(request, files, output, force=force, advance=advance)
    if as_json:
        print(json.dumps(facts, indent=1, allow_nan=False))
    elif not quiet:
        print(f"{output}: {facts['said']}")
