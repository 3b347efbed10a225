"""The plan fuses what the kernel knows, by class and settings, and leaves all else as it is."""

from typing import Any

import pytest
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.pipeline import Pipeline
from isp.core.stage import as_stage
from isp.fused.development import FusedDevelopment
from isp.fused.plan import fuse
from isp.stages.black_level import BlackLevel
from isp.stages.colour_matrix import ColourMatrix
from isp.stages.demosaic.malvar2004 import MalvarDemosaic
from isp.stages.encode import Encode
from isp.stages.exposure import Exposure
from isp.stages.highlights import Highlights
from isp.stages.tone.filmic import FilmicTone
from isp.stages.tone.reinhard2002 import ReinhardTone
from isp.stages.white_balance import WhiteBalance
from tests.isp.fused.frames import frame_of, srgb

RGGB = Cfa.RGGB


@pytest.mark.parametrize("tone", ["none", "filmic", "reinhard2002"])
def test_the_whole_preset_becomes_one_stage(tone: str) -> None:
    pipeline = srgb(RGGB, tone)

    fused = fuse(pipeline)

    assert fused.names == ("black_level..encode",)
    (stage,) = (stage for _, stage in fused.stages)
    assert isinstance(stage, FusedDevelopment)
    assert stage.run == tuple(s for _, s in pipeline.stages)
    assert len(pipeline) == 9  # what was given stays


class OwnFilmic(FilmicTone):
    """A subclass may do anything."""


def own(linear: Any) -> Any:
    return linear


@pytest.mark.parametrize(
    ("name", "stage", "names"),
    [
        (
            "exposure", Exposure("auto"),
            ("black_level..colour_matrix", "exposure", "tone", "encode"),
        ),
        ("tone", OwnFilmic(), ("black_level..exposure", "tone", "encode")),
        ("tone", as_stage(own, Domain.LINEAR), ("black_level..exposure", "tone", "encode")),
        (
            "white_balance", WhiteBalance(RGGB, "grey_world"),
            ("black_level", "defects", "white_balance", "highlights..encode"),
        ),
        (
            "black_level", BlackLevel(Cfa.BGGR), ("black_level", "defects..encode"),
        ),
        ("highlights", Highlights(Cfa.XTRANS),
            ("black_level", "defects", "white_balance", "highlights", "demosaic..encode"),
        ),
    ],
)  # fmt: skip
def test_a_stage_that_is_not_known_ends_the_run(name: str, stage: Any, names: Any) -> None:
    pipeline = srgb(RGGB).replace(name, stage)

    fused = fuse(pipeline)

    assert fused.names == names
    assert dict(fused.stages)[name] is stage


def test_a_setting_that_the_kernel_has_never_heard_of_ends_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Highlights, "settings", lambda _: {"method": "limit"})

    assert fuse(srgb(RGGB)).names[-2:] == ("highlights", "demosaic..encode")


def test_a_transfer_curve_that_the_kernel_does_not_know_ends_the_run() -> None:
    encode = Encode()
    encode.transfer = "pq"

    assert fuse(srgb(RGGB).replace("encode", encode)).names == ("black_level..tone", "encode")


def test_stages_in_another_order_are_not_fused_together() -> None:
    stages = (
        BlackLevel(RGGB), Highlights(RGGB), WhiteBalance(RGGB), MalvarDemosaic(RGGB),
        ColourMatrix(), ReinhardTone(), Exposure(1.0), Encode(),
    )  # fmt: skip

    assert fuse(Pipeline(*stages)).names == (
        "black_level", "highlights", "white_balance..reinhard_tone", "exposure", "encode",
    )  # fmt: skip


@pytest.mark.parametrize(
    "pipeline",
    [
        srgb(RGGB, demosaic="bilinear"),
        srgb(Cfa.XTRANS, demosaic="bilinear"),
        Pipeline(BlackLevel(RGGB), WhiteBalance(RGGB)),
        Pipeline(BlackLevel(RGGB), MalvarDemosaic(RGGB)),
        Pipeline(Exposure(), FilmicTone(), Encode()),
    ],
    ids=str,
)
def test_a_pipeline_without_a_known_run_is_given_back(pipeline: Pipeline) -> None:
    assert fuse(pipeline) is pipeline


def test_a_fused_pipeline_is_not_fused_again() -> None:
    fused = fuse(srgb(RGGB))

    assert fuse(fused) is fused


def test_a_user_s_stage_beside_the_run_sees_the_frame_that_it_would_have_seen() -> None:
    seen: list[Tensor] = []

    def look(linear: Any) -> Any:
        seen.append(torch.as_tensor(linear.copy()))
        return linear

    pipeline = srgb(RGGB).insert(as_stage(look, Domain.LINEAR, name="look"), after="exposure")
    frame = frame_of(RGGB)
    pipeline.develop(frame)
    fuse(pipeline).develop(frame)

    stages, fused = torch.stack(seen[:2]), torch.stack(seen[2:])
    torch.testing.assert_close(fused, stages, rtol=1e-6, atol=3e-6)
