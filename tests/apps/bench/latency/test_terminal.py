"""Tables are not folded where no terminal reads them."""

import pytest
from rich.table import Table

from apps.bench.latency.terminal import show


def test_a_long_row_stays_on_one_line_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("name")
    table.add_row("x" * 150)

    show(table)

    assert "x" * 150 in capsys.readouterr().out
