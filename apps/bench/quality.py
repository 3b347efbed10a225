"""Accounts of what learned stages gain: `python -m apps.bench.quality exposure-diffusion`.

A page is made of stored run records. --run makes runs that are missing, --rerun all of them anew,
training included.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from apps.bench.denoising.account import PARTS, page
from apps.bench.denoising.ratio_curve import PICTURE, collected, picture
from apps.bench.denoising.trained_arms import Bench
from apps.bench.run_records import RunRecords
from apps.report.pages import write_page, write_pictures

ACCOUNT = Path("docs/papers/exposure-diffusion.md")
RECORDS = Path("docs/dev/bench/exposure-diffusion")


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, run what is asked, write the page; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m apps.bench.quality", description=__doc__)
    parser.add_argument("account", choices=("exposure-diffusion",))
    parser.add_argument("-o", "--output", type=Path, default=ACCOUNT)
    parser.add_argument("--records", type=Path, default=RECORDS, help="folder of run records")
    parser.add_argument("--run", action="store_true", help="make the runs that are missing")
    parser.add_argument("--rerun", action="store_true", help="make all runs anew")
    parser.add_argument("--only", choices=tuple(PARTS), action="append", help="run this part only")
    parser.add_argument("--light", type=Path, help="pack of clean light to train on")
    parser.add_argument("--work", type=Path, help="folder of checkpoints")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)  # runs are many and small; start two commands for two cores

    def bench(part: str) -> Bench:
        mine = asked.only is None or part in asked.only
        records = RunRecords(
            asked.records / f"{part}.jsonl", makes=mine and (asked.run or asked.rerun),
            anew=mine and asked.rerun,
        )  # fmt: skip
        return Bench(
            records=records, data=Path(os.environ.get("FULLWELL_DATA", ".")), light=asked.light,
            work=asked.work, tell=lambda what: print(what, file=sys.stderr, flush=True),
        )  # fmt: skip

    failed = write_page(lambda: page(bench), asked.output, force=True)
    drawn = {Path(PICTURE).stem: lambda: picture(collected(bench("curve")))}
    folder = asked.output.parent / Path(PICTURE).parent
    return failed or write_pictures(drawn, folder, ".png", force=True)


if __name__ == "__main__":
    sys.exit(main())
