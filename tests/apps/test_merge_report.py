"""The page of merging is made by its command."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from apps import merge_report
from apps.merge_peers import PROGRAMS
from apps.merge_report import by_response, light_of, main, pictures_of, show, show_fused
from isp.core.response import Response
from isp.files.picture import write_picture
from tests.apps.samples import left_in, read_codes
from tests.apps.test_merge_peers import CURVE, bracket, scene


def test_without_the_data_it_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FULLWELL_DATA", raising=False)
    monkeypatch.setattr(merge_report, "measures", lambda side: "")

    assert main(["-o", str(tmp_path / "a.md")]) == 2
    assert "set FULLWELL_DATA" in capsys.readouterr().err


def test_a_folders_pictures_come_in_order_and_a_border_without_data_is_unmeasured(
    tmp_path: Path,
) -> None:
    for i, frame in reversed(list(enumerate(bracket()))):
        codes = frame.data.clone()
        codes[..., :10] = torch.tensor([0.0, 0.0, 1.0]).reshape(1, 3, 1, 1)
        write_picture(tmp_path / f"p{i}.png", frame.advance("border", {}, data=codes))
    (tmp_path / "bracket.json").write_text('{"frames": [{"file": "p1.png", "time_s": 2}]}')

    files, frames = pictures_of(tmp_path)

    assert [file.name for file in files] == ["p0.png", "p1.png", "p2.png"]
    assert frames[1].shot.record()["exposure_time_s"] == [2.0]
    assert not any(bool(frame.measured[..., :10].any()) for frame in frames)
    assert all(bool(frame.measured[..., 12:].any()) for frame in frames)


def test_light_by_a_response_is_the_scenes() -> None:
    merged = by_response(bracket(), CURVE, deghost=False)

    seen = merged.frame.measured[0, 0].numpy()
    ratio = light_of(merged)[seen] / scene()[0].permute(1, 2, 0).numpy()[seen]
    assert np.std(np.log2(ratio)) < 0.1


def test_the_pictures_shown_are_written_small(tmp_path: Path) -> None:
    show(tmp_path / "new", "room", bracket(), Response.power(2.2), force=False)
    show_fused(tmp_path / "new", "room", bracket(), force=False)

    assert left_in(tmp_path / "new") == ["room.jpg", "room_fused.jpg"]
    shown = read_codes(tmp_path / "new/room.jpg").astype(float)
    assert shown.shape == (96, 128, 3)
    assert shown.std() > 20


@pytest.mark.slow
@pytest.mark.skipif(any(shutil.which(p) is None for p in PROGRAMS), reason="needs pfstools")
def test_the_whole_page_is_made(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FULLWELL_DATA", str(shared_data))

    assert main(["-o", str(tmp_path / "merge.md"), "--side", "40"]) == 0
    page = (tmp_path / "merge.md").read_text()
    assert "| memorial, OpenCV MergeDebevec |" in page
    assert str(shared_data) not in page
