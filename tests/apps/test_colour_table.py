"""The page is made of figures, losers included, and says when it cannot be made."""

import re
from pathlib import Path

import pytest

from apps.colour_table import _losers, main, report
from calibration.colour_fit import METHODS


def told(own: float, left: float) -> dict[str, dict[str, dict[str, float]]]:
    return {
        "delta_e_2000": {"mean": {"value": own}},
        "left_out_delta_e_2000": {"mean": {"value": left}},
    }


def test_the_loser_is_named_by_its_own_figures() -> None:
    said = _losers({
        "least-squares-white": told(3.0, 3.2), "delta-e": told(2.9, 3.5),
        "root-polynomial-3": told(1.9, 4.4),
    })  # fmt: skip

    assert "least-squares-white is nearest (3.20)" in said
    assert "root-polynomial-3 furthest (4.40), though its own fit gives 1.90" in said
    assert "delta-e is +0.30" in said


def test_without_the_data_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FULLWELL_DATA", raising=False)

    assert main([]) == 2
    assert "set FULLWELL_DATA" in capsys.readouterr().err


@pytest.mark.slow  # every fit of every camera
def test_the_page_has_every_fit_and_every_patch(shared_data: Path) -> None:
    page = report(shared_data / "colorchecker")

    assert all(page.count(f"| {name} |") > 10 for name in METHODS)
    assert "| black 2 |" in page
    assert not re.search(r"\bnan\b", page)
