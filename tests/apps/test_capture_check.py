"""A folder is judged while one is still shooting."""

from pathlib import Path

import pytest

from apps.capture_check import CaptureCheck, check_captures, sentences
from calibration.capture_verdict import Verdict
from calibration.fault import Fault
from tests.calibration.written_captures import FLAGS, write_captures


@pytest.mark.slow
def test_each_iso_is_judged_by_itself(tmp_path: Path) -> None:
    write_captures(tmp_path, levels=11, stack=16)
    write_captures(tmp_path, levels=3, brightest_ms=5.0, stack=0, iso=400)

    found = check_captures(tmp_path, flags=FLAGS)

    assert [verdict.is_enough for verdict in found.verdicts] == [True, False]
    assert not found.is_enough
    said = sentences(found)
    assert "ISO 100: enough" in said
    assert "ISO 400: NOT YET ENOUGH" in said


def test_what_is_missing_is_marked_and_recorded(tmp_path: Path) -> None:
    write_captures(tmp_path, levels=3, brightest_ms=5.0, stack=0)

    found = check_captures(tmp_path, flags=FLAGS)

    said = sentences(found)
    assert any(line.startswith("  MISSING  no exposure of the flats") for line in said)
    assert any(line.startswith("  optional ") for line in said)
    assert any(line.startswith("  there    flats: 3 exposures") for line in said)
    assert found.record()["isos"][0]["missing"]


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "ISO 100: enough"),
        (1, "ISO 100: enough, with 1 fault"),
        (2, "ISO 100: enough, with 2 faults"),
    ],
)
def test_faults_that_are_advice_are_counted_beside_the_word(count: int, said: str) -> None:
    faults = tuple(Fault(what=f"fault {index}", remedy="look") for index in range(count))
    verdict = Verdict(iso=100.0, there=(), missing=(), faults=faults)

    check = CaptureCheck(camera="C", verdicts=(verdict,))

    assert check.is_enough
    assert sentences(check)[1] == said
