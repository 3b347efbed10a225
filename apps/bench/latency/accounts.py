"""What a table of latencies leaves open: the sum of the stages, and how quiet the machine was."""

from collections.abc import Iterator, Sequence
from statistics import median

from apps.bench.latency.results import CLOSED, WHOLE, Run

UNACCOUNTED = 0.10
QUIET = (0.97, 1.03)  # CONVENTIONS, section 3: of one half of a run against the other
HALVES = 64  # frames below which halves say nothing


def notes_of(runs: Sequence[Run]) -> list[str]:
    """Sentences about the runs of one result."""
    return [*_sums(runs), *_unsteady(runs)]


def _sums(runs: Sequence[Run]) -> Iterator[str]:
    wholes = [run for run in runs if run["stage"] == WHOLE and run["load"] == CLOSED]
    for whole in wholes:
        parts = [
            run["p50_ms"]
            for run in runs
            if run["stage"] != WHOLE and all(run[k] == whole[k] for k in (
                "variant", "provider", "precision", "size", "load"))
        ]  # fmt: skip
        if not parts:
            continue
        left = whole["p50_ms"] - sum(parts)
        share = left / whole["p50_ms"]
        within = abs(share) <= UNACCOUNTED
        height, width = whole["size"]
        yield (
            f"{whole['variant']}, {height}x{width}: {len(parts)} stages sum to {sum(parts):.4g} ms "
            f"of {whole['p50_ms']:.4g} ms whole, "
            + (
                f"within {100 * UNACCOUNTED:.0f} %"
                if within
                else f"{left:+.3g} ms ({100 * share:+.0f} %) unaccounted for"
            )
        )


def _unsteady(runs: Sequence[Run]) -> Iterator[str]:
    drifting = []
    for run in runs:
        label = f"{run['stage']}, {run['variant']}, {run['size'][0]}x{run['size'][1]}"
        if run["warm_up"] is not None and not run["warm_up"]["stable"]:
            yield f"{label}: not steady after {run['warm_up']['seconds']:.0f} s of warming up"
        times = run["frames_ms"]
        if run["load"] != CLOSED or len(times) < HALVES:
            continue
        ratio = median(times[len(times) // 2 :]) / median(times[: len(times) // 2])
        if not QUIET[0] <= ratio <= QUIET[1]:
            drifting.append(f"{label} ({ratio:.3f})")
    if drifting:
        yield (
            f"the machine was not quiet: in {len(drifting)} of {len(runs)} rows the second half of "
            f"the frames differs by over 3 % from the first: {'; '.join(drifting)}"
        )
