"""Tables on stdout."""

from rich.console import Console
from rich.table import Table

PIPE_COLUMNS = 200  # nobody folds a file's lines


def show(table: Table) -> None:
    """Print a table, as wide as the terminal, or unfolded into a file or a pipe."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=PIPE_COLUMNS)
    console.print(table)
