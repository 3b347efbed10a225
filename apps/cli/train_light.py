"""fullwell train light: pictures and scenes to a pack of clean raw light."""

import json
from pathlib import Path
from typing import Annotated

import typer


def light(
    files: Annotated[list[Path], typer.Argument(help="Photographs and HDR scenes.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the pack.")],
    longest: Annotated[
        int | None,
        typer.Option(
            min=2, metavar="PIXELS", help="Bring larger pictures down to about this side."
        ),
    ] = None,
    most_mb: Annotated[
        float | None, typer.Option("--most-mb", metavar="MB", help="Refuse a larger pack.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the cameras and lights that are drawn.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing pack.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
) -> None:
    """Pack clean raw light to train denoisers on: linear mosaics of training cameras."""
    from apps.cli.progress import progress
    from apps.train.clean_light import LIGHT, pack_light
    from apps.train.pack_light import mosaics_of
    from isp.core.errors import OutputError

    if (output / LIGHT).exists() and not force:
        raise OutputError(output, "it holds a pack already; pass --force to replace it")
    most = None if most_mb is None else int(most_mb * 1e6)
    with progress("light", len(files), quiet=quiet) as advance:
        mosaics = []
        for mosaic in mosaics_of(files, seed, longest):
            mosaics.append(mosaic)
            advance(mosaic.name)
        size = pack_light(mosaics, output, most)
    if as_json:
        facts = {"output": str(output), "bytes": size, "seed": seed,
                 "scenes": [m.name for m in mosaics]}  # fmt: skip
        print(json.dumps(facts, indent=1))
    elif not quiet:
        print(f"{output}: {len(files)} mosaics, {size / 1e6:.1f} MB, seed {seed}")
