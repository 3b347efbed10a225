"""Every stage of the contract, tile by tile: the same frame to the last bit."""

from dataclasses import replace

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.pipeline import Pipeline
from isp.core.tiles import tiled
from tests.stage_cases import CASES, MASKS, Case, frame_for, frame_in

SIZE = (75, 91)  # odd, and no multiple of any period
SIDE = 24
# The quality path and the one with stages that survey the frame or take it whole.
CHAINS = {
    "fine": (
        "black_level", "dynamic_defects", "lens_shading", "white_balance", "highlights",
        "gbtf_root", "colour_matrix", "chroma_denoise", "sharpen", "exposure", "agx", "encode",
    ),
    "surveying": (
        "linearize", "black_level", "defects", "white_balance:grey_world", "rebuild_highlights",
        "bilinear", "lens_distortion", "colour_matrix", "exposure:auto", "reinhard_devlin2005",
        "encode",
    ),
}  # fmt: skip
SETTINGS = {"grey_world": {"gains": "grey_world"}, "auto": {"ev": "auto"}}


def assert_same(tiles: Frame, whole: Frame) -> None:
    for name in ("data", *MASKS):
        assert torch.equal(getattr(tiles, name), getattr(whole, name)), name
    assert tiles.history == whole.history
    assert tiles.domain is whole.domain
    assert tiles.colour == whole.colour
    assert (tiles.window, tiles.profile) == (None, whole.profile)
    for name in ("iso", "white_balance", "exposure_time_s", "item"):
        one, other = getattr(tiles.shot, name), getattr(whole.shot, name)
        assert one is other or torch.equal(one, other), name


@pytest.mark.parametrize("case", CASES, ids=str)
def test_tiles_give_the_bits_of_the_whole_frame(case: Case) -> None:
    pipeline = Pipeline(case.build())
    frame = frame_for(case, SIZE, batch=2)

    whole = pipeline.develop(frame)

    assert_same(tiled(pipeline, SIDE).develop(frame), whole)


@pytest.mark.parametrize("chain", CHAINS)
def test_a_whole_pipeline_in_tiles_gives_the_bits_of_the_whole_frame(chain: str) -> None:
    cases = [Case(k, settings=SETTINGS.get(s, {})) for k, _, s in
             (name.partition(":") for name in CHAINS[chain])]  # fmt: skip
    pipeline = Pipeline(*(case.build() for case in cases))
    frame = frame_in(Domain.RAW, Cfa.RGGB, (141, 127), batch=1)

    whole = pipeline.develop(frame)

    assert_same(tiled(pipeline, 48).develop(frame), whole)


def test_a_frame_smaller_than_a_tile_is_one_tile() -> None:
    pipeline = Pipeline(Case("black_level").build(), Case("menon2007").build())
    frame = frame_in(Domain.RAW, Cfa.RGGB, (5, 3), batch=1)

    assert_same(tiled(pipeline).develop(frame), pipeline.develop(frame))


def test_a_frame_where_nothing_is_known_to_be_lost_keeps_masks_that_cost_nothing() -> None:
    pipeline = Pipeline(Case("black_level").build(), Case("malvar2004").build())
    frame = frame_in(Domain.RAW, Cfa.RGGB, (64, 64), batch=1)
    sound = torch.ones(1, dtype=torch.bool).expand(frame.measured.shape)
    frame = replace(frame, measured=sound, clipped=~sound, generated=~sound)

    developed = tiled(pipeline, 16).develop(frame)

    assert_same(developed, pipeline.develop(frame))
    assert not any(developed.measured.stride())
