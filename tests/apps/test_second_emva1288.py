"""The public emva1288 package finds the camera's numbers in our sessions."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from apps.capture_session import Plan
from apps.second_emva1288 import CAMERAS, VARIES, Beside, beside, by_emva1288, camera
from isp.core.errors import MissingError

PYTHON = os.environ.get("FULLWELL_EMVA1288_PYTHON")
PLAN = Plan(levels=30, stack=48, size=(384, 384))


def test_a_python_without_the_package_says_so(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="cannot be run"):
        by_emva1288(tmp_path / "EMVA1288_Data.txt", str(tmp_path / "python"))
    with pytest.raises(MissingError, match="cannot run emva1288"):
        by_emva1288(tmp_path / "EMVA1288_Data.txt", sys.executable)


def test_a_value_is_held_against_closures_limit() -> None:
    row = Beside(quantity="system_gain_dn_per_e", truth=0.5, ours=0.502, theirs=0.503)

    assert row.limit == pytest.approx(0.0025)
    assert row.is_within(row.ours)
    assert not row.is_within(row.theirs)
    assert not row.is_within(None)


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON, reason="FULLWELL_EMVA1288_PYTHON names no Python with emva1288")
@pytest.mark.parametrize("varies", VARIES)
@pytest.mark.parametrize("name", CAMERAS)
def test_the_package_finds_the_cameras_numbers(name: str, varies: str, tmp_path: Path) -> None:
    assert PYTHON is not None
    rows, _ = beside(camera(name), PYTHON, tmp_path / "s", replace(PLAN, varies=varies))

    wanted = ("system_gain_dn_per_e", "read_noise_e", "quantum_efficiency")
    outside = [row for row in rows if row.quantity in wanted and not row.is_within(row.theirs)]
    assert outside == []
