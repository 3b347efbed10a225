"""The bench of a bundle: correctness first, rows that add up, budgets that are kept or not."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.deploy import runtime
from apps.deploy.runtime import (
    Bundle,
    CheckError,
    Gate,
    NDArray,
    Settings,
    UsageError,
    bench_size,
    deviation,
    made_frames,
    main,
    over_budget,
    run_lines,
    size_named,
    turned_frames,
    unaccounted,
)
from tests.apps.deploy.small_bundle import RAW, a_raw, write_bundle

ONE_THREAD = Settings(threads=1)
QUICK = ["--threads", "1", "--frames", "70", "--size", "40x48"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bench") / "bundle")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second of warm-up: what is measured is not the question here."""
    slow = runtime.warm_up
    monkeypatch.setattr(runtime, "warm_up", lambda work: slow(work, least_s=0.01, most_s=0.05))


def run(load: str, **changes: Any) -> dict[str, Any]:
    camera = None
    if load == "cadence":
        camera = runtime.cadence(lambda _: None, 3, 1e5) | changes.pop("camera", {})
    return runtime.run_record(
        stage="whole", variant="onnx", provider="CPUExecutionProvider", precision="fp32",
        size=(10, 10), load=load, threads=1, camera=camera, **changes,
    )  # fmt: skip


