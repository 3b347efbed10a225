"""A fault says what it spoils."""

from calibration.fault import Fault, reason_of

SLIGHT = Fault(what="a", remedy="b")
SERIOUS = Fault(what="c", remedy="d", serious=True)
FATAL = Fault(what="e", remedy="f", fatal=True)


def test_what_is_fatal_or_serious_spoils() -> None:
    assert [fault.spoils for fault in (SLIGHT, SERIOUS, FATAL)] == [False, True, True]
    assert [fault.record()["serious"] for fault in (SLIGHT, SERIOUS, FATAL)] == [False, True, True]


def test_the_reason_is_made_of_what_spoils() -> None:
    assert reason_of([SLIGHT]) == ""
    assert reason_of([SLIGHT, SERIOUS, FATAL]) == "c: d; e: f"
