"""fullwell demo: the whole main job on a built-in scene, in one HTML report."""

from pathlib import Path
from typing import Annotated

import typer

from apps.cli.options import LAST_SEED


def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for the report and files.")
    ] = Path("fullwell-demo"),
    seed: Annotated[
        int, typer.Option(min=0, max=LAST_SEED, help="Number of the temporal noise.")
    ] = 1,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier demo.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
) -> None:
    """Simulate a room, write a DNG, develop it beside LibRaw, and report on it. No downloads."""
    from apps.cli.progress import progress
    from apps.demo import PARTS, run_demo

    with progress("demo", PARTS, quiet=quiet) as advance:
        summary = run_demo(output, seed=seed, force=force, advance=advance)
    if not quiet:
        for line in summary:
            print(line)
