"""fullwell develop: raw files to pictures, every stage open."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.complaint import complain
from apps.cli.delivery_options import Space, White
from apps.cli.dump_options import takes_dumps
from apps.cli.options import assignment, balance, stops

if TYPE_CHECKING:
    from isp.files.dump import DumpFlags


@takes_dumps
def develop(
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            help="OUT.{png,jpg,tif,exr,hdr,avif,heic,jxl,yuv,nv12,dng}; for several files a folder "
            "DIR/ (see --format), or a pattern: DIR/{name}.jpg.",
        ),
    ],
    raws: Annotated[
        list[Path] | None,
        typer.Argument(help="Raw files, DNGs, headerless dumps, or a folder of them."),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", help="Of the pictures in a folder: png (by default), exr, …"),
    ] = None,
    from_: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="DIR/NN_name.npy", help="Go on from a frame of a --dump folder."
        ),
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="Camera whose numbers the file does not say.")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            help="srgb, srgb_fast, lowlight (denoised by a network) or hdr_linear; by default "
            "srgb, or hdr_linear for linear light."
        ),
    ] = None,
    recipe: Annotated[Path | None, typer.Option(help="A recipe, TOML or JSON.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="STAGE.PARAMETER=VALUE",
            help="Set a stage's parameter; bits and headroom, of any stage, round its output.",
        ),
    ] = None,
    demosaic: Annotated[
        str | None,
        typer.Option(
            help="bilinear, malvar2004, menon2007, gbtf_root (by default of Bayer and Quad-Bayer), "
            "directional_mmse (of X-Trans)."
        ),
    ] = None,
    wb: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|K[,DUV]|R,G,B",
            help="as_shot, grey_world, shades_of_grey, grey_edge, white_patch, planckian; "
            "a temperature, 5200K or 5200K,+0.003; or gains.",
        ),
    ] = None,
    tone: Annotated[
        str | None,
        typer.Option(
            help="none, reinhard2002, reinhard_devlin2005, durand2002, local_laplacian, "
            "filmic, agx."
        ),
    ] = None,
    lut: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.cube",
            help="A look, 1D or 3D, applied to the display's codes: after tone and encode.",
        ),
    ] = None,
    highlights: Annotated[str | None, typer.Option(help="cut, or rebuild.")] = None,
    exposure: Annotated[
        str | None,
        typer.Option(metavar="EV|auto|highlights", help="Stops, or estimated; none unless asked."),
    ] = None,
    linear: Annotated[
        bool,
        typer.Option("--linear", help="Linear light; 1.0 = green at white level."),
    ] = False,
    fast: Annotated[
        bool,
        typer.Option(
            "--fast",
            help="One compiled pass for Bayer by gbtf_root or malvar2004 and tone none, filmic or "
            "reinhard2002: codes within 1 of the stages', which do all else.",
        ),
    ] = False,
    tile: Annotated[
        int | None,
        typer.Option(
            metavar="SIDE",
            min=16,
            help="Develop in tiles of so many pixels a side: the same bits in little memory.",
        ),
    ] = None,
    stage: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[before:|after:]NAME=SPEC",
            help="Your stage: module:Class, module:function, file.onnx, exec:PROGRAM {in} {out}.",
        ),
    ] = None,
    dump: Annotated[
        Path | None,
        typer.Option(help="Write every frame, and the recipe as it was used, into this folder."),
    ] = None,
    save_recipe: Annotated[
        bool,
        typer.Option("--save-recipe", help="Write the recipe as it was used, NAME.recipe.json."),
    ] = False,
    bit_depth: Annotated[
        int | None,
        typer.Option(
            help="png 8 or 16 (by default 8), tif 16 or 8, avif and heic 10 or 12, yuv 8 or 10, "
            "jxl 16 or, of linear light, 32."
        ),
    ] = None,
    space: Space = None,
    white: White = None,
    hdr: Annotated[
        str | None,
        typer.Option(
            help="pq or hlg, of png, avif, heic and jxl (avif and heic: pq by default); gain_map "
            "makes a jpg Ultra HDR, its base the picture of the preset."
        ),
    ] = None,
    quality: Annotated[
        int | None,
        typer.Option(
            help="1 to 100 of a jpg (by default 95); avif, heic and jxl lose nothing "
            "unless it is given."
        ),
    ] = None,
    full_range: Annotated[
        bool, typer.Option("--full-range", help="Full-range codes in yuv and nv12.")
    ] = False,
    compression: Annotated[
        str | None,
        typer.Option(help="Of a dng: none, lossless_jpeg or jpeg_xl; by default none."),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Leave the picture whole: no DefaultCrop of a DNG.")
    ] = False,
    masks: Annotated[
        bool, typer.Option("--masks", help="Write the masks beside a picture.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes for several files.")] = 2,
    force: Annotated[bool, typer.Option("--force", help="Replace existing outputs.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
    flags: "DumpFlags | None" = None,
) -> int:
    """Develop raw files. Nothing is brightened or estimated unless you ask for it."""
    from apps.batch import run_jobs
    from apps.cli.progress import progress
    from apps.inputs import inputs
    from apps.job import Job

    if recipe is not None and preset is not None:
        raise typer.BadParameter("--recipe is a whole pipeline, and so is --preset; leave one out")
    choices = {
        "preset": preset, "recipe": recipe, "demosaic": demosaic, "tone": tone,
        "highlights": highlights, "lut": lut,
        "wb": None if wb is None else balance(wb),
        "exposure": None if exposure is None else stops(exposure),
        "linear": linear, "fast": fast, "tile": tile, "crop": not whole,
        "slots": tuple(stage or ()),
        "settings": tuple(_setting(text) for text in set_ or ()),
    }  # fmt: skip
    delivery = {"space": space, "white_cd_m2": white, "hdr": hdr, "quality": quality,
                "full_range": full_range, "compression": compression}  # fmt: skip
    job = Job(
        choices=choices, camera=camera, flags=flags, dump=dump, bit_depth=bit_depth, masks=masks,
        delivery=delivery, save_recipe=save_recipe, resume=from_ is not None, force=force,
        format=format_,
    )  # fmt: skip
    if not raws and from_ is None:
        raise typer.BadParameter("Missing argument 'RAWS...', or --from DIR/NN_name.npy")
    if raws and from_ is not None:
        raise typer.BadParameter("--from goes on from a dumped frame; leave the raw files out")
    files = inputs(raws) if raws else [from_ or Path()]
    with progress("develop", len(files) if len(files) > 1 else None, quiet=quiet) as advance:
        reports = run_jobs(job, files, output, workers=workers, advance=advance)
    for report in reports:
        _say(report, as_json=as_json, quiet=quiet)
    if as_json:
        print(json.dumps(reports, indent=1))
    code = max((report["exit_code"] for report in reports), default=0)
    if code == 2:
        print("try: fullwell develop --help", file=sys.stderr)
    return code


def _say(report: dict[str, object], *, as_json: bool, quiet: bool) -> None:
    if "error" in report:
        complain(report["error"])
    elif not quiet and not as_json:
        print(f"{report['output']}: {report['summary']}")


def _setting(text: str) -> tuple[str, str, object]:
    name, value = assignment(text)
    stage, dot, parameter = name.partition(".")
    if not dot:
        raise typer.BadParameter(f'--set takes STAGE.PARAMETER=VALUE, got "{text}"')
    return stage, parameter, tuple(value) if isinstance(value, list) else value
