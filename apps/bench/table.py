"""A benchmark run of pytest-benchmark as a page: `python -m apps.bench.table RUN.json -o PAGE`."""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from isp.core.errors import FileError, FullwellError
from isp.files.safe_write import safe_write

Row = Mapping[str, Any]

# What a page and the repository keep. The machine's name, its kernel and the branch are not it.
MACHINE = (
    "machine", "system", "python_version", "versions", "threads", "cores_allowed",
    "load_average_at_start",
)  # fmt: skip
PROCESSOR = ("brand_raw", "arch", "count", "hz_advertised_friendly", "l2_cache_size")
COMMIT = ("id", "dirty")
BENCHMARK = ("group", "name", "fullname", "params", "extra_info")
TIMES = ("min", "max", "median", "mean", "stddev", "rounds", "data")

MEASURE = "python -m pytest tests/bench --benchmark-only --benchmark-json=RUN.json"


def clean(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the run without anything that names a machine or a user, and without bulk.

    >>> clean({"machine_info": {"node": "myhost", "system": "Linux"}, "benchmarks": []})
    {'machine_info': {'system': 'Linux', 'cpu': {}}, 'commit_info': {}, 'benchmarks': []}
    """
    machine = run.get("machine_info", {})
    kept: dict[str, Any] = {
        "machine_info": _some(machine, MACHINE) | {"cpu": _some(machine.get("cpu", {}), PROCESSOR)},
        "commit_info": _some(run.get("commit_info", {}), COMMIT),
        "benchmarks": [
            _some(b, BENCHMARK) | {"stats": _some(b.get("stats", {}), TIMES)}
            for b in run.get("benchmarks", [])
        ],
    }
    return kept | _some(run, ("datetime", "version"))


def page(run: Mapping[str, Any], command: str) -> str:
    """The run as markdown: machine, then a table for each group, ratios within the run.

    command: how the page was made from the run, printed above the tables.
    """
    groups: dict[str, list[Row]] = {}
    for benchmark in run["benchmarks"]:
        groups.setdefault(str(benchmark["group"]), []).append(benchmark)
    parts = [_head(run, command), *(_table(name, rows) for name, rows in groups.items())]
    return "\n\n".join(parts) + "\n"


def read_run(path: Path) -> dict[str, Any]:
    """Read a JSON that `--benchmark-json` wrote.

    Raises FileError when it is something else, or holds no benchmark with MP/s.
    """
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        rates = [b["extra_info"]["mp_per_s"] for b in run["benchmarks"]]
    except (OSError, ValueError) as error:
        raise FileError(path, f"not a readable benchmark run ({error})") from error
    except (KeyError, TypeError) as error:
        raise FileError(path, f"not a run of tests/bench: {error!r} is missing") from error
    if not rates:
        raise FileError(path, f"it holds no benchmark; make one with {MEASURE}")
    return dict(run)


def _some(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _head(run: Mapping[str, Any], command: str) -> str:
    machine, rounds = run["machine_info"], sorted({b["stats"]["rounds"] for b in run["benchmarks"]})
    processor = machine.get("cpu", {})
    cores = machine.get("cores_allowed", processor.get("count", "unknown"))
    versions = {"Python": machine.get("python_version", "unknown"), **machine.get("versions", {})}
    load = machine.get("load_average_at_start")
    commit = run.get("commit_info", {})
    threads = machine.get("threads", 1)
    state = " with changes" if commit.get("dirty") else ""
    lines = [
        "# Performance",
        "Measured and written by",
        f"```\nFULLWELL_BENCH_ROUNDS={rounds[0]} FULLWELL_BENCH_THREADS={threads} {MEASURE}\n"
        f"{command}\n```",
        "A 12 MP frame (4000 x 3000). Each row is the median of "
        f"{' or '.join(str(r) for r in rounds)} rounds after one that warms up, on "
        f"{threads} thread(s); before its time is taken, each result is checked "
        "(see `tests/bench`). MP/s is wall time; MP per CPU second leaves out the time "
        "that other programs took, though not what they did to caches and memory. Ratios "
        "compare rows of this run only.",
        f"- processor: {processor.get('brand_raw', 'unknown')}, {cores} core(s) allowed",
        f"- load average at the start: {'unknown' if load is None else f'{load:.2f}'}; "
        "above the number of threads, other programs shared the machine",
        f"- versions: {', '.join(f'{name} {version}' for name, version in versions.items())}",
        f"- fullwell at {str(commit.get('id', 'unknown'))[:12]}{state}, "
        f"{str(run.get('datetime', ''))[:10]}",
    ]
    return "\n\n".join(lines[:4]) + "\n\n" + "\n".join(lines[4:])


def _table(group: str, rows: Sequence[Row]) -> str:
    ours = [row for row in rows if row["extra_info"].get("ours")]
    compares = len(ours) == 1 and len(rows) > 1
    heads = ["", "MP/s", "MP per CPU s", "ms per frame"]
    if compares:
        heads += ["MP/s against ours", "per CPU s against ours"]
    rule = ["---"] + ["---:"] * (len(heads) - 1)
    lines = [f"## {group[:1].upper()}{group[1:]}", "", _line(heads), _line(rule)]
    for row in rows:
        wall, cpu = row["extra_info"]["mp_per_s"], row["extra_info"]["mp_per_cpu_s"]
        cells = [
            str(row["name"]),
            _figure(wall),
            _figure(cpu),
            f"{row['stats']['median'] * 1e3:.0f}",
        ]
        if compares:
            own = ours[0]["extra_info"]
            cells += [
                f"{_figure(wall / own['mp_per_s'])}x",
                f"{_figure(cpu / own['mp_per_cpu_s'])}x",
            ]
        lines.append(_line(cells))
    for row in rows:
        in_turns = row["extra_info"].get("times_faster_in_turns")
        if in_turns is not None:
            other = next(str(r["name"]) for r in rows if r is not row)
            lines += [
                "",
                f"In turns, {row['extra_info']['turns']} rounds each: {row['name']} is "
                f"{_figure(in_turns)}x as fast as {other} (median of the ratios).",
            ]
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _figure(value: float) -> str:
    """Three significant digits, without an exponent.

    >>> _figure(0.03217), _figure(3.7114), _figure(571.9)
    ('0.0322', '3.71', '572')
    """
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:#.3g}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, read, write; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m apps.bench.table", description=__doc__)
    parser.add_argument("run", type=Path, help="JSON that --benchmark-json wrote")
    parser.add_argument("-o", "--output", type=Path, required=True, help="markdown page to write")
    parser.add_argument("--keep", type=Path, help="also write the run without the machine's name")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    asked = parser.parse_args(arguments)
    try:
        run = clean(read_run(asked.run))
        keep = f" --keep {asked.keep.as_posix()}" if asked.keep else ""
        command = f"python -m apps.bench.table RUN.json -o {asked.output.as_posix()}{keep} --force"
        if asked.keep:
            with safe_write(asked.keep, force=asked.force) as place:
                place.write_text(json.dumps(run, indent=1) + "\n", encoding="utf-8")
        with safe_write(asked.output, force=asked.force) as place:
            place.write_text(page(run, command), encoding="utf-8")
    except FullwellError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
