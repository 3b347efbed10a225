"""fullwell diff: two developments side by side, and the first stage where they part."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.cli.complaint import complain
from apps.cli.dump_options import takes_dumps

if TYPE_CHECKING:
    from isp.files.dump import DumpFlags

TOLERANCE = 1e-6


@takes_dumps
def diff(
    first: Annotated[
        str, typer.Argument(metavar="A", help="A preset, recipe, --dump folder or name map.")
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="What stands against it.")],
    raws: Annotated[
        list[Path] | None, typer.Argument(help="Raw files, where a side is a preset or recipe.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write a page, REPORT.html.")
    ] = None,
    tolerance: Annotated[
        float, typer.Option(min=0.0, help="Largest difference allowed, as a share of the range.")
    ] = TOLERANCE,
    roi: Annotated[
        str | None, typer.Option(metavar="X,Y,W,H", help="Compare this window only.")
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="Camera whose numbers the file does not say.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing page.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False,
    flags: "DumpFlags | None" = None,
) -> int:
    """Compare two developments stage by stage; exit code 1 where they differ too much.

    A raw file that cannot be read does not stop the others: it is named, and the exit code is 3.
    """
    from apps.cli.progress import progress
    from apps.diff.asking import Question, answer
    from isp.core.errors import FileError

    question = Question(
        first=first, second=second, raws=tuple(raws or ()), camera=camera, flags=flags,
        tolerance=tolerance, roi=None if roi is None else window(roi), output=output, force=force,
    )  # fmt: skip
    with progress("diff", None, quiet=quiet) as advance:
        comparisons = answer(question, advance)
    if as_json:
        print(json.dumps([c.record() for c in comparisons], indent=1, allow_nan=False))
    elif not quiet:
        from apps.diff.words import lines

        for comparison in comparisons:
            if comparison.error is None:
                print(*lines(comparison), sep="\n")
    errors = [c.error for c in comparisons if c.error is not None]
    for error in errors:
        complain(error)
    return FileError.exit_code if errors else int(any(c.departure for c in comparisons))


def window(text: str) -> tuple[int, int, int, int]:
    """Read X,Y,W,H.

    >>> window("10,20,300,200")
    (10, 20, 300, 200)
    """
    try:
        x, y, width, height = (int(part) for part in text.split(","))
    except ValueError as error:
        raise typer.BadParameter(f'--roi takes four whole numbers X,Y,W,H, got "{text}"') from error
    return x, y, width, height
