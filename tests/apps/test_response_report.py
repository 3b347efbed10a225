"""The page of response calibration is made by its command."""

from pathlib import Path

import numpy as np
import pytest

from apps.response_report import disagreement, main, row_of, row_of_opencv
from apps.response_trials import Score, trial


def test_without_the_data_it_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FULLWELL_DATA", raising=False)

    assert main(["-o", str(tmp_path / "a.md")]) == 2
    assert "set FULLWELL_DATA" in capsys.readouterr().err


def test_a_row_has_percents() -> None:
    one = Score(rmse=0.01, covered=0.95, width=0.02)

    assert row_of("x", [one], 1, 0, 0.5) == "| x | 1 | 0 | 1.000 | 1.00 | 95.0 | 2.00 | 0.50 |"


def test_opencv_has_a_row_of_the_same_cameras() -> None:
    assert row_of_opencv("debevec", [trial(1, 0)]).startswith("| OpenCV, debevec | 1 | 0 |")


def test_the_true_curve_disagrees_by_its_rounding_alone_and_another_more() -> None:
    light = np.linspace(0.01, 1, 3000).reshape(30, 100, 1).repeat(3, axis=2)
    pictures = [np.rint(255 * np.minimum(t * light, 1)).astype(np.uint8) for t in (0.5, 1.0)]
    codes = np.arange(256)[:, None].repeat(3, axis=1) / 255

    true = disagreement(np.maximum(codes, 1e-9), pictures, [0.5, 1.0])
    assert true < 0.02
    assert disagreement(np.maximum(codes, 1e-9) ** 2, pictures, [0.5, 1.0]) > 0.9
