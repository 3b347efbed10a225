"""The page of closure says of each case how far off it is, and takes a log up where it ended."""

from pathlib import Path

import pytest

import apps.closure_page
from apps.closure import LIMITS, Comparison
from apps.closure_page import CAMERAS, Case, case_camera, cases, main, page, results
from calibration.uncertainty import Figure, not_measured
from isp.core.errors import FileError, UsageError

CASE = Case("EMVA-CCD", 1.0, 0.5)


def rows(**measured: Figure | float) -> tuple[Comparison, ...]:
    """Truths of 2, measured as 2 but for those that are given; limits of 1 %."""
    found = []
    for name in LIMITS:
        figure = measured.get(name, 2.0)
        figure = figure if isinstance(figure, Figure) else Figure(value=figure, low=1.9, high=2.1)
        ok = figure.value is not None and abs(figure.value - 2) <= 0.02
        found.append(Comparison(quantity=name, truth=2.0, measured=figure, limit=0.02, ok=ok))
    return tuple(found)


def line_of(text: str, case: Case) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {case.camera}")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_five_cameras_at_three_gains_and_three_noises() -> None:
    assert len(set(cases())) == 45
    assert {case.camera for case in cases()} == set(CAMERAS)
    assert len(cases(["SonyA7S2"])) == 9


def test_a_camera_is_changed_by_its_factors() -> None:
    own, changed = case_camera("SonyA7S2"), case_camera("SonyA7S2", 4.0, 2.0)

    (one,), (other,) = own.readings, changed.readings
    assert other.system_gain_dn_per_e == 4 * one.system_gain_dn_per_e
    assert other.read_noise_e == 2 * one.read_noise_e
    assert other.row_noise_e == 2 * one.row_noise_e > 0
    assert min(own.prnu_percent, own.dsnu_e) > 0


def test_a_cell_is_the_departure_and_says_what_is_outside() -> None:
    found = rows(
        system_gain_dn_per_e=2.01,
        read_noise_e=not_measured("quantisation-limited: 0.3 DN"),
        prnu_percent=2.1,
        dsnu_e=not_measured("no stack"),
        tukey_lambda_shape=1.99,
    )

    text = page({CASE: found})

    assert line_of(text, CASE) == [
        "EMVA-CCD", "1", "0.5", "+0.50", "hidden", "+0.00", "+0.00", "+5.00!", "none!", "+0.00",
        "-0.0100",
    ]  # fmt: skip
    assert "1 cases, 8 numbers, 3 outside." in text


def test_what_the_camera_has_none_of_is_no_number() -> None:
    none = Comparison(
        quantity="tukey_lambda_shape", truth=None, measured=not_measured("Gaussian"), limit=None,
        ok=True,
    )  # fmt: skip

    assert line_of(page({CASE: (*rows()[:-1], none)}), CASE)[-1] == "-"


def test_a_log_is_taken_up_and_measured_again_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, taken = tmp_path / "log.jsonl", []
    monkeypatch.setattr(
        apps.closure_page, "measure", lambda case, plan: taken.append(case) or rows()
    )
    other = Case("SonyA7S2", 1.0, 1.0)

    first = results(log, [CASE])
    both = results(log, [CASE, other])

    assert taken == [CASE, other]
    assert page(both).splitlines()[-2] == page(first).splitlines()[-1]
    results(log, [CASE], rerun=True)
    assert taken == [CASE, other, CASE]
    results(log, [CASE, other])
    assert len(taken) == 3
    assert len(log.read_text().splitlines()) == 2


def test_another_file_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text('{"camera": "EMVA-CCD"}\n')

    with pytest.raises(FileError, match="line 1 holds no case"):
        results(tmp_path / "log.jsonl", [CASE])


def test_the_command_has_1_where_a_number_is_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def asked(prnu: float) -> int:
        monkeypatch.setattr(apps.closure_page, "measure", lambda *_: rows(prnu_percent=prnu))
        return main(["--log", str(tmp_path / f"{prnu}.jsonl"), "--camera", "EMVA-CCD"])

    assert asked(2.0) == 0
    assert asked(2.1) == 1
    assert "9 cases, 72 numbers, 9 outside." in capsys.readouterr().out


def test_a_camera_that_the_table_has_not_is_refused() -> None:
    with pytest.raises(UsageError, match="GenericPhone"):
        cases(["GenericPhone"])
