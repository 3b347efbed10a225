"""The fused pass gives the frame that the stages give: pixels, masks, history, shot, colour."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.pipeline import Pipeline
from isp.core.shot import Shot
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
from tests.isp.fused.frames import (
    MASKS,
    assert_the_stages_frame,
    codes_of,
    frame_of,
    fused_of,
    srgb,
    unmasked,
)
from tests.strategies import BAYER_PHASES

TINY = [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (3, 2), (3, 3), (1, 9), (7, 6), (5, 8), (4, 1)]
DEFECTS = ((0, 0), (4, 5), (4, 7), (6, 5), (11, 0), (12, 16), (22, 37), (40, 3))


@pytest.mark.parametrize("tone", ["none", "filmic", "reinhard2002"])
@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
def test_the_preset_is_developed_as_by_its_stages(
    cfa: Cfa, tone: str, rendered: list[bool]
) -> None:
    fused = assert_the_stages_frame(srgb(cfa, tone), frame_of(cfa, defects=DEFECTS), rendered)

    assert 0.2 < float(fused.measured.float().mean()) < 0.9  # the masks had something to say
    assert {0.0, 1.0} < set(fused.data.unique().tolist())  # both ends were met, and the middle


@pytest.mark.parametrize("size", TINY, ids=str)
@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
def test_any_size_is_developed_as_by_the_stages(
    cfa: Cfa, size: tuple[int, int], rendered: list[bool]
) -> None:
    frame = frame_of(cfa, size, defects=((0, 0), (1, 1), (2, 0)))

    assert_the_stages_frame(srgb(cfa), frame, rendered)


@pytest.mark.parametrize("width", [1023, 1024, 1025, 1030, 2047, 2049, 3081])
@pytest.mark.parametrize("cfa", [Cfa.RGGB, Cfa.GBRG], ids=lambda cfa: cfa.name)
def test_a_picture_of_several_strips_shows_no_seam(
    cfa: Cfa, width: int, rendered: list[bool]
) -> None:
    defects = tuple((3, column) for column in range(width % 7, width, 7))

    assert_the_stages_frame(srgb(cfa), frame_of(cfa, (9, width), 1, defects), rendered)


@pytest.mark.parametrize("cfa", [Cfa.GRBG, Cfa.BGGR], ids=lambda cfa: cfa.name)
@pytest.mark.parametrize(
    "run",
    [
        lambda cfa: (
            BlackLevel(cfa), WhiteBalance(cfa), MalvarDemosaic(cfa), ColourMatrix("bt709"),
        ),
        lambda cfa: (
            BlackLevel(cfa), WhiteBalance(cfa, (2.5, 0.5, 1.0)), Highlights(cfa),
            MalvarDemosaic(cfa), ColourMatrix(), Exposure(1.3),
        ),
        lambda cfa: (
            BlackLevel(cfa), WhiteBalance(cfa), MalvarDemosaic(cfa), ColourMatrix(),
            FilmicTone(3.0),
        ),
        lambda cfa: (
            BlackLevel(cfa), WhiteBalance(cfa), MalvarDemosaic(cfa), ColourMatrix("p3"),
            Exposure(-0.7), ReinhardTone(2.5),
        ),
        lambda cfa: (
            BlackLevel(cfa), WhiteBalance(cfa), Highlights(cfa), MalvarDemosaic(cfa),
            ColourMatrix(), Exposure(0.6), ReinhardTone(1.5), Encode("p3"),
        ),
        lambda cfa: (
            BlackLevel(cfa), WhiteBalance(cfa), MalvarDemosaic(cfa), ColourMatrix(),
            Encode(transfer="linear"),
        ),
    ],
    ids=["linear", "given", "filmic", "reinhard", "p3", "linear codes"],
)  # fmt: skip
def test_runs_with_other_settings_and_ends_are_developed_as_by_the_stages(
    cfa: Cfa, run: Callable[[Cfa], tuple[Any, ...]], rendered: list[bool]
) -> None:
    assert_the_stages_frame(Pipeline(*run(cfa)), frame_of(cfa), rendered)


def test_a_run_may_begin_after_a_balance_that_is_estimated(rendered: list[bool]) -> None:
    cfa = Cfa.GBRG
    pipeline = srgb(cfa).replace("white_balance", WhiteBalance(cfa, "grey_world"))

    assert fuse(pipeline).names == (
        "black_level", "defects", "white_balance", "highlights..encode"
    )  # fmt: skip
    mosaic = frame_of(cfa)
    for _, stage in pipeline.stages[:3]:
        mosaic = stage.develop(mosaic)
    assert_the_stages_frame(Pipeline(*pipeline.stages[3:]), mosaic, rendered)


def test_masks_that_say_nothing_stay_one_value(rendered: list[bool]) -> None:
    frame = unmasked(frame_of(Cfa.RGGB))

    fused = assert_the_stages_frame(srgb(Cfa.RGGB), frame, rendered)

    assert all(not any(getattr(fused, name).stride()) for name in MASKS)


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("value", [True, False])
def test_a_mask_of_one_value_is_spread_as_by_the_stages(
    name: str, value: bool, rendered: list[bool]
) -> None:
    frame = frame_of(Cfa.RGGB)
    mask = torch.tensor(value).expand(frame.measured.shape)

    assert_the_stages_frame(srgb(Cfa.RGGB), replace(frame, **{name: mask}), rendered)


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("place", [(0, 0), (0, 7), (1, 1), (5, 6), (10, 11), (9, 0)])
def test_one_marked_photosite_reaches_what_it_reaches_through_the_stages(
    name: str, place: tuple[int, int], rendered: list[bool]
) -> None:
    frame = unmasked(frame_of(Cfa.GRBG, (11, 12), batch=1))
    mask = getattr(frame, name).clone()
    mask[..., place[0], place[1]] = name != "measured"

    assert_the_stages_frame(srgb(Cfa.GRBG), replace(frame, **{name: mask}), rendered)


@pytest.mark.parametrize("white", [1023.0, 65535.0])
def test_extreme_dn_are_developed_as_by_the_stages(white: float, rendered: list[bool]) -> None:
    """At 64 times white a neighbour's rounding is 64 * 2^-22 of light: 0.05 codes of 8 bits."""
    generator = torch.Generator().manual_seed(3)
    dn = torch.randint(0, 2, (1, 1, 40, 50), generator=generator) * 65535.0
    frame = unmasked(frame_of(Cfa.RGGB, dn=dn))
    profile = replace(frame.need_profile(), bit_depth=16, white_level_dn=white)
    frame = replace(frame, data=dn, profile=profile)

    stages = srgb(Cfa.RGGB).develop(frame)
    codes = fused_of(srgb(Cfa.RGGB)).develop_codes(frame)

    assert rendered == [True]
    assert float((codes.double() - codes_of(stages.data, 8)).abs().max()) <= 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e9, -1e30])
