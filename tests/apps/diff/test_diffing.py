"""The first stage that departs is the one that was changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from apps.diff.alignment import Stop
from apps.diff.comparison import Difference
from apps.diff.diffing import diff, diff_files
from apps.dump import Dump
from apps.presets import preset, presets
from apps.recipes import Recipe
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FileError, UsageError
from isp.core.frame import Frame
from isp.core.pipeline import Tap
from isp.files.raw import read_raw


@dataclass(frozen=True)
class Listed:
    """Frames of one value each."""

    label: str
    values: dict[str, float]

    @property
    def stops(self) -> tuple[Stop, ...]:
        return tuple(Stop(name, Domain.MOSAIC) for name in self.values)

    def frames(self) -> Iterator[Frame]:
        for value in self.values.values():
            yield Frame.start(torch.full((1, 1, 2, 2), value), Domain.MOSAIC)


def write(recipe: Recipe, path: Path) -> str:
    path.write_text(recipe.as_json())
    return str(path)


def test_the_first_stop_beyond_the_tolerance_is_named() -> None:
    one = Listed("one", {"a": 0.5, "b": 0.5, "c": 0.5})
    two = Listed("two", {"a": 0.5, "b": 0.51, "c": 0.6})

    strict, loose, looser = (diff(one, two, tolerance=t) for t in (0.005, 0.05, 0.5))

    assert strict.departure is not None
    assert (strict.departure.label, strict.record()["departs_at"]) == ("b", "b")
    assert loose.departure is not None
    assert loose.departure.label == "c"
    assert (looser.departure, looser.record()["departs_at"]) == (None, None)


def test_stops_of_one_side_alone_are_listed_and_do_not_depart() -> None:
    found = diff(Listed("one", {"a": 1.0, "b": 1.0}), Listed("two", {"a": 1.0, "x": 1.0, "b": 1.0}))

    assert [(s.first, s.second, s.departs) for s in found.stops] == [
        ("a", "a", False), (None, "x", False), ("b", "b", False)
    ]  # fmt: skip


def test_sources_with_nothing_in_common_are_refused() -> None:
    @dataclass(frozen=True)
    class Pictures(Listed):
        @property
        def stops(self) -> tuple[Stop, ...]:
            return (Stop("z", Domain.SDR),)

    with pytest.raises(UsageError, match="no stage or domain in common"):
        diff(Listed("one", {"a": 1.0}), Pictures("two", {}))


def test_every_stop_is_watched_with_its_frames_in_the_window() -> None:
    seen: list[tuple[str, tuple[int, int]]] = []

    def watch(difference: Difference, first: Frame | None, second: Frame | None) -> None:
        assert first is not None
        assert second is not None
        seen.append((difference.label, first.size))

    one = Listed("one", {"a": 0.5, "b": 0.5})
    diff(one, one, roi=(0, 1, 2, 1), watch=watch)

    assert seen == [("a", (1, 2)), ("b", (1, 2))]


def test_a_changed_stage_is_found_and_all_before_it_are_equal(
    tmp_path: Path, steps_dng: Path
) -> None:
    changed = preset("srgb", Cfa.RGGB).choose("demosaic", "bilinear")

    (found,) = diff_files("srgb", write(changed, tmp_path / "r.json"), [steps_dng])

    assert found.departure is not None
    assert found.departure.label == "demosaic"
    before = [s.everywhere for s in found.stops[:5]]
    assert all(n is not None and n.max_abs == 0 for n in before)
    assert found.departure.everywhere is not None
    assert found.departure.everywhere.delta_e_mean is not None


def test_the_numbers_of_a_change_are_those_of_the_change(tmp_path: Path, steps_dng: Path) -> None:
    brighter = preset("hdr_linear", Cfa.RGGB).set("exposure", ev=1.0)

    (found,) = diff_files("hdr_linear", write(brighter, tmp_path / "r.json"), [steps_dng])

    (stop,) = [s for s in found.stops if s.label == "exposure"]
    light = presets("hdr_linear", Cfa.RGGB).develop(read_raw(steps_dng)).data
    assert stop.everywhere is not None
    assert stop.everywhere.max_abs == pytest.approx(float(light.abs().max()))
    assert stop.everywhere.relative == pytest.approx(1.0)


def test_a_dump_against_a_recipe_develops_the_dumps_own_start(
    tmp_path: Path, steps_dng: Path
) -> None:
    raw = read_raw(steps_dng)
    with Dump(tmp_path / "frames") as dump:
        dump.add(Tap("read", raw, 0.0))
        for tap in presets("srgb", Cfa.RGGB).tap(raw):
            dump.add(tap)
        dump.add_recipe({})

    same = diff_files(str(tmp_path / "frames"), "srgb")
    named = diff_files("srgb", str(tmp_path / "frames"), [steps_dng])
    dumps = diff_files(str(tmp_path / "frames"), str(tmp_path / "frames"))

    for (found,) in (same, named, dumps):
        assert found.departure is None
        assert len(found.stops) == 10
    assert named[0].raw == str(steps_dng)
    with pytest.raises(UsageError, match="compared without raw files"):
        diff_files(str(tmp_path / "frames"), str(tmp_path / "frames"), [steps_dng])
    with pytest.raises(UsageError, match="a dump is of one raw file"):
        diff_files(str(tmp_path / "frames"), "srgb", [steps_dng, steps_dng])


def test_several_raw_files_are_compared_one_by_one(
    tmp_path: Path, steps_dng: Path, grey_dng: Path
) -> None:
    changed = write(preset("srgb", Cfa.RGGB).set("encode", space="p3"), tmp_path / "r.json")

    found = diff_files("srgb", changed, [steps_dng, grey_dng], tolerance=1e-3)

    assert [c.raw for c in found] == [str(steps_dng), str(grey_dng)]
    # A neutral grey has the same codes in both spaces.
    assert found[1].departure is None


def test_every_raw_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    raws = [tmp_path / "a.dng", tmp_path / "b.dng"]
    for raw in raws:
        raw.write_bytes(b"no raw file")

    found = diff_files("srgb", "srgb", raws)

    assert [c.raw for c in found] == [str(raw) for raw in raws]
    for comparison, raw in zip(found, raws, strict=True):
        assert comparison.error is not None
        assert str(raw) in comparison.error
    with pytest.raises(FileError, match=r"a\.dng"):
        diff_files("srgb", "srgb", raws[:1])


def test_a_mistake_that_is_the_same_for_all_raw_files_is_said_once(
    steps_dng: Path, grey_dng: Path
) -> None:
    with pytest.raises(UsageError, match="vivid is no preset"):
        diff_files("srgb", "vivid", [steps_dng, grey_dng])


def test_recipes_without_a_raw_file_are_refused() -> None:
    with pytest.raises(UsageError, match="name a raw file too"):
        diff_files("srgb", "hdr_linear")
