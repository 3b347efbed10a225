"""Exposures from the list beside a bracket's files."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from isp.core.domain import Domain
from isp.core.errors import FileError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.bracket_list import with_noted_exposures


def listed(folder: Path, *rows: dict[str, Any]) -> None:
    (folder / "bracket.json").write_text(json.dumps({"name": "room", "frames": list(rows)}))


def picture(**shot: float) -> Frame:
    return Frame.start(torch.zeros(1, 3, 2, 2), Domain.SDR, shot=Shot.single(**shot))


def test_what_a_file_does_not_say_comes_from_the_list(tmp_path: Path) -> None:
    listed(
        tmp_path,
        {"file": "a.png", "time_s": 0.25, "f_number": 8, "iso": 100},
        {"file": "b.png", "time_s": 4, "f_number": None, "iso": None},
    )

    paths = [tmp_path / "b.png", tmp_path / "a.png"]
    long, short = with_noted_exposures(paths, [picture(), picture(iso=200.0)])

    assert long.shot.exposure_time_s is not None
    assert long.shot.exposure_time_s.tolist() == [4.0]
    assert long.shot.f_number is None
    assert short.shot.record()["exposure_time_s"] == [0.25]
    assert short.shot.record()["iso"] == [200.0]
    assert short.history[-1] == (
        "bracket_list", {"exposure_time_s": [0.25], "f_number": [8.0]}
    )  # fmt: skip


def test_without_a_list_or_an_entry_a_frame_stays_as_it_was(tmp_path: Path) -> None:
    frame = picture()
    assert with_noted_exposures([tmp_path / "a.png"], [frame])[0] is frame

    listed(tmp_path, {"file": "other.png", "time_s": 1})
    assert with_noted_exposures([tmp_path / "a.png"], [frame])[0] is frame


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"frames": 3}', '{"frames": [1]}', '{"frames": [{"time_s": 1}]}', "[" * 5000],
)
def test_a_list_that_is_none_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "bracket.json").write_text(text)

    with pytest.raises(FileError, match=r"bracket\.json: it lists no frames"):
        with_noted_exposures([tmp_path / "a.png"], [picture()])


@pytest.mark.parametrize("value", [0, -1, "1/60", float("inf"), [1]])
def test_a_time_that_is_none_is_refused(tmp_path: Path, value: object) -> None:
    listed(tmp_path, {"file": "a.png", "time_s": value})

    with pytest.raises(FileError, match=r"time_s of a\.png is a positive number, got"):
        with_noted_exposures([tmp_path / "a.png"], [picture()])


def test_a_list_of_any_length_is_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / "bracket.json").write_text(" " * (2**20 + 1))

    with pytest.raises(FileError, match="larger than"):
        with_noted_exposures([tmp_path / "a.png"], [picture()])
