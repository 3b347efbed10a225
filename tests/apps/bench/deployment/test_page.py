"""The page of the docs is what the records say."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.bench.deployment import page as subject
from apps.bench.deployment.__main__ import PAGE, PLANNING, RECORDS, main
from apps.bench.deployment.engines import MODELS
from apps.bench.deployment.page import page
from apps.bench.deployment.stage_parity import subjects
from apps.bench.deployment.ways import TIMED
from isp.core.errors import MissingError

ROOT = Path(__file__).parents[4]


def test_the_page_of_the_docs_is_what_the_records_say(tmp_path: Path) -> None:
    folders = ["--records", str(ROOT / RECORDS), "--planning", str(ROOT / PLANNING)]
    code = main([*folders, "-o", str(tmp_path / "page.md")])

    assert code == 0
    assert (tmp_path / "page.md").read_text() == (ROOT / PAGE).read_text()


def proof(**changes: Any) -> dict[str, Any]:
    row = {
        "graph": "g", "size": [101, 157], "largest": 2e-7, "dn_max": 0.001, "dn_p999": 0.0005,
        "psnr_db": 140.0, "delta_e_2000_max": None, "masks_equal": True,
    }  # fmt: skip
    return {"domains": ["RAW", "MOSAIC"], "rows": [row, row | changes], "less": {}}


def kept(folder: Path, results: dict[str, Any]) -> Path:
    lines = [
        {"run": {"subject": name}, "result": results.get(name, proof())} for name in subjects()
    ]
    (folder / "parity.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    cell = {"torch eager": {"psnr_db": 200.0, "cpu_s_per_mp": 0.3},
            "OpenVINO": {"psnr_db": 140.0, "cpu_s_per_mp": 0.2}}  # fmt: skip
    lines = [{"run": {"model": model}, "result": cell} for model in MODELS]
    (folder / "engines.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    row = {"statistic": "median", "ratio": 1.08, "low": 1.06, "high": 1.1, "verdict": "regression"}
    ways = {"eager": {"p50_ms": 60.0, "psnr_db": 200.0, "system_share": 0.553},
            "bf16": {"psnr_db": 38.2},
            "pass": {"p50_ms": 6.0, "psnr_db": 131.6, "system_share": 0.0}}  # fmt: skip
    rerun = {"medians_ms": [5.0, 5.05, 5.5], "again": [row | {"ratio": 1.01}], "slower": [row]}
    lines = [{"run": {"what": "rerun"}, "result": rerun}]
    lines += [
        {"run": {"what": "ways", "preset": preset, "size": list(size)}, "result": ways}
        for preset, size, _ in TIMED
    ]
    (folder / "turns.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_what_was_timed_in_turns_is_compared(tmp_path: Path) -> None:
    made = page(kept(tmp_path, {}), ROOT / PLANNING)

    assert "| way | srgb_fast, 640 x 480 | " in made
    assert "| eager | 60 ms, 1.00x (itself, system 55 %) | " in made
    assert "| pass | 6 ms, 10.00x (132 dB) | " in made
    assert "| bf16 | refused (38 dB) | " in made
    assert "5.00 and 5.05 ms, 1.0 % apart; with 10 % waited" in made
    assert "| slower | median | 1.080 | 1.060 to 1.100 | regression |" in made


def test_the_worse_of_two_frames_is_shown_and_masks_that_differ_are_seen(tmp_path: Path) -> None:
    lost = {"psnr_db": 54.94, "delta_e_2000_mean": 0.2251}
    odd = proof(largest=3e-5, dn_max=0.12, psnr_db=99.0, masks_equal=False)
    made = page(kept(tmp_path, {
        "defects": odd | {"less": {"int8": lost, "fp16": {"refused": "no"}}},
        "sharpen": {"reason": "sharpen (X) does not become a graph; it cannot; leave it out"},
    }), ROOT / PLANNING)  # fmt: skip

    assert (
        "| `defects` | RAW to MOSAIC | 3.0e-05 | 0.1200 | 0.0005 | 99 dB |  | DIFFER | refused "
        in made
    )
    assert "| 54.9 dB, 0.225 |" in made
    assert "- `sharpen`: it cannot\n" in made
    assert "fw-1m: best in float32 is OpenVINO; what fullwell runs takes 1.50x of its time." in made


def test_a_stage_without_a_record_is_missed_by_name(tmp_path: Path) -> None:
    kept(tmp_path, {})
    lines = (tmp_path / "parity.jsonl").read_text().splitlines()
    (tmp_path / "parity.jsonl").write_text("\n".join(lines[1:]) + "\n")

    with pytest.raises(MissingError, match="linearize"):
        page(tmp_path, ROOT / PLANNING)


def test_latencies_are_shown_with_what_they_were_measured_on(tmp_path: Path) -> None:
    kept(tmp_path, {})
    run = {
        "stage": "whole", "variant": "torch-eager", "threads": 1, "precision": "fp32",
        "size": [720, 960], "load": "closed", "n": 64, "p50_ms": 12.34, "p90_ms": 15.0,
        "p99_ms": None, "max_ms": 20.0, "megapixels_per_s": 56.0, "quality": None,
    }  # fmt: skip
    camera = run | {
        "load": "cadence", "fps_asked": 30.0, "latency_verdict": "met", "rate_verdict": "kept",
        "dropped": 0,
    }  # fmt: skip
    result = {"environment": {"cpu": "A CPU", "load_average_at_start": 1.5}, "runs": [run, camera],
              "notes": ["not quiet"]}  # fmt: skip
    (tmp_path / subject.LATENCY).mkdir()
    (tmp_path / subject.LATENCY / "srgb.json").write_text(json.dumps(result))

    made = page(tmp_path, ROOT / PLANNING)

    assert "### srgb\n" in made
    assert "|  | 30 fps: latency met, rate kept, 0 dropped |" in made
    assert "cpu A CPU; load_average_at_start 1.5" in made
    assert (
        "| whole | torch-eager, 1 thread | fp32 | 960 x 720 | closed | 64 | 12.3 | 15.0 |  |"
        in made
    )
    assert "\nnot quiet" in made
