"""A truth file holds the electrons of a capture, exactly, and the masks of its raw."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import torch

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, OutputError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.electrons_exr import write_electrons
from isp.files.open import read

SIZE = (3, 5)


def frames() -> tuple[Frame, Frame, Frame]:
    """Expected and collected electrons and DN; values that no half float holds."""
    shot = Shot.single(exposure_time_s=1 / 96, f_number=2.0, iso=100)
    mean = torch.linspace(0.1, 70001.3, 15).reshape(1, 1, *SIZE)
    expected = Frame.start(mean, Domain.EXPECTED, shot=shot)
    full = torch.zeros(1, 1, *SIZE, dtype=torch.bool)
    full[..., 2, 4] = True
    collected = expected.advance(
        "collect", {"seed": 3}, data=torch.round(mean), domain=Domain.ELECTRONS, clipped=full
    )
    at_white = full.clone()
    at_white[..., 2, 3] = True
    raw = collected.advance(
        "read_out", {"seed": 3}, data=torch.round(mean / 8), domain=Domain.RAW,
        clipped=at_white, measured=~at_white, shot=replace(shot, exposure_time_s=torch.ones(1)),
    )  # fmt: skip
    return expected, collected, raw


def test_electrons_are_stored_to_the_bit_and_masks_are_those_of_the_raw(tmp_path: Path) -> None:
    expected, collected, raw = frames()

    write_electrons(tmp_path / "a.truth.exr", expected, collected, raw)

    with OpenEXR.File(str(tmp_path / "a.truth.exr"), separate_channels=True) as file:
        planes = {name: np.array(c.pixels) for name, c in file.parts[0].channels.items()}
    assert sorted(planes) == [
        "clipped.Y", "collected.Y", "expected.Y", "generated.Y", "measured.Y",
    ]  # fmt: skip
    for name, frame in (("expected.Y", expected), ("collected.Y", collected)):
        assert planes[name].dtype == np.float32
        assert np.array_equal(planes[name], frame.data[0, 0].numpy())
    # The ADC's white comes before the full well: the raw's mask has it, the electrons' has not.
    assert planes["clipped.Y"].tolist() == raw.clipped[0, 0].float().tolist()
    assert planes["measured.Y"].tolist() == raw.measured[0, 0].float().tolist()
    assert float(planes["clipped.Y"].sum()) == 2
    assert float(planes["generated.Y"].sum()) == 0


def test_the_header_has_the_true_time_the_history_and_the_unit(tmp_path: Path) -> None:
    write_electrons(tmp_path / "a.exr", *frames())

    with OpenEXR.File(str(tmp_path / "a.exr"), header_only=True) as file:
        header = dict(file.parts[0].header)
    assert header["fullwell:unit"] == "electrons"
    assert json.loads(header["fullwell:shot"])["exposure_time_s"] == [np.float32(1 / 96)]
    assert [name for name, _ in json.loads(header["fullwell:history"])] == ["collect", "read_out"]


def test_a_truth_is_not_mistaken_for_a_scene(tmp_path: Path) -> None:
    write_electrons(tmp_path / "a.exr", *frames())

    with pytest.raises(OSError, match=r"no R, G, B and no Y, only .*collected\.Y"):
        read(tmp_path / "a.exr")


def test_frames_of_another_domain_size_or_number_are_refused(tmp_path: Path) -> None:
    expected, collected, raw = frames()
    path = tmp_path / "a.exr"

    with pytest.raises(DomainError, match="EXPECTED is written here, not ELECTRONS"):
        write_electrons(path, collected, expected, raw)
    with pytest.raises(DomainError, match="RAW is written here, not ELECTRONS"):
        write_electrons(path, expected, collected, collected)
    for shape in ((2, 1, *SIZE), (1, 1, 4, 5)):
        other = Frame.start(torch.zeros(shape), Domain.EXPECTED)
        with pytest.raises(FrameError, match="a file holds one picture of one size"):
            write_electrons(path, other, collected, raw)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_kept_without_force(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    path.write_text("mine")

    with pytest.raises(OutputError, match="pass --force"):
        write_electrons(path, *frames())
    assert path.read_text() == "mine"
    write_electrons(path, *frames(), force=True)
    assert path.stat().st_size > 100
