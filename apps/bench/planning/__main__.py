"""docs/dev/bench/planning/predicted.md from stored results: `python -m apps.bench.planning`.

--rounds N makes the results that are missing of N rounds; without it none is made.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from apps.bench.planning.measurements import measure
from apps.bench.planning.page import page
from apps.report.pages import write_page

PAGE = Path("docs/dev/bench/planning/predicted.md")
RESULTS = Path("docs/dev/bench/planning")


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, read, write the page; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m apps.bench.planning", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=PAGE)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of results")
    parser.add_argument("--rounds", type=int, default=0, help="of measurements that are there")
    asked = parser.parse_args(arguments)
    for path in measure(asked.results, asked.rounds):
        print(path.name, file=sys.stderr, flush=True)
    return write_page(lambda: page(asked.results), asked.output, force=True)


if __name__ == "__main__":
    sys.exit(main())
