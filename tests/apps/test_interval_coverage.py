"""95 % intervals hold the truth in 93 to 97 of 100 capture sets."""

import json
import os
from pathlib import Path

import pytest

from apps.capture_session import Plan
from apps.closure import LIMITS, truth_of
from apps.interval_coverage import Covered, camera, coverage, measured, page, repeats, table

TINY = Plan(levels=8, stack=16, size=(32, 32))


def test_intervals_that_hold_the_truth_are_counted() -> None:
    truths = truth_of(camera(), 100.0)
    held = {name: (t, 0.9 * t, 1.1 * t) for name, t in truths.items() if t}
    above = {name: (t, 1.1 * t, 1.2 * t) for name, t in truths.items() if t}
    below = {name: (t, 0.8 * t, 0.9 * t) for name, t in truths.items() if t}

    found = coverage([held, held, above, below])

    assert set(found) == set(LIMITS)
    for each in found.values():
        assert (each.intervals, each.below, each.above) == (4, 1, 1)
        assert each.share == 0.5
    assert "50.00" in table(found)
    assert "| dsnu_e | 4 | 50.00 |" in page(found)


def test_2000_intervals_know_their_share_within_half_a_percent() -> None:
    assert Covered(intervals=2000, below=50, above=50, width=0.1).error == pytest.approx(
        0.00487, abs=1e-5
    )


def test_sets_in_the_log_are_not_taken_again(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    first = repeats(log, 1, plan=TINY)

    record = json.loads(log.read_text())
    record["ends"]["dsnu_e"] = [1, 2, 3]
    log.write_text(json.dumps(record) + "\n")
    both = repeats(log, 2, plan=TINY)

    assert both[0]["dsnu_e"] == (1, 2, 3)
    assert both[0]["row_noise_e"] == first[0]["row_noise_e"]
    assert len(log.read_text().splitlines()) == 2


def test_each_set_is_another_body_and_other_noise() -> None:
    one, same, other = (measured(camera(), TINY, number) for number in (1, 1, 2))

    assert one == same
    assert all(one[name] != other[name] for name in LIMITS)


@pytest.mark.slow
def test_intervals_cover_93_to_97_percent_of_2000_sets(tmp_path: Path) -> None:
    # Some 20 minutes; a log that FULLWELL_COVERAGE_LOG names is gone on with.
    log = Path(os.environ.get("FULLWELL_COVERAGE_LOG", tmp_path / "log.jsonl"))

    found = coverage(repeats(log, 2000))

    outside = {name: each.share for name, each in found.items() if not 0.93 <= each.share <= 0.97}
    assert outside == {}
    assert all(each.intervals > 1900 for each in found.values())
