"""docs/deployment.md: what was proven and timed, from stored records."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from apps.bench.denoising.tables import table
from apps.bench.deployment.engines import MODELS, engine_times
from apps.bench.deployment.opening import DENOISER, OPENING, PLANNER, PROOF, TIMES
from apps.bench.deployment.stage_parity import Rows, parity_of, subjects
from apps.bench.deployment.turns import PLANTED, rerun_in_turns
from apps.bench.deployment.ways import TIMED, ways_in_turns
from apps.bench.planning.proof import WITHIN, Held, held_out
from apps.bench.run_records import RunRecords
from apps.deploy.parity import PERFECT_DB

PARITY, ENGINES, TURNS, LATENCY = "parity.jsonl", "engines.jsonl", "turns.jsonl", "latency"
SYSTEM_SHOWN = 0.2  # of the CPU's time
NO_REASON = "it does not become a graph"


def page(records: Path, planning: Path, *, makes: bool = False, anew: bool = False) -> str:
    """The page. records: folder of `parity.jsonl` and of latency results, `latency/*.json`.

    planning: folder of the planner's results.

    Raises MissingError for a stage without a record, FileError for records that are none.
    """
    kept = RunRecords(records / PARITY, makes=makes, anew=anew)
    found = {name: kept.result({"subject": name}, partial(parity_of, name)) for name in subjects()}
    results = {
        place.stem: json.loads(place.read_text(encoding="utf-8"))
        for place in sorted((records / LATENCY).glob("*.json"))
    }
    engines = RunRecords(records / ENGINES, makes=makes, anew=anew)
    timed = {
        model: engines.result({"model": model}, partial(engine_times, model)) for model in MODELS
    }
    turns = RunRecords(records / TURNS, makes=makes, anew=anew)
    ways = {
        (preset, size): turns.result(
            {"what": "ways", "preset": preset, "size": list(size)},
            partial(ways_in_turns, preset, size, frames),
        )
        for preset, size, frames in TIMED
    }
    rerun = turns.result({"what": "rerun"}, rerun_in_turns)
    parts = [OPENING, PROOF, *_proof(found), DENOISER, *_denoiser(timed), TIMES]
    parts += [*_ways(ways), *_rerun(rerun)]
    for name, result in results.items():
        parts += _times(name, result)
    parts += [PLANNER, _planned(held_out(planning))]
    return "\n".join(parts) + "\n"


def _planned(rows: Sequence[Held]) -> str:
    near = sum(abs(row.error) <= WITHIN for row in rows)
    worst = max(abs(row.error) for row in rows)
    return (
        f"{near} of {len(rows)} within {100 * WITHIN:.0f} % in time, the worst {100 * worst:.0f} % "
        "off."
    )


def _proof(found: Mapping[str, Rows]) -> Iterator[str]:
    rows, without = [], []
    for name, result in found.items():
        if "reason" in result:
            without.append((name, result["reason"].partition("; ")[2].partition("; leave")[0]))
        else:
            rows.append(_row(name, result))
    heads = (
        "stage or preset", "from, to", "largest", "max DN", "p99.9 DN", "PSNR", "CIEDE2000",
        "masks", "fp16 PSNR, CIEDE2000", "int8 PSNR, CIEDE2000",
    )  # fmt: skip
    yield table(heads, rows)
    yield "\nNot exportable:\n"
    yield from (f"- `{name}`: {reason or NO_REASON}" for name, reason in without)


def _row(name: str, result: Rows) -> Sequence[str]:
    rows = result["rows"]
    colours = [row["delta_e_2000_max"] for row in rows if row["delta_e_2000_max"] is not None]
    worst = min(row["psnr_db"] for row in rows)
    return (
        f"`{name}`", " to ".join(result["domains"]),
        f"{max(row['largest'] for row in rows):.1e}",
        f"{max(row['dn_max'] for row in rows):.4f}",
        f"{max(row['dn_p999'] for row in rows):.4f}",
        "equal" if worst == PERFECT_DB else f"{worst:.0f} dB",
        f"{max(colours):.4f}" if colours else "",
        "equal" if all(row["masks_equal"] for row in rows) else "DIFFER",
        _less(result["less"].get("fp16")), _less(result["less"].get("int8")),
    )  # fmt: skip


def _less(lost: Mapping[str, Any] | None) -> str:
    if lost is None:
        return ""
    if "refused" in lost:
        return "refused"
    said = "nothing lost" if lost["psnr_db"] == PERFECT_DB else f"{lost['psnr_db']:.1f} dB"
    colours = lost["delta_e_2000_mean"]
    return said if colours is None or lost["psnr_db"] == PERFECT_DB else f"{said}, {colours:.3f}"


def _denoiser(timed: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Iterator[str]:
    names = list(next(iter(timed.values())))
    rows = []
    for name in names:
        cells = [timed[model][name] for model in timed]
        rows.append((
            name, *(f"{cell['cpu_s_per_mp']:.2f} ({_db(cell['psnr_db'])})" for cell in cells)
        ))  # fmt: skip
    yield table(("engine", *timed), rows)
    for model, found in timed.items():
        exact = {n: c["cpu_s_per_mp"] for n, c in found.items() if "bf16" not in n}
        best = min(exact, key=lambda n: exact[n])
        ratio = exact["torch eager"] / exact[best]
        said = f"best in float32 is {best}; what fullwell runs takes {ratio:.2f}x of its time."
        yield f"\n{model}: {said}"


def _ways(ways: Mapping[tuple[str, tuple[int, int]], Mapping[str, Any]]) -> Iterator[str]:
    names = list(next(iter(ways.values())))
    rows = []
    for name in names:
        cells = []
        for found in ways.values():
            way, first = found[name], next(iter(found.values()))["p50_ms"]
            times = "refused" if "p50_ms" not in way else (
                f"{way['p50_ms']:.4g} ms, {first / way['p50_ms']:.2f}x"
            )  # fmt: skip
            system = way.get("system_share", 0.0)  # none of a way that was not timed
            share = f", system {100 * system:.0f} %" if system > SYSTEM_SHOWN else ""
            cells.append(f"{times} ({_db(way['psnr_db'])}{share})")
        rows.append((name, *cells))
    heads = [f"{preset}, {width} x {height}" for preset, (height, width) in ways]
    yield table(("way", *heads), rows)


def _rerun(found: Mapping[str, Any]) -> Iterator[str]:
    first, again, slower = found["medians_ms"]
    apart = 100 * abs(again / first - 1)
    yield (
        f"\nThe compiled pass against itself, frame by frame in turns: {first:.2f} and {again:.2f} "
        f"ms, {apart:.1f} % apart; with {100 * PLANTED:.0f} % waited at the end of each frame "
        f"{slower:.2f} ms. What `bench compare` says of it:\n"
    )
    rows = [
        (what, row["statistic"], f"{row['ratio']:.3f}", f"{row['low']:.3f} to {row['high']:.3f}",
         row["verdict"])
        for what in ("again", "slower") for row in found[what]
    ]  # fmt: skip
    yield table(
        ("compared with itself", "statistic", "new / old", "95 % interval", "verdict"), rows
    )


def _db(psnr: float) -> str:
    return "itself" if psnr == PERFECT_DB else f"{psnr:.0f} dB"


def _times(name: str, result: Mapping[str, Any]) -> Iterator[str]:
    environment = result["environment"]
    yield f"\n### {name}\n"
    yield "; ".join(f"{key} {_plain(environment[key])}" for key in SAID if environment.get(key))
    yield ""
    heads = (
        "stage", "how", "precision", "size", "load", "frames", "p50 ms", "p90 ms", "p99 ms",
        "max ms", "MP/s", "PSNR", "verdict",
    )  # fmt: skip
    yield table(heads, [_time(run) for run in result["runs"]])
    yield from (f"\n{note}" for note in result.get("notes", ()))


SAID = (
    "cpu", "cores_allowed", "python", "torch", "numba", "onnxruntime", "openvino",
    "load_average_at_start",
)  # fmt: skip


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_plain(v)}" for k, v in value.items())
    if isinstance(value, list):
        return " ".join(_plain(v) for v in value)
    return str(value)


def _verdict(run: Mapping[str, Any]) -> str:
    """Of a cadence: whether frames came in time, and whether all were done."""
    if "rate_verdict" not in run:
        return ""
    return (
        f"{run['fps_asked']:g} fps: latency {run['latency_verdict']}, rate {run['rate_verdict']}, "
        f"{run['dropped']} dropped"
    )


def _time(run: Mapping[str, Any]) -> Sequence[str]:
    def shown(key: str) -> str:
        return "" if run.get(key) is None else f"{run[key]:.1f}"

    quality = run.get("quality") or {}
    loss = quality.get("psnr_db")
    height, width = run["size"]
    return (
        run["stage"], f"{run['variant']}, {run['threads']} thread{'s' * (run['threads'] != 1)}",
        run["precision"], f"{width} x {height}", run["load"], str(run["n"]), shown("p50_ms"),
        shown("p90_ms"), shown("p99_ms"), shown("max_ms"), f"{run['megapixels_per_s']:.1f}",
        "" if loss is None else f"{loss:.0f} dB", _verdict(run),
    )  # fmt: skip
