"""Progress on stderr, for anything that may take over a second."""

import contextlib
import sys
from collections.abc import Callable, Iterator

Advance = Callable[[str], None]


@contextlib.contextmanager
def progress(what: str, total: int | None, *, quiet: bool) -> Iterator[Advance]:
    """Lend a function that marks one of `total` parts done (None: nobody knows) and names it.

    Draws only on a terminal, and not with --quiet.
    """
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda name: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda name: bar.update(task, advance=1, description=f"{what}: {name}")
