"""fullwell calibrate noise: flats and darks in, a camera profile out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.dump_options import takes_dumps

if TYPE_CHECKING:
    from isp.files.dump import DumpFlags


@takes_dumps
def noise(
    folder: Annotated[
        Path, typer.Argument(help="Flats and darks in folders named so, or an EMVA descriptor.")
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The profile to write, .json.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="A page to write, .html, with every plot and its data.")
    ] = None,
    defects: Annotated[
        bool, typer.Option("--defects", help="List defective photosites in the profile.")
    ] = False,
    response: Annotated[
        Path | None, typer.Option(help="A response.json, to show in the report.")
    ] = None,
    colour: Annotated[
        Path | None, typer.Option(help="What calibrate colour --json said, for the report.")
    ] = None,
    edge: Annotated[
        Path | None, typer.Option(help="A slanted edge's response, JSON, for the report.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The camera's name; else the files'.")] = None,
    pixel_pitch: Annotated[
        float | None, typer.Option(metavar="UM", help="Distance of photosites, micrometres.")
    ] = None,
    quantum_efficiency: Annotated[
        float | None,
        typer.Option(metavar="Q", help="0 to 1, of green; where captures say no photons."),
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="CAMERA",
            help="Built-in camera or FILE.json to take from what captures do not tell: colours, "
            "pitch; noted in the profile.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing output.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
    flags: "DumpFlags | None" = None,
) -> None:
    """Measure gain, read noise, patterns and saturation, each with its 95 % interval."""
    from apps.cli.progress import progress
    from apps.completed_profile import Stated
    from apps.noise_calibration import calibrate_noise, sentences
    from apps.noise_page import Given, noise_page, refuse_page
    from isp.files.profile import load_profile, refuse_profile, save_profile

    if output is not None:
        refuse_profile(output, force=force)
    stated = Stated(
        pixel_pitch_um=pixel_pitch,
        quantum_efficiency=quantum_efficiency,
        camera=None if from_ is None else load_profile(from_),
    )
    given = Given(response=response, colour=colour, edge=edge)
    if report is None and given != Given():
        raise typer.BadParameter("--response, --colour and --edge are shown in a --report")
    if report is not None:
        refuse_page(report, force=force)
    charts = given.charts()
    with progress("noise", None, quiet=quiet) as advance:
        calibration = calibrate_noise(
            folder, flags=flags, name=name, with_defects=defects, stated=stated, advance=advance
        )
    if output is not None:
        save_profile(calibration.profile, output, force=force)
    if report is not None:
        noise_page(calibration, charts).write(report, force=force)
    if as_json:
        print(json.dumps(calibration.record(), indent=1, allow_nan=False))
    elif not quiet:
        print(*sentences(calibration), sep="\n")
