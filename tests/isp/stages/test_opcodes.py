"""A DNG's own lists run where they belong: on the linear mosaic, and on camera colours."""

import base64
import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.dng_opcodes import Opcode, opcode_bytes
from isp.stages.lens_distortion import LensDistortion
from isp.stages.opcodes import OpcodesCamera, OpcodesMosaic, opcodes_owed, opcodes_text
from tests.isp.files.opcode_samples import (
    area,
    bad_list,
    gain_map,
    opcode,
    per_line,
    polynomial,
    warp,
)

LENS = (0.95, 0.02, 0.0, 0.0, 0.001, 0.0)


def text(*asked: Opcode) -> str:
    return opcodes_text(opcode_bytes(asked))


def frame_of(domain: Domain, number: int, *asked: Opcode, size: tuple[int, int] = (6, 8)) -> Frame:
    """A frame whose file asked for a list; balance 2, 1, 1.5."""
    generator = torch.Generator().manual_seed(2)
    planes = 1 if domain is Domain.MOSAIC else 3
    light = torch.rand(1, planes, *size, generator=generator)
    shot = Shot.single(
        white_balance=(2.0, 1.0, 1.5), tags={"opcode_lists": {str(number): text(*asked)}}
    )
    return Frame.start(light, domain, shot=shot)


def test_the_list_runs_in_order_once_and_is_noted() -> None:
    double = opcode(9, gain_map(area(), np.full((1, 1, 1), 2.0)))
    plus_one = opcode(10, per_line(area(), *(1.0,) * 6))
    frame = frame_of(Domain.MOSAIC, 2, double, plus_one)
    stage = OpcodesMosaic(Cfa.RGGB)

    once = stage.develop(frame)
    twice = stage.develop(once)

    torch.testing.assert_close(once.data, 2 * frame.data + 1, rtol=1e-6, atol=0)
    assert torch.equal(twice.data, once.data)
    assert opcodes_owed(frame, 2)
    assert not opcodes_owed(once, 2)
    notes = once.history[-1][1]["executed"]
    assert [n["name"] for n in notes] == ["GainMap", "DeltaPerRow"]


def test_a_mended_photosite_is_unmeasured_and_no_longer_clipped() -> None:
    frame = frame_of(Domain.MOSAIC, 2, opcode(5, bad_list([(3, 4)])))
    clipped = torch.zeros(1, 1, 6, 8, dtype=torch.bool)
    clipped[0, 0, 3, 4] = clipped[0, 0, 1, 1] = True
    frame = Frame.start(frame.data, Domain.MOSAIC, shot=frame.shot, clipped=clipped)

    done = OpcodesMosaic(Cfa.RGGB).develop(frame)

    light = frame.data[0, 0]
    # (3, 4) of RGGB is green: the mean of its diagonal neighbours.
    expected = (light[2, 3] + light[2, 5] + light[4, 3] + light[4, 5]) / 4
    assert done.data[0, 0, 3, 4].item() == pytest.approx(expected.item())
    assert torch.argwhere(~done.measured[0, 0]).tolist() == [[1, 1], [3, 4]]
    assert torch.argwhere(done.clipped[0, 0]).tolist() == [[1, 1]]


def test_a_warp_is_the_one_of_the_stage_that_exports() -> None:
    frame = frame_of(Domain.CAMERA, 3, opcode(1, warp([LENS])), size=(30, 40))

    by_list = OpcodesCamera(Cfa.RGGB).develop(frame)
    by_stage = LensDistortion(LENS).develop(frame)

    torch.testing.assert_close(by_list.data, by_stage.data, rtol=0, atol=2e-6)
    assert torch.equal(by_list.measured, by_stage.measured)


def test_a_curve_sees_the_light_before_white_balance() -> None:
    square = opcode(8, polynomial(area(planes=3), 0.0, 0.0, 1.0))
    frame = frame_of(Domain.CAMERA, 3, square)

    done = OpcodesCamera(Cfa.RGGB).develop(frame)

    gains = torch.tensor([2.0, 1.0, 1.5]).reshape(1, 3, 1, 1)
    torch.testing.assert_close(done.data, gains * (frame.data / gains) ** 2, rtol=1e-5, atol=1e-7)


def test_a_monochrome_camera_keeps_three_equal_planes() -> None:
    frame = frame_of(Domain.CAMERA, 3, opcode(8, polynomial(area(), 0.0, 3.0)))
    grey = Frame.start(frame.data[:, :1].expand(-1, 3, -1, -1), Domain.CAMERA, shot=frame.shot)

    done = OpcodesCamera(Cfa.MONO).develop(grey)

    torch.testing.assert_close(done.data, 3 * grey.data, rtol=1e-6, atol=0)


def test_two_warps_follow_each_other_in_the_masks_too() -> None:
    outwards = opcode(1, warp([(1.2, 0, 0, 0, 0, 0)]))
    frame = frame_of(Domain.CAMERA, 3, outwards, outwards, size=(30, 40))

    done = OpcodesCamera(Cfa.RGGB).develop(frame)

    inside = ((torch.arange(40) - 19.5).abs() * 1.44 <= 19.5 - 3).sum()
    assert bool(done.measured[0, 0, 15, 20 - int(inside) // 2 : 20 + int(inside) // 2].all())
    assert not bool(done.measured[0, 0, 15, :5].any())  # 19.5 / 1.44 = 13.5 from the middle


@pytest.mark.parametrize("stage", [OpcodesMosaic(Cfa.RGGB), OpcodesCamera(Cfa.RGGB)])
def test_without_a_list_nothing_changes(stage: OpcodesMosaic | OpcodesCamera) -> None:
    planes = stage.domain_in.channels or 3
    frame = Frame.start(torch.rand(2, planes, 4, 5), stage.domain_in)

    done = stage.develop(frame)

    assert torch.equal(done.data, frame.data)
    assert done.history[-1][1] == {"executed": [], "skipped": []}


def test_a_list_for_another_place_is_refused_by_name() -> None:
    constant = opcode(4, struct.pack(">2I", 0, 0))
    with pytest.raises(FrameError, match="demands FixBadPixelsConstant"):
        OpcodesMosaic(Cfa.RGGB).develop(frame_of(Domain.MOSAIC, 2, constant))
    with pytest.raises(UsageError, match="a list in base64"):
        OpcodesMosaic(Cfa.RGGB, "not a list!")


def test_the_gain_map_of_a_real_phone_is_four_of_gain_one(shared_data: Path) -> None:
    facts = json.loads(
        (shared_data / "flats_darks/sidd/0001_metadata_transcription.json").read_text()
    )
    [value] = [bytes(t["Value"]) for t in facts["UnknownTags"] if t["ID"] == 51009]
    mosaic = Frame.start(torch.rand(1, 1, 10, 12), Domain.MOSAIC)

    done = OpcodesMosaic(Cfa.GRBG, base64.b64encode(value).decode()).develop(mosaic)

    assert [o["name"] for o in done.history[-1][1]["executed"]] == ["GainMap"] * 4
    torch.testing.assert_close(done.data, mosaic.data, rtol=1e-6, atol=0)


def test_light_that_a_list_turns_into_no_number_is_refused() -> None:
    """A frame brighter than any file's: within the bound of the list, beyond float32."""
    double = opcode(8, polynomial(area(), 0.0, 0.0, 2.0))
    frame = frame_of(Domain.MOSAIC, 2, double)

    with pytest.raises(
        FrameError, match=r"OpcodeList2 \(MapPolynomial\) gives values that are not"
    ):
        OpcodesMosaic(Cfa.RGGB).develop(replace(frame, data=frame.data * 1e30))
