"""fullwell enhance denoise: a raw file to a quieter DNG, by a network."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.complaint import complain
from apps.cli.dump_options import takes_dumps
from apps.cli.options import LAST_SEED

if TYPE_CHECKING:
    from isp.files.dump import DumpFlags

MEASURED = "measured"


@takes_dumps
def denoise(
    raws: Annotated[
        list[Path],
        typer.Argument(help="Bayer raw files, DNGs, headerless dumps, or a folder of them."),
    ],
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            help="OUT.dng; for several files a folder DIR/, or a pattern: DIR/{name}_quiet.dng.",
        ),
    ],
    ratio: Annotated[
        float,
        typer.Option(
            help="Bring the light to an exposure so many times as long, 1 or more; by default 1, "
            "which leaves the brightness alone. With one pass of the shipped weights it is "
            "brightness only: they see the electrons that there are.",
        ),
    ] = 1.0,
    scale: Annotated[
        str,
        typer.Option(
            help="same: the light stays as it is, nothing is cut, and BaselineExposure asks "
            "editors to brighten it (fullwell does, LibRaw and darktable do not). ratio: the "
            "light of the longer exposure, cut at white.",
        ),
    ] = "same",
    steps: Annotated[
        int,
        typer.Option(min=0, max=64, help="Refining passes after the first; each takes as long."),
    ] = 0,
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE.safetensors", help="Weights; fw-1m by default."),
    ] = None,
    strength: Annotated[
        float, typer.Option(help="Share of the result in a mixture with the input, above 0 to 1.")
    ] = 1.0,
    seed: Annotated[
        int, typer.Option(min=0, max=LAST_SEED, help="Number of what the steps draw.")
    ] = 0,
    camera: Annotated[
        str | None,
        typer.Option(help="Camera whose noise is taken, whatever the file says of its own."),
    ] = None,
    noise: Annotated[
        str | None,
        typer.Option(
            metavar="SLOPE,OFFSET|measured",
            help="Of the variance, slope x + offset with white at 1, as in a DNG's NoiseProfile; "
            "measured: as the smooth parts of each picture show it.",
        ),
    ] = None,
    precision: Annotated[
        str, typer.Option(help="float32, or bfloat16 inside the network.")
    ] = "float32",
    workers: Annotated[int, typer.Option(min=1, help="Processes for several files.")] = 2,
    force: Annotated[bool, typer.Option("--force", help="Replace existing outputs.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
    flags: "DumpFlags | None" = None,
) -> int:
    """Denoise raw files of any Bayer camera whose noise is known; DNGs come out, with all tags."""
    from apps.cli.progress import progress
    from apps.denoising import DenoiseJob, denoise_files
    from apps.inputs import inputs

    chosen = {} if model is None else {"model": model}
    settings = {
        "ratio": ratio, "scale": scale, "steps": steps, "strength": strength, "seed": seed,
        "precision": precision, **chosen,
    }  # fmt: skip
    if noise not in (None, MEASURED):
        settings["noise"] = _noise(noise)
    job = DenoiseJob(
        settings=settings, measures=noise == MEASURED, camera=camera, flags=flags, force=force
    )
    files = inputs(raws)
    with progress("denoise", len(files), quiet=quiet) as advance:
        reports = denoise_files(job, files, output, workers=workers, advance=advance)
    for report in reports:
        if "error" in report:
            complain(report["error"])
        elif not quiet and not as_json:
            print(f"{report['output']}: {report['summary']}")
    if as_json:
        print(json.dumps(reports, indent=1))
    code = max((report["exit_code"] for report in reports), default=0)
    if code == 2:
        print("try: fullwell enhance denoise --help", file=sys.stderr)
    return code


def _noise(text: str) -> tuple[float, float]:
    try:
        slope, offset = (float(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(
            f'--noise is SLOPE,OFFSET, two numbers, or measured, not "{text}"'
        ) from error
    return slope, offset