@pytest.mark.usefixtures("at_once")
def test_the_json_holds_whole_and_graphs_with_every_frame(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "b.json"
    words = ["bench", "--bundle", str(folder), *QUICK, "--cadence", "500", "--json", str(target)]

    assert main(words) == 0

    told = json.loads(target.read_text(encoding="utf-8"))
    assert (told["format"], told["format_version"]) == ("fullwell-latency", 1)
    rows = [(r["stage"], r["load"], len(r["frames_ms"]), r["n"]) for r in told["runs"]]
    dropped = told["runs"][1]["dropped"]
    assert rows == [
        ("whole", "closed", 70, 70), ("whole", "cadence", 70 - dropped, 70 - dropped),
        ("mosaic", "closed", 70, 70), ("sdr", "closed", 70, 70),
    ]  # fmt: skip
    whole = told["runs"][0]
    assert whole["nodes_by_provider"].keys() == {"CPUExecutionProvider"}
    assert whole["parity"]["before"] <= 1e-6
    assert whole["parity"] == {"before": whole["parity"]["after"]} | whole["parity"]
    assert (whole["p95_ms"], whole["p99_ms"], whole["p99_upper_ms"]) == (None, None, None)
    assert whole["cold_ms"]["first_run"] > 0
    # Each frame's graphs fit into the frame: they are the same frames.
    parts = [np.array(r["frames_ms"]) for r in told["runs"][2:]]
    assert (sum(parts) <= np.array(whole["frames_ms"]) + 1e-6).all()
    assert told["environment"]["onnxruntime"]
    assert any("optimisations off" in note for note in told["notes"])
    assert str(tmp_path) not in json.dumps(told)


@pytest.mark.usefixtures("at_once")
def test_wrong_results_have_no_latency(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = Bundle.run

    def wrong(self: Bundle, raw: NDArray, **more: Any) -> runtime.Result:
        result = right(self, raw, **more)
        if self.settings.optimised:
            result.picture[0, 1, 3, 4] += 1e-3 * float(np.ptp(result.picture))
        return result

    monkeypatch.setattr(Bundle, "run", wrong)

    assert main(["bench", "--bundle", str(folder), *QUICK]) == 1
    said = capsys.readouterr()
    assert "differs from one without optimisations by 0.001 of the range" in said.err
    assert said.out == ""


def test_results_that_go_wrong_later_are_found(folder: Path) -> None:
    bundle = Bundle(folder, ONE_THREAD)
    frames = made_frames(bundle, (40, 48))
    gate = Gate(bundle, folder, frames, None)
    assert gate.ask() <= 1e-6
    right = bundle.run

    def drifted(raw: NDArray, **more: Any) -> runtime.Result:
        return runtime.Result(right(raw, **more).picture * np.float32(1.01))

    bundle.run = drifted  # type: ignore[method-assign]
    with pytest.raises(CheckError, match="what gives wrong pictures has no latency"):
        gate.ask()


def test_tiles_are_timed_as_tiles_and_still_checked(folder: Path, at_once: None) -> None:
    def frames_of(bundle: Bundle) -> list[NDArray]:
        return made_frames(bundle, (40, 48))

    runs, notes = bench_size(folder, ONE_THREAD, frames_of, frames=5, tile=16)

    assert [row["stage"] for row in runs] == ["whole", "mosaic", "sdr"]
    assert runs[0]["parity"]["after"] <= 1e-6
    assert notes[0].startswith("40x48: the graphs sum to")


def test_a_deviation_is_a_share_of_the_range() -> None:
    reference = np.array([0.0, 50.0, 200.0])

    assert deviation(np.array([0.0, 51.0, 200.0]), reference) == 1 / 200
    assert deviation(np.array([3.0]), np.array([2.0])) == 0.5
    assert deviation(np.array([0.0, np.nan, 200.0]), reference) == math.inf


def test_the_frames_made_differ_and_hold_clipped_and_measured_dn(folder: Path) -> None:
    frames = made_frames(Bundle(folder, ONE_THREAD), (48, 64))

    assert len({frame.tobytes() for frame in frames}) == 8
    for frame in frames:
        assert (frame.dtype, frame.shape) == (np.uint16, (1, 1, 48, 64))
        assert frame.max() == RAW["white_level_dn"]
        assert frame.min() >= 64
        assert 0 < (frame >= 4000).mean() < 0.2
        assert len(np.unique(frame)) > 1000  # noise: no value of a few


def test_the_frames_of_a_file_are_moved_by_whole_cells() -> None:
    frames = turned_frames(a_raw(), 2)

    assert len({frame.tobytes() for frame in frames}) == 8
    np.testing.assert_array_equal(frames[0][0, 0], a_raw())
    np.testing.assert_array_equal(frames[3][0, 0, :, 6:], a_raw()[:, :-6])


@pytest.mark.parametrize(
    ("text", "size"),
    [("12MP", (3000, 4000)), ("4k", (2160, 3840)), ("1080p", (1080, 1920)), ("20x30", (20, 30))],
)
def test_sizes_have_names(text: str, size: tuple[int, int]) -> None:
    assert size_named(text) == size


@pytest.mark.parametrize("text", ["", "8K", "20", "0x30", "-2x3", "20x30x3"])
def test_a_size_that_is_none_is_a_wrong_question(text: str) -> None:
    with pytest.raises(UsageError, match="a size is HxW"):
        size_named(text)


def test_a_budget_is_held_against_the_upper_bound() -> None:
    frames = [10.0] * 660 + [20.0, 30.0]  # p99 is 10 ms, its bound the second largest

    assert over_budget([run("closed", frames_ms=frames)], 20.0) == []
    assert over_budget([run("closed", frames_ms=frames)], 19.0) == [
        "closed 10x10: p99 is up to 20 ms, the budget 19 ms"
    ]


def test_a_budget_of_too_few_frames_is_not_kept() -> None:
    assert over_budget([run("closed", frames_ms=[1.0] * 661)], 20.0) == [
        "closed 10x10: p99 is not known, the budget 20 ms"
    ]


def test_dropped_frames_break_a_budget() -> None:
    camera = {"dropped": 40, "deadline_misses": 41, "latency_verdict": "missed"}

    assert over_budget([run("cadence", frames_ms=[1.0] * 700, camera=camera)], 20.0) == [
        "cadence 10x10: 41 of 740 frames late or dropped, so p99 is not shown to keep 20 ms"
    ]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(("budget", "code"), [("100000ms", 0), ("0.0001", 1)])
def test_a_budget_decides_the_exit_code(folder: Path, budget: str, code: int) -> None:
    words = ["--threads", "1", "--frames", "662", "--size", "16x16", "--budget", budget]

    assert main(["bench", "--bundle", str(folder), *words]) == code


@pytest.mark.parametrize(
    "words",
    [["--quick", "--budget", "5"], ["--frames", "661", "--budget", "5"], ["--budget", "fast"],
     ["--budget", "-1"], ["--frames", "0"], ["--frames", "70", "--quick"], ["--cadence", "0"],
     ["--cadence", "9", "--in-flight", "0"], ["--size", "4x"], ["--threads", "0"],
     ["--size", "9x9", "--input", "a.npy"], ["--provider", "openvino"]],
)  # fmt: skip
def test_what_cannot_be_timed_or_judged_is_a_wrong_question(
    folder: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--bundle", str(folder), *words]) == 2
    assert capsys.readouterr().err.endswith("--help says more\n")


def test_what_the_graphs_leave_over_is_said() -> None:
    whole = {"p50_ms": 10.0}

    assert unaccounted(whole, {"a": [6.0], "b": [3.5]}, (4, 6)).endswith("within 10 %")
    said = unaccounted(whole, {"a": [6.0], "b": [2.0]}, (4, 6))
    assert "2 ms (20%) are unaccounted" in said


@pytest.mark.parametrize(
    ("n", "shown", "hidden"),
    [(63, "p50 1, min 1, max 1 ms of 63", "p90"), (64, "p50 1, p90 1, min", "p99"),
     (662, "p50 1, p90 1, p95 1, p99 1, p99_upper 1, min", "none")],
)  # fmt: skip
def test_a_person_reads_only_what_the_frames_show(n: int, shown: str, hidden: str) -> None:
    line = run_lines(run("closed", frames_ms=[1.0] * n))[0]

    assert shown in line
    assert hidden not in line


def test_gpu_facts_are_read_from_what_nvidia_smi_prints(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'Orin, 540.3, 7620 MiB'\n", encoding="utf-8")
    program.chmod(0o755)
    which: Callable[[str], str] = lambda name: str(program)  # noqa: E731  # the case in one line
    monkeypatch.setattr(runtime.shutil, "which", which)

    assert runtime.gpu_facts() == [
        {"name": "Orin", "driver_version": "540.3", "memory.total": "7620 MiB"}
    ]
