"""Which exposures a merge goes by: stated ones, or measured where those contradict the frames."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.light import Seen
from apps.merging import MergeRequest, merge_files
from apps.series import Series, photograph_series
from apps.simulating import SimulationRequest

CAMERA = "NikonD850"


def test_lying_times_are_said_and_may_be_replaced(pictures: list[Path], tmp_path: Path) -> None:
    lying = MergeRequest(times=(1 / 4, 1, 4), response="srgb", reference=2)

    facts = merge_files(lying, pictures, tmp_path / "a.exr")

    assert facts["exposures_disagree"]
    assert any("disagree (EV -1.0" in note for note in facts["automatic"])
    mended = MergeRequest(times=(1 / 4, 1, 4), response="srgb", reference=2, measure_exposures=True)
    assert merge_files(mended, pictures, tmp_path / "b.exr")["exposures"][0] == pytest.approx(
        1 / 8, rel=0.01
    )


def listed(pictures: list[Path], times: tuple[float, ...]) -> None:
    rows = [{"file": p.name, "time_s": t} for p, t in zip(pictures, times, strict=True)]
    (pictures[0].parent / "bracket.json").write_text(json.dumps({"frames": rows}))


def test_times_that_throw_a_frame_away_are_measured_unasked_and_it_is_said(
    pictures: list[Path], tmp_path: Path
) -> None:
    listed(pictures, (1 / 2, 1, 4))  # the first is really 1/8

    facts = merge_files(MergeRequest(reference=2), pictures, tmp_path / "out.exr")

    assert facts["exposures_from"] == "measured"
    assert facts["exposures_noted"] == pytest.approx([1 / 2, 1, 4])
    assert facts["exposures"] == pytest.approx([1 / 8, 1, 4], rel=0.01)
    assert facts["exposures_replaced_because_percent_contradicted"][0] > 15
    [said] = facts["warnings"]
    listed_ratios = ", ".join(f"{exposure:.4g}" for exposure in facts["exposures"])
    assert f"{listed_ratios} in place of 0.5, 1, 4" in said
    assert "p0.png" in said
    assert said in facts["automatic"]
    steps = dict(facts["history"])
    assert steps["merge"]["exposures_stated"] == [[0.5, 1.0, 4.0]]


@pytest.mark.parametrize(
    "stating",
    [
        {"measure_exposures": False},
        {"response": "srgb"},
        {"times": (1 / 2, 1, 4)},
    ],
)
def test_who_states_times_or_a_response_or_asks_for_it_keeps_the_times(
    pictures: list[Path], tmp_path: Path, stating: dict[str, Any]
) -> None:
    listed(pictures, (1 / 2, 1, 4))

    facts = merge_files(MergeRequest(reference=2, **stating), pictures, tmp_path / "out.exr")

    assert facts["exposures"] == pytest.approx([1 / 2, 1, 4])
    assert facts["exposures_replaced_because_percent_contradicted"] is None


@pytest.mark.parametrize("name", ["frobisher", "house", "memorial"])
def test_no_frame_of_a_real_bracket_is_left_out_by_an_assumed_response(
    shared_data: Path, tmp_path: Path, name: str
) -> None:
    files = sorted(p for p in (shared_data / f"sdr/bracket_{name}").iterdir() if p.suffix != ".txt")
    files = [p for p in files if p.suffix in (".jpg", ".png")]

    facts = merge_files(MergeRequest(), files, tmp_path / "out.exr")

    assert facts["left_out"] == []
    assert max(facts["rejected_percent"]) < 15
    assert facts["measured_percent"] > 95
    assert facts["exposures_from"] == "measured"


def test_a_wide_bracket_of_lying_raws_is_measured_and_its_dng_is_floating_point(
    tmp_path: Path,
) -> None:
    asked = SimulationRequest(
        scene="scene:interior", camera=CAMERA, iso=100.0, exposure_time_s=1.0, f_number=4.0,
        seed=3, seen=Seen(size=(90, 120)),
    )  # fmt: skip
    # A shutter that strays by 30 %: metadata say what was set.
    photograph_series(
        asked, Series(evs=(-8, -4, 0), jitter_percent=30.0), tmp_path / "a.dng", truth=False
    )
    raws = [tmp_path / f"a_{i}.dng" for i in range(3)]

    facts = merge_files(MergeRequest(), raws, tmp_path / "b.dng")

    assert facts["exposures_from"] == "measured"
    assert facts["left_out"] == []
    assert facts["dng_sample"] == "float32"
    assert facts["dng_16_bit_rounding_over_sigma"] > 0.3
    measured, coarse = facts["warnings"]
    assert measured.startswith("exposures measured, not as stated: ")
    assert coarse.startswith("16 bits hold this merge to ")
    stated = merge_files(MergeRequest(measure_exposures=False), raws, tmp_path / "c.exr")
    assert stated["exposures_from"] == "metadata"
