"""The page holds table, waterfall, notes and environment, and needs nothing else."""

import re
from typing import Any

import pytest

from apps.bench.latency.page import drawn, page, waterfalls
from tests.apps.bench.latency.result_files import ENVIRONMENT
from tests.apps.bench.latency.test_result_table import row


def runs() -> list[dict[str, Any]]:
    return [
        row(stage="whole", frames_ms=[9.0]), row(stage="a", frames_ms=[3.0, 3.0, 4.0]),
        row(stage="b", frames_ms=[5.0]), row(stage="b", frames_ms=[5.0], size=(8, 8)),
        row(stage="whole", frames_ms=[9.0], variant="other"),
    ]  # fmt: skip


def test_stages_measured_alike_fall_together_beside_their_whole() -> None:
    first, second = waterfalls(runs())

    assert [r["stage"] for r in first[0]] == ["a", "b"]
    assert first[1] is not None
    assert first[1]["stage"] == "whole"
    assert ([r["size"] for r in second[0]], second[1]) == ([[8, 8]], None)


def test_each_bar_begins_where_the_one_before_ended_and_the_wholes_at_0() -> None:
    ((stages, whole), _) = waterfalls(runs())

    bars = [(b.get_x(), b.get_width()) for b in drawn(stages, whole).axes[0].patches]

    assert bars == [
        (pytest.approx(0), pytest.approx(3)), (pytest.approx(3), pytest.approx(5)),
        (pytest.approx(0), pytest.approx(9)),
    ]  # fmt: skip


def test_the_page_has_everything_in_itself() -> None:
    result = {"runs": runs(), "notes": ["left <b>3</b> ms"], "environment": ENVIRONMENT}

    text = page("Latency of srgb", result, "over the budget").html()

    assert "over the budget" in text
    assert "left &lt;b&gt;3&lt;/b&gt; ms" in text
    assert "versions.onnxruntime" in text
    assert text.count("data:image/svg+xml;base64,") == 2
    assert not re.search(r'(?:src|href)="(?!data:|#)', text)
