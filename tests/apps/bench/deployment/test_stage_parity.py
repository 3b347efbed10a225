"""Rows of proof: real ones, or why there are none."""

import pytest

from apps.bench.deployment.stage_parity import parity_of, subjects
from apps.presets import NAMES
from apps.recipes import STAGES


def test_every_stage_and_preset_has_a_row() -> None:
    assert subjects() == [*STAGES, *NAMES]


@pytest.mark.usefixtures("unchecked")
def test_a_stage_is_proven_at_two_sizes_and_in_half_floats() -> None:
    found = parity_of("white_balance")

    assert found["domains"] == ["MOSAIC", "MOSAIC"]
    assert [row["size"] for row in found["rows"]] == [[101, 157], [202, 134]]
    assert all(row["largest"] <= 1e-4 and row["masks_equal"] for row in found["rows"])
    assert 60 < found["less"]["fp16"]["psnr_db"] < 100
    assert "int8" not in found["less"]


def test_what_becomes_no_graph_says_why() -> None:
    assert "its pyramids" in parity_of("rebuild_highlights")["reason"]
