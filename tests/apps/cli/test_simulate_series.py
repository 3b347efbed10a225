"""fullwell simulate: brackets and bursts, told frame by frame."""

import json
from pathlib import Path

import numpy as np

from tests.apps.conftest import Command
from tests.apps.samples import (
    SHOT,
    dn_of,
    left_in,
)


def test_a_bracket_is_told_frame_by_frame(fullwell: Command, tmp_path: Path) -> None:
    ask = ("simulate", "scene:flat?luminance=5", *SHOT, "--size", "32x24", "--bracket=-2,0,2")
    answer = fullwell(*ask, "-o", tmp_path / "a.dng", "--jitter", 2, "--shake-px", 1)
    facts = json.loads(
        fullwell(*ask, "-o", tmp_path / "b.dng", "--jitter", 2, "--shake-px", 1, "--json").out
    )

    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert [line.rpartition(" RGGB")[0].rpartition("/")[2] for line in lines] == [
        f"a_{i}.dng: 32 x 24" for i in range(3)
    ]
    assert ["0.01 s, f/2.8" in lines[0], "0.04 s" in lines[1], "0.16 s" in lines[2]] == [True] * 3
    assert [f["file"] for f in facts] == ["b_0.dng", "b_1.dng", "b_2.dng"]
    assert len({f["true_exposure_time_s"] / f["exposure_time_s"] for f in facts}) == 3
    for i in range(3):
        assert np.array_equal(dn_of(tmp_path / f"a_{i}.dng"), dn_of(tmp_path / f"b_{i}.dng"))
    assert len(left_in(tmp_path)) == 18


def test_a_burst_without_truth_leaves_raws_alone(fullwell: Command, tmp_path: Path) -> None:
    answer = fullwell(
        "simulate", "scene:dark", "-o", tmp_path / "a.dng", *SHOT, "--size", "32x24", "--burst", 2,
        "--no-truth",
    )  # fmt: skip

    assert answer.code == 0, answer.err
    assert left_in(tmp_path) == ["a_0.dng", "a_0.json", "a_1.dng", "a_1.json"]
    assert not np.array_equal(dn_of(tmp_path / "a_0.dng"), dn_of(tmp_path / "a_1.dng"))
