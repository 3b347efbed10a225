"""fullwell merge: a bracket to one picture of more range, noise-optimal and without ghosts."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from apps.cli.delivery_options import Space, White
from apps.cli.options import seconds


def merge(
    files: Annotated[list[Path], typer.Argument(help="Raw files or pictures of one scene.")],
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="OUT.exr with masks and sigma; OUT.dng (of raws) with masks only; "
            "a picture with --fusion.",
        ),
    ],
    times: Annotated[
        str | None,
        typer.Option(metavar="S,S,…", help="Exposure times in seconds, as 1/60,1/15,1/4."),
    ] = None,
    measure_exposures: Annotated[
        bool | None,
        typer.Option(
            "--measure-exposures/--stated-exposures",
            help="Take the ratios that the frames show, or those stated. By default the stated, "
            "unless without --times and --response they throw much of a frame away and the "
            "measured ones do not.",
        ),
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="Camera whose gain and noise the raws do not say.")
    ] = None,
    response: Annotated[
        str | None,
        typer.Option(help="Response of pictures: srgb (assumed), power:2.2, FILE.csv, emor:FILE …"),
    ] = None,
    reference: Annotated[
        int | None, typer.Option(help="Number of the file whose scale and motion stay, from 1.")
    ] = None,
    align: Annotated[
        bool,
        typer.Option("--align", help="Move hand-held frames onto the reference, by whole pixels."),
    ] = False,
    deghost: Annotated[
        bool, typer.Option("--deghost/--no-deghost", help="Reject what contradicts the reference.")
    ] = True,
    false_rejections: Annotated[
        float, typer.Option(help="Largest share of a still frame that may be rejected.")
    ] = 1e-3,
    fusion: Annotated[
        str | None, typer.Option(help="mertens: blend pictures instead of merging light.")
    ] = None,
    space: Space = None,
    white: White = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing outputs.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Merge a bracket. Exposures are the files' own, those of a bracket.json, or --times."""
    from apps.cli.progress import progress
    from apps.merging import MergeRequest, merge_files

    request = MergeRequest(
        times=None if times is None else [seconds(part) for part in times.split(",")],
        measure_exposures=measure_exposures, camera=camera, response=response,
        reference=reference, align=align, deghost=deghost, false_rejections=false_rejections,
        fusion=fusion, space=space, white_cd_m2=white,
    )  # fmt: skip
    with progress("merge", len(files) + 2, quiet=quiet) as advance:
        facts = merge_files(request, files, output, force=force, advance=advance)
    if not quiet:
        for warning in facts.get("warnings", ()):
            print("note:", warning, file=sys.stderr)
    if as_json:
        print(json.dumps(facts, indent=1))
    elif not quiet:
        print(_line(facts))


def _line(facts: dict[str, Any]) -> str:
    """What a person is told."""
    said = [
        f"{facts['width']} x {facts['height']} {facts['domain']} of {len(facts['inputs'])} files"
    ]
    if "exposures" in facts:
        listed = ", ".join(f"{exposure:.4g}" for exposure in facts["exposures"])
        rejected = ", ".join(f"{_percent(percent)}" for percent in facts["rejected_percent"])
        said += [f"exposures {listed} ({facts['exposures_from']})", f"rejected {rejected} %"]
        said += [note for note in facts["automatic"] if note not in facts["warnings"]]
    said.append(f"measured {facts['measured_percent']:.2f} %")
    return f"{facts['output']}: {'; '.join(said)}"


def _percent(value: float) -> str:
    """Two digits, but three of what is all."""
    return f"{value:.0f}" if value >= 99.5 else f"{value:.2g}"
