"""A dump holds each frame exactly, and is there completely or not at all."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from apps.dump import Dump, describe
from apps.preview import preview
from isp.core.domain import Domain
from isp.core.errors import OutputError
from isp.core.frame import Frame
from isp.core.pipeline import Tap
from isp.core.shot import Shot
from tests.apps.samples import left_in, read_codes


def a_frame() -> Frame:
    data = torch.rand(2, 3, 4, 6, generator=torch.Generator().manual_seed(4))
    clipped = torch.zeros(2, 1, 4, 6, dtype=torch.bool)
    clipped[0, 0, :2] = True  # 12 of 48
    return Frame.start(
        data,
        Domain.LINEAR,
        shot=Shot.single(iso=400, exposure_time_s=0.5, body=3),
        clipped=clipped,
        history=(("read", {}), ("exposure", {"ev": [1.0, 1.0]})),
    )


def files_of(stem: str) -> list[str]:
    return [f"{stem}{suffix}" for suffix in (".json", ".masks.npy", ".npy", ".png")]


def test_each_frame_becomes_numbers_facts_and_a_picture(tmp_path: Path) -> None:
    frame = a_frame()
    with Dump(tmp_path) as dump:
        dump.add(Tap("read", frame, 0.0))
        dump.add(Tap("exposure", frame, 0.25))

    assert left_in(tmp_path) == [
        f"{stem}{suffix}"
        for stem in ("00_read", "01_exposure")
        for suffix in (".json", ".masks.npy", ".npy", ".png")
    ]
    array = np.load(tmp_path / "01_exposure.npy")
    assert array.dtype == np.float32
    assert np.array_equal(array, frame.data.numpy())
    assert np.array_equal(read_codes(tmp_path / "01_exposure.png"), preview(frame))
    facts = json.loads((tmp_path / "01_exposure.json").read_text())
    added = {"name": "exposure", "masks": True, "seconds": 0.25}
    version = {"format": "fullwell dump", "format_version": 1}
    assert facts == json.loads(json.dumps(describe(frame))) | added | version


def test_masks_are_bits_and_are_left_out_where_they_say_nothing(tmp_path: Path) -> None:
    clipped = torch.tensor([[[[True, False]]]])
    generated = torch.tensor([[[[False, True]]]])
    spoilt = Frame.start(torch.zeros(1, 1, 1, 2), Domain.RAW, clipped=clipped, generated=generated)
    with Dump(tmp_path) as dump:
        dump.add(Tap("whole", Frame.start(torch.zeros(1, 3, 1, 2), Domain.LINEAR), 0.0))
        dump.add(Tap("spoilt", replace(spoilt, domain=Domain.EXPECTED), 0.0))

    assert not (tmp_path / "00_whole.masks.npy").exists()
    # Bit 1 measured, 2 clipped, 4 generated.
    assert np.load(tmp_path / "01_spoilt.masks.npy").tolist() == [[[[2, 1 + 4]]]]


def test_the_recipe_is_written_with_the_frames_and_replaced_with_them(tmp_path: Path) -> None:
    for number, force in ((1, False), (2, True)):
        with Dump(tmp_path, force=force) as dump:
            dump.add_recipe({"format_version": 1, "steps": [], "about": {"run": number}})

    assert json.loads((tmp_path / "recipe.json").read_text())["about"] == {"run": 2}
    with pytest.raises(OutputError, match="holds a dump already"):
        Dump(tmp_path)


def test_the_facts_are_domain_layout_shot_step_and_masks() -> None:
    facts = describe(a_frame())

    assert facts["domain"] == "LINEAR"
    assert facts["shape"] == [2, 3, 4, 6]
    assert (facts["step"], facts["parameters"]) == ("exposure", {"ev": [1.0, 1.0]})
    assert facts["shot"]["iso"] == [400.0, 400.0]  # type: ignore[index]
    assert facts["history"] == [["read", {}], ["exposure", {"ev": [1.0, 1.0]}]]
    assert (facts["profile"], facts["colour"]) == (None, None)
    assert facts["shot"]["body"] == 3  # type: ignore[index]
    assert (facts["measured_fraction"], facts["clipped_fraction"]) == (0.75, 0.25)
    assert facts["generated_fraction"] == 0.0


def test_a_frame_without_history_starts_it() -> None:
    facts = describe(Frame.start(torch.zeros(1, 1, 2, 2), Domain.RAW))

    assert (facts["step"], facts["parameters"]) == ("start", {})


def test_a_dump_is_not_replaced_unless_forced(tmp_path: Path) -> None:
    with Dump(tmp_path) as dump:
        dump.add(Tap("first", a_frame(), 0.0))

    with pytest.raises(OutputError, match="pass --force to replace it"):
        Dump(tmp_path)
    assert left_in(tmp_path) == files_of("00_first")

    with Dump(tmp_path, force=True) as dump:
        dump.add(Tap("other", a_frame(), 0.0))
    assert left_in(tmp_path) == files_of("00_other")


def test_files_that_are_no_dump_stay_where_they_are(tmp_path: Path) -> None:
    for name in ("01_song.mp3", "holiday.png", "notes.json"):
        (tmp_path / name).write_text("mine")

    with Dump(tmp_path) as dump:
        dump.add(Tap("read", a_frame(), 0.0))

    assert (tmp_path / "01_song.mp3").read_text() == "mine"
    assert len(left_in(tmp_path)) == 7


def test_numbered_pictures_of_somebody_else_are_not_removed_unasked(tmp_path: Path) -> None:
    (tmp_path / "01_holiday.png").write_text("mine")

    with pytest.raises(OutputError, match="holds a dump already"):
        Dump(tmp_path)
    assert (tmp_path / "01_holiday.png").read_text() == "mine"


def test_an_error_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path, *, force: bool) -> None:
        with Dump(folder, force=force) as dump:
            dump.add(Tap("read", a_frame(), 0.0))
            raise RuntimeError("a stage failed")

    with pytest.raises(RuntimeError, match="a stage failed"):
        fail(tmp_path / "new", force=False)
    assert left_in(tmp_path) == []

    old = tmp_path / "old"
    with Dump(old) as dump:
        dump.add(Tap("kept", a_frame(), 0.0))
    with pytest.raises(RuntimeError, match="a stage failed"):
        fail(old, force=True)
    assert left_in(old) == files_of("00_kept")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/dump")):
        with pytest.raises(OutputError, match="cannot make the folder") as caught:
            Dump(folder)
        assert str(folder) in str(caught.value)
