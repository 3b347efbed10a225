"""fullwell bench compare: whether the newer of two latency results is slower."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from apps.cli.complaint import complain


def share(text: str) -> float:
    """Read a tolerance, `5%` or 0.05.

    >>> share("5%"), share("0.1")
    (0.05, 0.1)
    """
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError as error:
        raise typer.BadParameter(f'expected a share, as 5% or 0.05, got "{text}"') from error
    if not 0 <= value < 1:
        raise typer.BadParameter(f'expected a share from 0 to below 100 %, got "{text}"')
    return value


def compare(
    old: Annotated[Path, typer.Argument(metavar="OLD.json", help="The result to hold it to.")],
    new: Annotated[Path, typer.Argument(metavar="NEW.json", help="The result that is judged.")],
    tolerance: Annotated[
        str, typer.Option(metavar="P%", help="Slower by no more is let pass: 5% or 0.05.")
    ] = "5%",
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE.md", help="Write the table as Markdown too.")
    ] = None,
    across_machines: Annotated[
        bool, typer.Option("--across-machines", help="Compare though the environments differ.")
    ] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Let pass that rows of OLD.json are not in NEW.json.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing FILE.md.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
) -> int:
    """Compare two results of `fullwell bench`; exit code 1 where a row has become slower.

    It is 1 too where a cadence is no longer kept, a picture has lost over 1 dB, or a row is gone,
    since what fails its check has no time; and 3 where the machines or the libraries differ, unless
    --across-machines.
    """
    from apps.bench.latency.comparing import compare_files

    compared = compare_files(
        old, new, tolerance=share(tolerance), across_machines=across_machines, output=markdown,
        force=force,
    )  # fmt: skip
    if not quiet:
        from apps.bench.latency.comparison_table import notes, summary, table
        from apps.bench.latency.terminal import show

        show(table(compared))
        print(summary(compared))
        for note in notes(compared):
            print("note:", note, file=sys.stderr)
    for row in compared.regressions:
        complain(f"slower: {row.key}: {row.ratio:.3f} times the old time")
    for said in compared.worse:
        complain(f"worse: {said}")
    gone = () if partial else compared.only_old
    for key in gone:
        complain(f"gone: {key}: it has no time in {new}; --partial lets that pass")
    return int(bool(compared.regressions or compared.worse or gone))
