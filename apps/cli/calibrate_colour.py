"""fullwell calibrate colour: a ColorChecker, patch by patch."""

import json
from pathlib import Path
from typing import Annotated

import typer

from apps.cli.complaint import complain


def colour(
    chart: Annotated[Path, typer.Argument(help="A raw file that shows a ColorChecker Classic.")],
    check: Annotated[
        bool, typer.Option("--check", help="Compare the default development with the reference.")
    ] = False,
    corners: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y,X,Y,X,Y,X,Y",
            help="Centres of dark skin, bluish green, black and white, where it is not found.",
        ),
    ] = None,
    limit: Annotated[
        float, typer.Option(min=0.0, help="Largest mean dE00, white taken from the chart's greys.")
    ] = 5.0,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write a page, .html, or a .png.")
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="Camera whose numbers the file does not say.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> int:
    """Compare a developed ColorChecker with its reference; exit code 1 beyond the limit."""
    if not check:
        raise typer.BadParameter("a chart is only checked so far; pass --check")
    from apps.cli.progress import progress
    from apps.colour_check import check_colour
    from apps.colour_check_page import refuse_suffix, sentence, write_check
    from isp.files.safe_write import refuse_output

    if output is not None:
        refuse_suffix(output)
        refuse_output(output, force=force)
    with progress("colour", None, quiet=quiet) as advance:
        advance(chart.name)
        found = check_colour(
            chart, corners=None if corners is None else points(corners), camera=camera
        )
    if output is not None:
        write_check(found, output, force=force)
    if as_json:
        print(json.dumps(found.record(), indent=1, allow_nan=False))
    elif not quiet:
        print(*(sentence(result) for result in found.results.values()), sep="\n")
    mean = found.record()["results"]["chart"]["delta_e_2000"]["mean"]
    if mean > limit:
        complain(f"{chart}: mean dE00 {mean:.2f} is over {limit:g}")
        return 1
    return 0


def points(text: str):  # type: ignore[no-untyped-def]  # numpy is imported after parsing
    """Read four points X,Y."""
    import numpy as np

    try:
        values = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise typer.BadParameter(f'--corners takes eight numbers, got "{text}"') from error
    if len(values) != 8:
        raise typer.BadParameter(f"--corners takes eight numbers, got {len(values)}")
    return np.array(values).reshape(4, 2)
