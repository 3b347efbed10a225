"""fullwell export: a pipeline as ONNX graphs that run without torch, proven equal to it."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from apps.cli.options import assignment

MOST_PIXELS = 200 * 10**6  # of a frame that is simulated to prove a graph on


def export(
    what: Annotated[
        list[str],
        typer.Argument(
            help="A preset, a recipe file, or stages in order.", metavar="PRESET|STAGE…"
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the bundle.")],
    camera: Annotated[
        str | None, typer.Option(help="Camera that the bundle is for: a built-in or FILE.json.")
    ] = None,
    iso: Annotated[float | None, typer.Option(help="ISO that its noise and levels are of.")] = None,
    source: Annotated[
        Path | None,
        typer.Option("--input", help="Raw file whose shot decides the values, proven on it."),
    ] = None,
    precision: Annotated[
        str, typer.Option(help="fp32, fp16 or int8 (networks); refused where its budget breaks.")
    ] = "fp32",
    static: Annotated[
        str | None, typer.Option(metavar="H,W", help="Graphs of this size only, for compilers.")
    ] = None,
    staged: Annotated[
        bool, typer.Option("--staged", help="A graph for each stage, not one for all.")
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="STAGE.PARAMETER=VALUE", help="Set a stage; again for more."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing bundle.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The manifest on stdout.")] = False,
) -> None:
    """Export stages to a bundle: ONNX graphs, a manifest, and a run.py that needs no fullwell."""
    from apps.cli.progress import progress
    from apps.deploy.export_request import ExportRequest
    from apps.deploy.exporting import export as exported

    request = ExportRequest(
        what=tuple(what), camera=camera, iso=iso, source=source, staged=staged, force=force,
        precision=precision,
        static=None if static is None else _size(static),
        settings=[_setting(text) for text in set_ or []],
    )  # fmt: skip
    with progress("export", None, quiet=quiet) as advance:
        made = exported(request, output, advance)
    if as_json:
        print(json.dumps(made, indent=1))
    elif not quiet:
        print(_summary(output, made))


def _size(text: str) -> tuple[int, int]:
    height, comma, width = text.partition(",")
    if not (comma and height.isdecimal() and width.isdecimal() and int(height) and int(width)):
        raise typer.BadParameter(f'--static is H,W, as 1080,1920, not "{text}"')
    if int(height) * int(width) > MOST_PIXELS:
        raise typer.BadParameter(f"--static is of {MOST_PIXELS // 10**6} MP at most, not {text}")
    return int(height), int(width)


def _setting(text: str) -> tuple[str, str, Any]:
    name, value = assignment(text)
    step, dot, parameter = name.partition(".")
    if not (dot and step and parameter):
        raise typer.BadParameter(f'expected STAGE.PARAMETER=VALUE, got "{text}"')
    return step, parameter, value


def _summary(output: Path, made: dict[str, Any]) -> str:
    worst = max(made["parity"], key=lambda row: row["largest"])
    size = sum(entry["bytes"] for entry in made["files"].values()) / 1e6
    return (
        f"{output}: {len(made['graphs'])} graph{'s' * (len(made['graphs']) > 1)}, {size:.1f} MB, "
        f"{made['domain_in']} to {made['domain_out']}; at most {worst['largest']:.2g} of white "
        f"from torch ({worst['dn_max']:.3f} DN of 12 bits, {worst['psnr_db']:.0f} dB), masks equal"
        f"{_less(made)}"
    )


def _less(made: dict[str, Any]) -> str:
    """What less precision costs, which comes on top."""
    lost = made.get("against_fp32")
    if lost is None:
        return ""
    colours = lost["delta_e_2000_mean"]
    more = "" if colours is None else f", mean CIEDE2000 {colours:.2f}"
    return f" in fp32; {made['precision']} is {lost['psnr_db']:.1f} dB from that{more}"
