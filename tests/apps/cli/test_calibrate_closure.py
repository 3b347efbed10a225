"""fullwell calibrate closure: one table, exit code 1 when something is outside."""

import json
from dataclasses import replace

import pytest

from apps import closure
from apps.closure import Comparison
from calibration.uncertainty import Figure
from tests.apps.conftest import Command


def compared(*, ok: bool) -> tuple[Comparison, ...]:
    """One quantity, measured 1 % high."""
    measured = Figure(value=0.2828, low=0.28, high=0.285)
    row = Comparison(
        quantity="system_gain_dn_per_e", truth=0.28, measured=measured, limit=0.0014, ok=ok
    )
    return (row, replace(row, quantity="tukey_lambda_shape", truth=None, limit=None, ok=True))


@pytest.mark.parametrize(("ok", "code"), [(True, 0), (False, 1)])
def test_the_exit_code_says_whether_all_is_within_its_limit(
    fullwell: Command, monkeypatch: pytest.MonkeyPatch, ok: bool, code: int
) -> None:
    monkeypatch.setattr(closure, "close_loop", lambda *_, **__: compared(ok=ok))

    answer = fullwell("calibrate", "closure", "--camera", "EMVA-CCD")

    assert answer.code == code
    assert ("OUTSIDE" in answer.out) is not ok
    assert ("system_gain_dn_per_e at ISO 100" in answer.err) is not ok
    assert "not in profile" in answer.out


def test_json_holds_every_isos_rows(fullwell: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closure, "close_loop", lambda *_, **__: compared(ok=True))

    answer = fullwell("calibrate", "closure", "--camera", "SonyA7S2", "--iso", "800", "--json")

    (rows,) = json.loads(answer.out).values()
    assert rows[0]["measured"] == {"value": 0.2828, "low": 0.28, "high": 0.285}


def test_an_unknown_camera_is_named(fullwell: Command) -> None:
    answer = fullwell("calibrate", "closure", "--camera", "NoSuch")

    assert answer.code == 3
    assert "NoSuch" in answer.err
