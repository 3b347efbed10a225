"""What comes to a stage is worked out once, and held only where the memory allows it."""

from pathlib import Path

import pytest
import torch

from apps.bench.latency import stage_inputs
from apps.bench.latency.raw_frames import simulated_frames
from apps.bench.latency.stage_inputs import StageInputs, fits, free_bytes, held_bytes
from apps.presets import presets
from isp.core.cfa import Cfa
from isp.core.frame import Frame
from isp.files.profile import load_profile

PIPELINE = presets("srgb_fast", Cfa.RGGB)


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return simulated_frames(load_profile("GenericPhone"), (24, 36), count=2)


@pytest.mark.parametrize("keeps", [True, False])
def test_frames_before_a_stage_are_those_after_the_one_before_it(
    frames: list[Frame], keeps: bool
) -> None:
    inputs = StageInputs(PIPELINE, frames, keeps=keeps)
    taps = [tap.frame for tap in PIPELINE.tap(frames[1])]

    for place in (0, 3, 1, 8):
        wanted = frames[1] if place == 0 else taps[place - 1]
        assert torch.equal(inputs.before(place)[1].data, wanted.data)


def test_they_are_worked_out_once_where_they_are_kept(frames: list[Frame]) -> None:
    kept, passing = (StageInputs(PIPELINE, frames, keeps=keeps) for keeps in (True, False))

    assert kept.before(2)[0] is kept.before(2)[0]
    first = passing.before(2)[0]
    passing.before(3)
    assert passing.before(2)[0] is not first


def test_bytes_of_all_inputs_are_those_of_raw_mosaic_and_three_colours(
    frames: list[Frame],
) -> None:
    # Five mosaics with two masks; camera colours with masks of each; three pictures with two.
    assert held_bytes(PIPELINE, frames) == 2 * 24 * 36 * (5 * (4 + 2) + (12 + 6) + 3 * (12 + 2))


def test_half_of_the_free_memory_may_be_held(
    frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = held_bytes(PIPELINE, frames)
    for free, said in ((2 * needed, True), (2 * needed - 1, False), (None, False)):
        monkeypatch.setattr(stage_inputs, "free_bytes", lambda free=free: free)
        assert fits(PIPELINE, frames) is said


def test_free_memory_is_the_systems_and_at_most_the_containers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, limit = tmp_path / "meminfo", tmp_path / "memory.max"
    memory.write_text("MemTotal:  9000 kB\nMemAvailable:    5000 kB\n")
    monkeypatch.setattr(stage_inputs, "MEMORY", memory)
    monkeypatch.setattr(stage_inputs, "LIMIT", limit)

    assert free_bytes() == 5_120_000
    limit.write_text("max\n")
    assert free_bytes() == 5_120_000
    limit.write_text("4096\n")
    assert free_bytes() == 4096
    memory.unlink()
    assert free_bytes() is None
