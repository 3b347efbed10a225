"""docs/deployment.md from stored records: `python -m apps.bench.deployment`.

--run makes proofs that are missing, --rerun all of them anew. Latencies are results of
`fullwell bench --json`, put into the records' folder `latency`.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # as `fullwell` does; torch reads it once

import torch

from apps.bench.deployment.page import page
from apps.report.pages import write_page

PAGE = Path("docs/deployment.md")
RECORDS = Path("docs/dev/bench/deployment")
PLANNING = Path("docs/dev/bench/planning")


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, run what is asked, write the page; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m apps.bench.deployment", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=PAGE)
    parser.add_argument("--records", type=Path, default=RECORDS, help="folder of run records")
    parser.add_argument("--planning", type=Path, default=PLANNING, help="folder of its results")
    parser.add_argument("--run", action="store_true", help="prove what is missing")
    parser.add_argument("--rerun", action="store_true", help="prove all anew")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    makes = asked.run or asked.rerun
    return write_page(
        lambda: page(asked.records, asked.planning, makes=makes, anew=asked.rerun),
        asked.output,
        force=True,
    )


if __name__ == "__main__":
    sys.exit(main())
