"""fullwell bench: how many milliseconds a frame takes, stage by stage and whole."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from apps.cli.complaint import complain


def bench(
    target: Annotated[
        str, typer.Argument(metavar="PRESET|RECIPE.toml|BUNDLE/|MODEL.onnx", help="What is timed.")
    ],
    stage: Annotated[
        str | None, typer.Option(help="One stage by its name, or whole; all without it.")
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(metavar="S,S,…", help="12MP, 4K, 1080p or HEIGHTxWIDTH; 12MP without it."),
    ] = None,
    input_: Annotated[
        Path | None, typer.Option("--input", help="A raw file in place of simulated frames.")
    ] = None,
    camera: Annotated[str, typer.Option(help="Camera that is simulated.")] = "GenericPhone",
    iso: Annotated[
        float | None, typer.Option(min=1, help="Of the simulated frames; its lowest without.")
    ] = None,
    cadence: Annotated[
        float | None,
        typer.Option(min=0.01, metavar="FPS", help="Also as frames of a camera come, a second."),
    ] = None,
    in_flight: Annotated[
        int, typer.Option(min=1, help="Frames that may wait at that pace; older are dropped.")
    ] = 2,
    frames: Annotated[
        int | None, typer.Option(min=1, help="Frames timed; 1000, and 10 s of them, without.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="64 frames: no p99.")] = False,
    provider: Annotated[str, typer.Option(help="cpu, cuda, tensorrt or openvino.")] = "cpu",
    variant: Annotated[
        str | None, typer.Option(metavar="V,V,…", help="Of eager, compile, fused; all without.")
    ] = None,
    precision: Annotated[str, typer.Option(help="fp32; bf16 with openvino.")] = "fp32",
    threads: Annotated[
        int | None, typer.Option(min=1, help="Of torch, numba and runtimes; torch's own without.")
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(metavar="33.3ms|FILE.json", help="Exit code 1 where p99 is over it."),
    ] = None,
    json_: Annotated[
        Path | None, typer.Option("--json", metavar="FILE.json", help="Write the result.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a page with a waterfall.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing outputs.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
) -> int:
    """Time a pipeline or a graph; each picture is checked against torch eager's first.

    Exit code 1 where a check or a budget fails, 3 where a provider or a library is missing:
    nothing runs elsewhere in its place. `fullwell bench compare` sets two results side by side.
    """
    from apps.bench.latency.asking import Answer, answer, asked_of
    from apps.cli.progress import progress

    asked = asked_of(
        target=target, size=size, stage=stage, input=input_, camera=camera, iso=iso,
        provider=provider, variant=variant, precision=precision, threads=threads, frames=frames,
        quick=quick, cadence_fps=cadence, in_flight=in_flight,
    )  # fmt: skip
    with progress("bench", None, quiet=quiet) as advance:
        found: Answer = answer(
            asked, budget=budget, json_path=json_, html_path=html, force=force, advance=advance
        )
    if not quiet:
        from apps.bench.latency.result_table import cadence_lines, table
        from apps.bench.latency.terminal import show

        runs = found.result["runs"]
        show(table(runs))
        print(*cadence_lines(runs), sep="\n", end="\n" if cadence_lines(runs) else "")
        for note in found.result["notes"]:
            if note not in found.failed:  # told below
                print("note:", note, file=sys.stderr)
    for reason in found.failed:
        complain(reason)
    return int(bool(found.failed))
