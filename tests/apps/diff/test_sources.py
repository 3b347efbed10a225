"""A side of a comparison is what its name says: preset, recipe, dump, or map."""

from pathlib import Path

import numpy as np
import pytest
import torch

from apps.diff.alignment import Stop
from apps.diff.sources import Folder, Foreign, Run, needs_raw, open_source, start_of
from apps.dump import Dump
from apps.presets import preset, presets
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FileError, UsageError
from isp.core.frame import Frame
from isp.core.pipeline import Tap
from isp.files.raw import read_raw


@pytest.fixture
def dumped(tmp_path: Path, grey_dng: Path) -> tuple[Path, list[Frame]]:
    """A dump folder and the frames in it."""
    raw = read_raw(grey_dng)
    taps = [Tap("read", raw, 0.0), *presets("srgb", Cfa.RGGB).tap(raw)]
    with Dump(tmp_path / "frames") as dump:
        for tap in taps:
            dump.add(tap)
        dump.add_recipe({"format_version": 1, "steps": []})
    return tmp_path / "frames", [tap.frame for tap in taps]


def test_a_dump_gives_its_frames_with_names_and_domains(dumped: tuple[Path, list[Frame]]) -> None:
    folder, frames = dumped

    source = open_source(str(folder), None)

    assert isinstance(source, Folder)
    assert source.stops[:2] == (Stop("read", Domain.RAW), Stop("black_level", Domain.MOSAIC))
    assert [s.domain for s in source.stops] == [f.domain for f in frames]
    for read, made in zip(source.frames(), frames, strict=True):
        assert torch.equal(read.data, made.data)
    assert not needs_raw(str(folder))


def test_presets_and_recipes_run_on_the_frame_they_are_given(
    tmp_path: Path, dumped: tuple[Path, list[Frame]]
) -> None:
    _, frames = dumped
    (tmp_path / "r.json").write_text(preset("srgb", Cfa.RGGB).as_json())

    for text in ("srgb", str(tmp_path / "r.json")):
        source = open_source(text, frames[0])
        assert isinstance(source, Run)
        assert needs_raw(text)
        assert len(source.stops) == len(frames)
        for run, made in zip(source.frames(), frames, strict=True):
            assert torch.equal(run.data, made.data)
        with pytest.raises(UsageError, match="name a raw file too"):
            open_source(text, None)


def test_a_map_gives_another_programs_frames(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((2, 2)))
    (tmp_path / "map.toml").write_text(
        'format_version = 1\n[[frames]]\nname = "black_level"\nfile = "x.npy"\ndomain = "MOSAIC"\n'
    )

    source = open_source(str(tmp_path / "map.toml"), None)

    assert isinstance(source, Foreign)
    assert source.stops == (Stop("black_level", Domain.MOSAIC),)
    assert [f.data.sum() for f in source.frames()] == [4.0]
    assert not needs_raw(str(tmp_path / "map.toml"))


def test_the_start_of_a_dump_is_its_first_frame_if_it_was_read_from_a_file(
    tmp_path: Path, dumped: tuple[Path, list[Frame]]
) -> None:
    folder, frames = dumped
    start = start_of(str(folder))

    assert start is not None
    assert torch.equal(start.data, frames[0].data)
    assert start_of("srgb") is None
    with Dump(tmp_path / "later") as dump:
        dump.add(Tap("tone", frames[-2], 0.0))
        dump.add_recipe({})
    assert start_of(str(tmp_path / "later")) is None


def test_what_is_nothing_of_these_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is no preset \(srgb, .*recipe, dump folder or name map"):
        open_source("vivid", None)
    with pytest.raises(FileError, match="a map of their names"):
        open_source(str(tmp_path), None)
    np.save(tmp_path / "00_x.npy", np.ones(3))
    with pytest.raises(FileError, match=r"00_x\.json"):
        open_source(str(tmp_path), None)
