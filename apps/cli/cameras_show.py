"""fullwell cameras show: figures of merit and the budget of a sensor's noise."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from apps.cli.options import assignment, positive, seconds


def show(
    names: Annotated[list[str], typer.Argument(help="Built-in cameras, or FILE.json.")],
    iso: Annotated[float, typer.Option(parser=positive, metavar="N", help="ISO setting.")],
    exposure_time: Annotated[
        float,
        typer.Option(parser=seconds, metavar="S", help="Seconds of dark signal, as 0.5 or 1/60."),
    ] = "1/60",  # type: ignore[assignment]  # typer parses the default as it does the user's text
    sweep: Annotated[
        str | None,
        typer.Option(metavar="FIELD=V1,V2", help="One line a value; the gain follows full_well_e."),
    ] = None,
    illuminant: Annotated[str, typer.Option(help="Light of the lux: D65, A, D50 …")] = "D65",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="OUT.html, OUT.png (SNR curves) or OUT.json."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Show SNR10, SNR max, dynamic range, sensitivity, and where the noise comes from."""
    from apps.camera_sheet import camera_sheets, record
    from apps.camera_sheet_page import lines, refuse_sheet_output, write_sheets

    swept = None if sweep is None else sweep_values(sweep)
    if output is not None:
        refuse_sheet_output(output, force=force)
    sheets = camera_sheets(
        names, iso, exposure_time_s=exposure_time, sweep=swept, illuminant=illuminant
    )
    if output is not None:
        write_sheets(output, sheets, force=force)
    if as_json:
        print(json.dumps(record(sheets), indent=1))
    elif not quiet:
        print("\n".join(lines(sheets)))
        if output is not None:
            print(f"\n{output}: written")


def sweep_values(text: str) -> tuple[str, list[float]]:
    """Read FIELD=V1,V2,...

    >>> sweep_values("full_well_e=4000,6000")
    ('full_well_e', [4000.0, 6000.0])
    """
    name, value = assignment(text)
    values: list[Any] = value if isinstance(value, list) else [value]
    if not values or any(isinstance(v, bool) or not isinstance(v, int | float) for v in values):
        raise typer.BadParameter(f'a sweep is FIELD=V1,V2 with numbers, got "{text}"')
    return name, [float(v) for v in values]
