"""A row's texts say what is known, and a dash where nothing is."""

from typing import Any

from apps.bench.latency.result_table import HEADS, cadence_lines, cells, table
from apps.deploy.runtime import run_record


def row(**changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "stage": "tone", "variant": "fused", "provider": "none", "precision": "fp32",
        "size": (100, 200), "load": "closed", "threads": 1, "frames_ms": [2.0, 4.0, 3.0],
    }  # fmt: skip
    return run_record(**(plain | changes))


def said(run: dict[str, Any]) -> dict[str, str]:
    return dict(zip(HEADS, cells(run), strict=True))


def test_few_frames_say_median_and_largest_only() -> None:
    texts = said(row())

    assert (texts["p50 ms"], texts["max ms"], texts["n"]) == ("3", "4", "3")
    assert {texts[h] for h in ("p90 ms", "p99 ms", "p99 up to", "peak MB", "PSNR dB")} == {"-"}
    assert texts["Gpix/s"] == "0.006667"  # 20 000 pixels in 3 ms


def test_cost_memory_and_cold_start_are_printed_in_their_units() -> None:
    texts = said(
        row(quality={"psnr_db": 61.25, "max_dn": 0.5, "delta_e_2000_max": 0.1},
            peak_memory_bytes=12_500_000, cold_ms={"session": 100.0, "first_run": 20.0})
        | {"bytes_per_pixel": 20.0, "roofline_percent": 12.5}
    )  # fmt: skip

    assert [texts[h] for h in ("PSNR dB", "max DN", "peak MB", "cold ms", "B/pixel", "% of copy")
            ] == ["61.25", "0.5", "12.5", "120", "20", "12.5"]  # fmt: skip
    equal = {"psnr_db": None, "max_dn": 0.0, "delta_e_2000_max": None}
    assert said(row(quality=equal))["PSNR dB"] == "equal"


def test_a_cadence_is_two_verdicts() -> None:
    camera = {
        "fps_asked": 30.0, "in_flight": 2, "dropped": 1, "deadline_ms": 33.333,
        "deadline_misses": 2, "sustained_fps": 333.0, "latency_verdict": "not shown",
        "rate_verdict": "not kept",
    }  # fmt: skip
    run = row(stage="whole", load="cadence", camera=camera)

    assert cadence_lines([row(), run]) == [
        "whole, fused, 100x200 at 30 frames/s, 2 in flight: latency not shown (2 of 4 later than "
        "33.33 ms), rate not kept (1 dropped)"
    ]
    assert said(run)["load"] == "cadence 30/s"
    assert table([row(), run]).row_count == 2
