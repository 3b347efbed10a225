"""Every effect has a picture, and the pictures show the effects and nothing else."""

import inspect
from pathlib import Path

import pytest
import torch
from PIL import Image

from apps import effect_pictures
from apps.effect_pictures import EFFECTS, GAIN, dn_of, main
from apps.optics_pictures import OPTICS

ROOT = Path(__file__).parents[2]


def test_every_effect_file_has_its_picture() -> None:
    files = {p.stem for p in (ROOT / "simulate/effects").glob("*.py")} - {"__init__"}

    assert set(EFFECTS) == files


def test_every_picture_is_in_the_repository_and_on_the_page() -> None:
    page = (ROOT / "docs/sensor-model.md").read_text()

    for name in EFFECTS | OPTICS:
        assert (ROOT / f"docs/images/sensor/{name}.png").exists(), name
        assert f"images/sensor/{name}.png" in page, name


def test_every_picture_says_what_it_shows() -> None:
    for draw in (EFFECTS | OPTICS).values():
        assert inspect.getdoc(draw), draw.__name__


def test_without_an_effect_the_map_is_flat() -> None:
    assert torch.equal(dn_of(0.0), torch.zeros(128, 128))
    bright = dn_of(500.0)
    # Shot noise of 800 times the electrons at 1/800 of the gain: 3.2 DN of 2000, and the rounding.
    assert float(bright.std()) == pytest.approx(GAIN * (500 / 800) ** 0.5, rel=0.05)
    assert float(bright.mean()) == pytest.approx(GAIN * 500, abs=0.1)


def test_an_effect_keeps_its_size_on_the_quiet_sensor() -> None:
    assert float(dn_of(0.0, dsnu_e=3.0).std()) == pytest.approx(GAIN * 3, rel=0.03)
    assert float(dn_of(0.0, reading={"read_noise_e": 2.0}).std()) == pytest.approx(
        GAIN * 2, rel=0.03
    )
    assert float(dn_of(2000.0, full_well_e=1000.0).max()) == GAIN * 1000


def test_pictures_are_written_and_never_replaced_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(effect_pictures, "EFFECTS", {"dsnu": EFFECTS["dsnu"]})
    monkeypatch.setattr("apps.optics_pictures.OPTICS", {"patterns": OPTICS["patterns"]})

    assert main(["-o", str(tmp_path / "out")]) == 0
    assert main(["-o", str(tmp_path / "out")]) == 3
    assert "dsnu.png" in capsys.readouterr().err
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["dsnu.png", "patterns.png"]
    with Image.open(tmp_path / "out" / "dsnu.png") as picture:
        assert picture.width > 300
