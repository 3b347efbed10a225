"""Developing is a recipe, the user's choices on it, and the frames on the way."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from apps.chosen_recipe import Choices
from apps.developing import develop, pipeline_for, used_by
from apps.picture_facts import automatic
from apps.presets import preset, presets
from apps.recipes import Recipe, Step
from apps.resolved_recipe import resolved_record
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import DomainError, FileError, FrameError, UsageError
from isp.core.frame import Frame
from isp.core.pipeline import Tap
from isp.files.dng_opcodes import opcode_bytes
from isp.files.raw import read_raw
from tests.isp.files.opcode_samples import area, gain_map, opcode, warp
from tests.isp.files.rich_dng import rich_dng


def test_a_file_and_its_frame_develop_alike(steps_dng: Path) -> None:
    by_path = develop(steps_dng, tone="filmic")
    by_frame = develop(read_raw(steps_dng), tone="filmic")

    assert by_path.domain is Domain.SDR
    assert torch.equal(by_path.data, by_frame.data)


def test_developing_is_the_pipelines_own_work(steps_dng: Path) -> None:
    frame = read_raw(steps_dng)

    assert torch.equal(develop(frame).data, presets("srgb", Cfa.RGGB).develop(frame).data)


def test_every_frame_on_the_way_can_be_watched(grey_dng: Path) -> None:
    taps: list[Tap] = []

    picture = develop(grey_dng, watch=taps.append, slots=["after:exposure=filmic"])

    names = presets("srgb", Cfa.RGGB).names
    assert [t.name for t in taps] == [*names[:7], "filmic_tone", *names[7:]]
    assert taps[-1].frame is picture
    assert [t.frame.domain for t in taps] == sorted(t.frame.domain for t in taps)


def test_a_frame_that_is_demosaiced_already_skips_the_mosaic(grey_dng: Path) -> None:
    raw = read_raw(grey_dng)
    camera = pipeline_for(raw, Choices()).starting_at(Domain.RAW)
    half_way = next(t.frame for t in camera.tap(raw) if t.frame.domain is Domain.CAMERA)

    pipeline = pipeline_for(half_way, Choices())

    assert pipeline.names == ("colour_matrix", "exposure", "tone", "encode")
    assert torch.equal(pipeline.develop(half_way).data, develop(raw).data)


def test_a_finished_picture_cannot_be_developed_again(grey_dng: Path) -> None:
    with pytest.raises(DomainError, match=r"no stage of .* takes SDR"):
        develop(develop(grey_dng))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no such file"):
        develop(tmp_path / "none.dng")


def test_grey_world_finds_the_balance_of_a_neutral_scene(grey_dng: Path) -> None:
    frame = read_raw(grey_dng)
    assert frame.shot.white_balance is not None

    found = develop(frame, wb="grey_world").shot.white_balance

    # Each channel's mean is its DN, which is rounded: half a DN in (DN - black).
    assert found is not None
    planes = [float((frame.data[0, 0, y::2, x::2] - 400).mean()) for y, x in ((0, 0), (1, 1))]
    tolerance = 0.5 / min(planes) + 0.5 / float((frame.data[0, 0, 0::2, 1::2] - 400).mean())
    np.testing.assert_allclose(found, frame.shot.white_balance, rtol=tolerance)


def test_a_frame_without_a_camera_says_what_to_pass() -> None:
    with pytest.raises(FrameError, match="pass --camera or a profile"):
        develop(Frame.start(torch.zeros(1, 1, 4, 4), Domain.RAW))


def lists_of(path: Path) -> Path:
    """A DNG that demands a gain of a half on the mosaic, and offers a lens for the colours."""
    half = opcode_bytes([opcode(9, gain_map(area(), np.full((1, 1, 1), 0.5)))])
    lens = opcode_bytes([opcode(1, warp([(0.98, 0.01, 0, 0, 0, 0)]), is_optional=True)])
    rich_dng(path, {51009: (7, len(half), half), 51022: (7, len(lens), lens)})
    return path


def test_a_files_opcodes_run_where_they_belong_and_are_noted(tmp_path: Path) -> None:
    plain = tmp_path / "plain.dng"
    rich_dng(plain)

    asked = develop(lists_of(tmp_path / "a.dng"), preset="hdr_linear")

    names = [name for name, _ in asked.history]
    assert names.index("opcodes_mosaic") == names.index("black_level") + 1
    assert names.index("opcodes_camera") == names.index("gbtf_root_demosaic") + 1
    notes = dict(asked.history)
    assert [n["name"] for n in notes["opcodes_camera"]["executed"]] == ["WarpRectilinear"]
    middle = (..., slice(19, 22), slice(28, 32))
    without = develop(plain, preset="hdr_linear")
    halved = float(without.data[middle].mean()) / 2  # the lens moves the middle by under a pixel
    assert float(asked.data[middle].mean()) == pytest.approx(halved, rel=0.15)
    assert "opcodes_mosaic" not in [name for name, _ in without.history]


def test_a_recipe_with_its_own_place_for_the_opcodes_keeps_it(tmp_path: Path) -> None:
    frame = read_raw(lists_of(tmp_path / "a.dng"))
    recipe = preset("srgb", Cfa.RGGB)
    steps = [Step(name="later", stage="opcodes_mosaic") if s.name == "defects" else s
             for s in recipe.steps]  # fmt: skip
    (tmp_path / "mine.json").write_text(Recipe(steps=tuple(steps)).as_json())

    pipeline = pipeline_for(frame, Choices(recipe=tmp_path / "mine.json"))

    assert pipeline.names[:2] == ("black_level", "later")
    assert "opcodes_mosaic" not in pipeline.names
    assert "opcodes_camera" in pipeline.names


def test_opcodes_that_no_stage_of_a_recipe_could_come_before_are_a_mistake(tmp_path: Path) -> None:
    frame = read_raw(lists_of(tmp_path / "a.dng"))
    steps = (Step(name="black_level", stage="black_level"),)
    (tmp_path / "mine.json").write_text(Recipe(steps=steps).as_json())

    with pytest.raises(UsageError, match="OpcodeList2 is for MOSAIC, which no stage of"):
        pipeline_for(frame, Choices(recipe=tmp_path / "mine.json"))


def test_what_each_step_used_is_told_by_its_own_name(steps_dng: Path) -> None:
    from isp.files.raw import read_raw

    frame = read_raw(steps_dng)
    choices = Choices(exposure=1.0)

    used = used_by(frame, choices, develop(frame, exposure=1.0))
    fast = used_by(frame, choices, develop(frame, exposure=1.0, fast=True))

    assert list(used) == list(pipeline_for(frame, choices).names)
    assert used["exposure"]["ev"] == [1.0]
    assert used["white_balance"]["gains"] == frame.shot.need("white_balance").tolist()
    assert fast == used


@pytest.mark.parametrize(
    "asked",
    [
        {"wb": (2.0, 1.0, 2.0)},
        {"settings": (("white_balance", "gains", "grey_world"),)},
        {"demosaic": "bilinear"},
    ],
    ids=str,
)
def test_what_a_frame_has_been_through_cannot_be_chosen_any_more(
    steps_dng: Path, asked: dict[str, Any]
) -> None:
    from isp.files.raw import read_raw

    frame = read_raw(steps_dng)
    passed = {}
    develop(frame, watch=lambda tap: passed.setdefault(tap.name, tap.frame))

    with pytest.raises(UsageError, match="cannot be chosen any more"):
        pipeline_for(passed["demosaic"], Choices(after="demosaic", **asked))
    pipeline_for(passed["demosaic"], Choices(after="demosaic", exposure=1.0))


def test_a_picture_is_as_bright_as_its_file_asks_and_the_recipe_says_so(tmp_path: Path) -> None:
    """-3/10 of a stop in the file: codes in linear light times 2^-0.3."""
    rich_dng(tmp_path / "a.dng")
    asked = develop(tmp_path / "a.dng", preset="hdr_linear")
    off = (("exposure", "baseline", False),)

    plain = develop(tmp_path / "a.dng", preset="hdr_linear", settings=off)

    torch.testing.assert_close(asked.data, plain.data * 2**-0.3)
    record = resolved_record(
        preset("hdr_linear", Cfa.RGGB), {"exposure": asked.history[-1][1]}, source="a.dng",
        picture=asked, automatic=automatic(asked),
    )  # fmt: skip
    exposure = record["steps"][-1]
    assert exposure["settings"] == {"ev": 0.0, "baseline": True}
    assert exposure["used"]["baseline_ev"] == pytest.approx([-0.3])
    assert record["about"]["automatic"] == ["baseline exposure of the file: -0.30 EV"]
