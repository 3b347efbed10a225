"""fullwell plan: which stages, numbers and tiles keep a budget on a target that was measured."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from apps.cli.complaint import complain


def plan(
    more: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE…]", help="More files of the target.")
    ] = None,
    budget: Annotated[
        str, typer.Option(metavar="33ms", help="What a frame may take: 33.3ms or 0.5s.")
    ] = ...,  # type: ignore[assignment]  # typer's word for an option that must be given
    target: Annotated[
        list[Path], typer.Option(metavar="FILE", help="Results of `bench --json`, of one target.")
    ] = ...,  # type: ignore[assignment]  # as above
    memory: Annotated[
        str | None, typer.Option(metavar="2GB", help="What it may hold: 500MB, 2GB or 2GiB.")
    ] = None,
    recipe: Annotated[
        str, typer.Option(metavar="PRESET|RECIPE", help="The best that would be liked.")
    ] = "lowlight",
    size: Annotated[
        str, typer.Option(metavar="S", help="12MP, 4K, 1080p or HEIGHTxWIDTH.")
    ] = "12MP",
    bundle: Annotated[
        list[Path] | None,
        typer.Option(metavar="BUNDLE/", help="Says the stages of what its run.py timed."),
    ] = None,
    camera: Annotated[str, typer.Option(help="Whose pattern the recipe is for.")] = "GenericPhone",
    json_: Annotated[
        Path | None, typer.Option("--json", metavar="FILE.json", help="Write the plan.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing FILE.json.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
) -> int:
    """List what fits, best quality first, by times that `fullwell bench` measured on the target.

    Exit code 1 where nothing fits; the nearest miss is told. 3 for targets that cannot be read.
    """
    from apps.bench.planning.planning import Question, answer

    made = answer(
        Question(
            budget=budget, memory=memory, targets=[*target, *(more or [])], recipe=recipe,
            size=size, camera=camera, bundles=bundle or (),
        ),
        json_path=json_, force=force,
    )  # fmt: skip
    from apps.bench.planning.plan_table import miss, table

    nearest = made.found.nearest
    if not quiet:
        from apps.bench.latency.terminal import show

        if made.found.fitting:
            show(table(made.found.fitting))
            print(made.order)
        for note in made.found.notes:
            print("note:", note, file=sys.stderr)
    if nearest is not None:
        complain(miss(nearest, made.limits))
    return int(nearest is not None)
