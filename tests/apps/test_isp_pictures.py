"""Every stage has a picture on the page of the ISP."""

import inspect
from pathlib import Path

import pytest
from PIL import Image

from apps import isp_pictures
from apps.isp_pictures import PICTURES, main
from apps.recipes import DEMOSAICS, STAGES, TONES

ROOT = Path(__file__).parents[2]
SHARED = {
    "rebuild_highlights": "highlights",
    **dict.fromkeys(DEMOSAICS, "demosaic"),
    **dict.fromkeys(TONES, "tone"),
}


def test_every_stage_has_its_picture() -> None:
    classical = [stage for stage in STAGES if stage != "exposure_diffusion"]  # of its own account
    assert {SHARED.get(stage, stage) for stage in classical} | {"bits"} == set(PICTURES)


def test_every_picture_is_in_the_repository_and_on_the_page() -> None:
    page = (ROOT / "docs/isp.md").read_text()

    for name in PICTURES:
        assert (ROOT / f"docs/images/isp/{name}.jpg").exists(), name
        assert f"images/isp/{name}.jpg" in page, name


def test_every_stage_is_on_the_page() -> None:
    page = (ROOT / "docs/isp.md").read_text()

    assert [stage for stage in STAGES if f"`{stage}`" not in page] == []


def test_every_picture_says_what_it_shows() -> None:
    for draw in PICTURES.values():
        assert inspect.getdoc(draw), draw.__name__


def test_pictures_are_written_and_never_replaced_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(isp_pictures, "PICTURES", {"exposure": PICTURES["exposure"]})

    assert main(["-o", str(tmp_path / "out")]) == 0
    assert main(["-o", str(tmp_path / "out")]) == 3
    assert "exposure.jpg" in capsys.readouterr().err
    with Image.open(tmp_path / "out" / "exposure.jpg") as picture:
        assert picture.width > 300


def test_an_unknown_picture_is_answered_with_the_known_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["vignette", "-o", str(tmp_path)])
    assert "no picture is named vignette; known: linearize, black_level" in capsys.readouterr().err
