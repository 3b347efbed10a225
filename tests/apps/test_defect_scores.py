"""Defects are scored against where they were put, real raws and simulated ones alike."""

from pathlib import Path

import pytest
import torch

from apps.defect_scores import broken_camera, listed_score, main, score, simulated_scores
from isp.core.cfa import Cfa
from simulate.sensor import Sensor


def test_found_missed_and_false_ones_are_counted_apart() -> None:
    """Sigma 0.01: at (6, 6) 50 sigma, at (16, 16) 2 sigma, and one that nobody lists."""
    sound = torch.full((1, 1, 32, 32), 0.5)
    mosaic, defects = sound.clone(), torch.zeros_like(sound, dtype=torch.bool)
    mosaic[..., 6, 6], mosaic[..., 16, 16], mosaic[..., 25, 25] = 1.0, 0.52, 1.0
    defects[..., 6, 6] = defects[..., 16, 16] = True

    found = score(
        "x", mosaic, sound, defects, torch.tensor([[1e-4, 1e-9, 0.0]]), torch.ones_like(sound),
        Cfa.RGGB,
    )  # fmt: skip

    assert found.found_of == ((0, 1), (0, 0), (0, 0), (0, 0), (1, 1), (0, 0))
    assert found.false_positives == 1


def test_the_listed_defects_of_a_real_raw_are_all_counted(shared_data: Path) -> None:
    found = listed_score(shared_data / "raw")

    assert sum(every for _, every in found.found_of) == 400
    assert found.recall(0) >= 0.99
    assert found.false_share <= 1.1e-5


def test_a_simulated_sensor_has_hot_and_dead_photosites_of_many_strengths() -> None:
    """0.1 % each of 393216 photosites: 786 +- 28, five of these."""
    (found,) = simulated_scores(Sensor(broken_camera()), "flat", [(1600.0, 1 / 500)], blurs=False)

    assert sum(every for _, every in found.found_of) == pytest.approx(786, abs=140)
    assert found.recall(15) >= 0.99
    assert found.false_share <= 1e-5


def test_without_the_real_data_it_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FULLWELL_DATA", raising=False)

    assert main([]) == 2
    assert "set FULLWELL_DATA" in capsys.readouterr().err