def test_values_that_are_no_light_go_through_the_stages(value: float, rendered: list[bool]) -> None:
    frame = frame_of(Cfa.RGGB)
    dn = frame.data.clone()
    dn[1, 0, 8, 9] = value
    frame = replace(frame, data=dn)

    stages, fused = srgb(Cfa.RGGB).develop(frame), fuse(srgb(Cfa.RGGB)).develop(frame)

    assert rendered == [False]
    assert torch.equal(fused.data.nan_to_num(-9), stages.data.nan_to_num(-9))
    assert fused.history == stages.history


def test_codes_of_a_frame_with_nan_are_refused() -> None:
    frame = frame_of(Cfa.RGGB)
    dn = torch.full_like(frame.data, float("nan"))

    with pytest.raises(FrameError, match="NaN"):
        fused_of(srgb(Cfa.RGGB)).develop_codes(replace(frame, data=dn))


def test_codes_of_what_no_kernel_takes_are_the_stages_codes(rendered: list[bool]) -> None:
    frame = frame_of(Cfa.RGGB)
    asks = replace(frame, data=frame.data.clone().requires_grad_())

    codes = fused_of(srgb(Cfa.RGGB)).develop_codes(asks, 16)

    assert rendered == []
    stages = codes_of(srgb(Cfa.RGGB).develop(frame).data, 16)
    assert torch.equal(codes.double(), stages)


def test_a_gradient_goes_through_the_stages(rendered: list[bool]) -> None:
    frame = frame_of(Cfa.RGGB)
    dn = frame.data.clone().requires_grad_()

    fuse(srgb(Cfa.RGGB)).develop(replace(frame, data=dn)).data.sum().backward()

    assert rendered == []
    assert dn.grad is not None
    assert bool((dn.grad != 0).any())


@pytest.mark.parametrize("layout", ["strided", "expanded"])
def test_dn_in_any_memory_layout_give_the_same_picture(layout: str, rendered: list[bool]) -> None:
    frame = frame_of(Cfa.RGGB)
    data = frame.data.transpose(2, 3).contiguous().transpose(2, 3)
    if layout == "expanded":
        data = frame.data[:, :, :1].expand(frame.data.shape)
    clipped = frame.clipped.transpose(2, 3).contiguous().transpose(2, 3)

    assert_the_stages_frame(srgb(Cfa.RGGB), replace(frame, data=data, clipped=clipped), rendered)


def test_nothing_that_came_in_is_written_to() -> None:
    frame = frame_of(Cfa.RGGB, defects=DEFECTS)
    before = [getattr(frame, name).clone() for name in ("data", *MASKS)]

    fuse(srgb(Cfa.RGGB)).develop(frame)

    for name, copy in zip(("data", *MASKS), before, strict=True):
        assert torch.equal(getattr(frame, name), copy), name


def test_errors_are_those_of_the_stages() -> None:
    fused = fuse(srgb(Cfa.RGGB))

    with pytest.raises(DomainError, match="BlackLevel takes RAW, but the frame is in MOSAIC"):
        fused.develop(replace(frame_of(Cfa.RGGB), domain=Domain.MOSAIC))
    with pytest.raises(FrameError, match="no as-shot white balance"):
        fused.develop(replace(frame_of(Cfa.RGGB), shot=Shot().for_batch(2)))
    with pytest.raises(FrameError, match="no sensor profile"):
        fused.develop(replace(frame_of(Cfa.RGGB), profile=None))


def test_codes_are_of_sdr_in_8_or_16_bits() -> None:
    cfa = Cfa.RGGB
    linear = Pipeline(BlackLevel(cfa), WhiteBalance(cfa), MalvarDemosaic(cfa), ColourMatrix())

    with pytest.raises(DomainError, match="LINEAR"):
        fused_of(linear).develop_codes(frame_of(cfa))
    with pytest.raises(UsageError, match="not 10"):
        fused_of(srgb(cfa)).develop_codes(frame_of(cfa), 10)


def test_the_stage_says_what_its_run_says() -> None:
    fused = fused_of(srgb(Cfa.RGGB))

    assert (fused.domain_in, fused.domain_out) == (Domain.RAW, Domain.SDR)
    assert fused.name == "black_level..encode"
    assert fused.halo == 2 + 1 + 2  # defects, highlights, demosaicing
    assert fused.mask_support == 2
