"""A plan in words: what fits as rows, what does not as a sentence."""

import math
from dataclasses import replace

from apps.bench.planning.plan_table import HEADS, cells, miss, table
from apps.bench.planning.planner import Combination, Limits
from apps.bench.planning.prediction import Prediction
from tests.apps.bench.planning.test_planner import EAGER, SMALL, A, Part

PREDICTED = Prediction(
    p50_ms=12.344, p99_ms=None, memory_bytes=123.4e6, beyond=1.0, proportional=0, psnr_db=math.inf
)
FOUND = Combination(
    alternative=SMALL, cover=(Part((A,), EAGER),), tile=None, predicted=PREDICTED, over=0.5
)


def test_a_row_says_what_is_not_known_by_a_dash() -> None:
    assert cells(FOUND) == (
        "small", "torch-eager fp32", "whole frames", "12.34", "-", "123.4", "equal", "inside",
    )  # fmt: skip
    assert len(HEADS) == len(cells(FOUND)) == len(table([FOUND]).columns)


def test_a_row_says_its_tiles_and_how_far_it_is_a_guess() -> None:
    far = replace(FOUND, tile=512, predicted=replace(PREDICTED, beyond=3.04, psnr_db=61.5))

    assert cells(far)[2] == "tiles of 512"
    assert cells(far)[-2:] == ("61.5", "3.0x")


def test_the_nearest_miss_is_told_with_what_was_asked() -> None:
    said = miss(FOUND, Limits(budget_ms=10, memory_bytes=1e8))

    assert said == (
        "nothing fits 10 ms and 100 MB; the nearest is small, torch-eager fp32, whole frames: "
        "p50 12.34 ms, p99 - ms, 123.4 MB"
    )
    assert miss(FOUND, Limits(budget_ms=10)).startswith("nothing fits 10 ms; the nearest")
