"""How spoilt files ended, as a page: `python -m tests.isp.files.hostile_report`."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from isp.files.safe_write import safe_write
from tests.isp.files.test_hostile_files import FORMATS, SECONDS, Child, Tally, attack

KINDS = ("read", "refused", "contained", "untyped", "crashed", "hung")


def page(tallies: dict[str, Tally], told: str) -> str:
    """The page; told: the command and the date."""
    lines = [
        "# Spoilt files",
        "",
        told,
        "",
        "Each file is a sound one with bytes changed, cut, repeated, moved or put in (text: also "
        "characters and numbers), by the number of the mutation alone (`tests/isp/files/"
        "mutations.py`). *Read*: taken for sound. *Refused*: an error of ours that names file and "
        "reason. *Contained*: a C library crashed or hung in the decoder's own process, which was "
        f"ended within {SECONDS:.0f} s, and the command got an error of ours. The last three must "
        "be 0: another error, a crash, a hang.",
        "",
        "| format | files | " + " | ".join(KINDS) + " |",
        "|---|---:|" + "---:|" * len(KINDS),
    ]
    for name, tally in tallies.items():
        counts = " | ".join(str(tally.ended[kind]) for kind in KINDS)
        lines.append(f"| {name} | {sum(tally.ended.values())} | {counts} |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Attack every format and write the page; exit code 1 where something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/hostile-files.md"))
    parser.add_argument("--force", action="store_true", help="replace the page")
    asked = parser.parse_args(arguments)
    child, tallies = Child(), {}
    with tempfile.TemporaryDirectory() as folder:
        for format_ in FORMATS:
            place = Path(folder) / format_.name.replace(" ", "_")
            place.mkdir()
            tallies[format_.name] = attack(format_, format_.many, place, child)
            print(format_.name, dict(tallies[format_.name].ended), file=sys.stderr, flush=True)
    child.end()
    told = (
        f"Made by `python -m tests.isp.files.hostile_report --force`, {datetime.now(UTC):%Y-%m-%d}."
    )
    with safe_write(asked.output, force=asked.force) as place:
        place.write_text(page(tallies, told), encoding="utf-8")
    return 1 if any(tally.wrong for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
