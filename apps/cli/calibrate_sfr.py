"""fullwell calibrate sfr: sharpness from one slanted edge."""

import json
from pathlib import Path
from typing import Annotated

import typer


def sfr(
    image: Annotated[Path, typer.Argument(help="A raw file, linear light (.exr), or a picture.")],
    roi: Annotated[
        str | None, typer.Option(metavar="X,Y,W,H", help="Region with one edge; else all.")
    ] = None,
    channel: Annotated[str | None, typer.Option(help="R, G, B or Y; else G, or the only.")] = None,
    response: Annotated[
        str | None,
        typer.Option(help="Of a picture's codes: srgb, power:2.2, FILE.json, FILE.csv …"),
    ] = None,
    linear: Annotated[
        bool, typer.Option("--linear", help="A picture's codes are proportional to light.")
    ] = False,
    order: Annotated[int, typer.Option(min=1, max=5, help="1 for a straight edge.")] = 1,
    csv: Annotated[
        Path | None, typer.Option(help="Frequencies and response to write, .csv.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Curve to draw, .png or .svg.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Measure the spatial frequency response (e-SFR) and MTF50."""
    from apps.sharpness import (
        measure_sharpness,
        record,
        refuse_outputs,
        sentence,
        write_csv,
        write_plot,
    )

    if linear and response is not None:
        raise typer.BadParameter("--linear is --response linear; say one of them")
    refuse_outputs(csv, plot, force=force, image=image)
    found, used = measure_sharpness(
        image, roi=roi, channel=channel, order=order, response="linear" if linear else response
    )
    if csv is not None:
        write_csv(found, csv, force=force)
    if plot is not None:
        write_plot(found, plot, force=force)
    if as_json:
        print(json.dumps({"file": str(image), "channel": used} | record(found), indent=1))
    elif not quiet:
        print(f"{image}, {used}: {sentence(found)}")
