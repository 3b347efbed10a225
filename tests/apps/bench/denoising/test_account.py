"""The account's page says what the records hold, and what was not run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from apps.bench.denoising.account import PARTS, page
from apps.bench.denoising.captures import Case
from apps.bench.denoising.trained_arms import PASSES, Arm, Bench, key
from apps.bench.run_records import RunRecords

SCENES = 3


def numbers(psnr_db: float) -> dict[str, Any]:
    found = dict.fromkeys(("psnr_db", "corrected_db", "dark_db", "bright_db"), [psnr_db] * SCENES)
    return found | {"ssim": [0.9] * SCENES, "bias": [0.001] * SCENES, "cpu_s_per_mp": 2.0}


class Known(RunRecords):
    """Of a shipped method: 30 dB, and 2 more for ours, in half the time."""

    def result(self, run: Any, make: Callable[[], Any]) -> dict[str, Any]:
        ours = "sha256" in run
        return numbers(32.0 if ours else 30.0) | {"cpu_s_per_mp": 1.0 if ours else 50.0}


class Trained(Bench):
    """Of a training: 30 dB, 1 more where refined, less 0.1 a pass."""

    def trained(
        self, arm: Arm, cases: tuple[Case, ...], passes: tuple[int, ...] = PASSES
    ) -> dict[str, Any]:
        level = 30.0 + (arm.refining > 0) - 3 * arm.fixed
        return {"scores": {key(c, n): numbers(level - (n - 1) / 10) for c in cases for n in passes}}


def bench(tmp_path: Path, kind: type[Bench], records: type[RunRecords]) -> Callable[[str], Bench]:
    def make(part: str) -> Bench:
        return kind(
            records=records(tmp_path / f"{part}.jsonl"), data=tmp_path, light=None, work=None,
            tell=print,
        )  # fmt: skip

    return make


def test_every_part_says_what_its_runs_hold(tmp_path: Path) -> None:
    made = page(bench(tmp_path, Trained, Known))

    assert "has no run" not in made
    assert "- ED-1: arms (e) to (h)" in made.partition("## Not run")[2]  # and what never was
    assert all(f"## {part.heading}" in made for part in PARTS.values())
    assert "| fw-1m | x300 | +2.00 (+2.00 to +2.00) | 2 | - |" in made
    assert "| fw-5k | 32.00 | 32.00 | 32.00 | 0.9000 | +0.100 | 1 | 50x |" in made
    assert "| ExposureDiffusion, N steps of 3 passes | 31.00 +- 0.00 | 30.90 +- 0.00 |" in made
    assert "| fw-5k, seed 0 | NikonD850 | x100 | 30.00 | 27.00 | +3.00 (+3.00 to +3.00) |" in made


def test_parts_without_runs_are_listed_as_not_run(tmp_path: Path) -> None:
    made = page(bench(tmp_path, Bench, RunRecords))

    assert made.count("has no run") == len(PARTS)
    assert not any(f"\n## {part.heading}" in made for part in PARTS.values())
