"""The pass with gbtf_root gives the frame that the stages give, in any phase, size and run."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.frame import Frame
from isp.core.pipeline import Pipeline
from isp.core.readings import Reading
from isp.fused import cpu
from isp.fused.demosaics import GBTF_ROOT
from isp.fused.gbtf_root_kernel import COLUMNS, HALO
from isp.fused.plan import fuse
from isp.stages.black_level import BlackLevel
from isp.stages.colour_matrix import ColourMatrix
from isp.stages.demosaic import gbtf_root
from isp.stages.demosaic.gbtf_root import GbtfRootDemosaic
from isp.stages.encode import Encode
from isp.stages.exposure import Exposure
from isp.stages.highlights import Highlights
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

TINY = [(1, 1), (1, 2), (2, 1), (2, 3), (3, 3), (1, 12), (9, 9), (10, 10), (11, 10), (19, 4)]
DEFECTS = ((0, 0), (4, 5), (4, 7), (6, 5), (11, 0), (12, 16), (22, 37), (40, 3))
every_phase = pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)


def best(cfa: Cfa, tone: str = "none") -> Pipeline:
    return srgb(cfa, tone, demosaic="gbtf_root")


def noisy(frame: Frame) -> Frame:
    """The frame of a camera that says how noisy it is, each image at its own ISO."""
    readings = (
        Reading(iso=100, system_gain_dn_per_e=1.0, read_noise_e=3.0),
        Reading(iso=6400, system_gain_dn_per_e=64.0, read_noise_e=2.0),
    )
    iso = torch.linspace(100.0, 6400.0, len(frame.data))
    profile = replace(frame.need_profile(), readings=readings)
    return replace(frame, profile=profile, shot=replace(frame.shot, iso=iso))


def test_the_margin_is_the_stage_s() -> None:
    assert HALO == gbtf_root.HALO


@pytest.mark.parametrize("tone", ["none", "filmic", "reinhard2002"])
@every_phase
def test_the_preset_is_developed_as_by_its_stages(
    cfa: Cfa, tone: str, rendered: list[bool]
) -> None:
    assert fuse(best(cfa, tone)).names == ("black_level..encode",)

    fused = assert_the_stages_frame(best(cfa, tone), frame_of(cfa, defects=DEFECTS), rendered)

    assert {0.0, 1.0} < set(fused.data.unique().tolist())  # both ends were met, and the middle


@pytest.mark.parametrize("size", TINY, ids=str)
@every_phase
def test_any_size_is_developed_as_by_the_stages(
    cfa: Cfa, size: tuple[int, int], rendered: list[bool]
) -> None:
    frame = frame_of(cfa, size, defects=((0, 0), (1, 1), (2, 0)))

    assert_the_stages_frame(best(cfa), frame, rendered)


@pytest.mark.parametrize("width", [COLUMNS - 1, COLUMNS, COLUMNS + 1, 2 * COLUMNS + 9])
@pytest.mark.parametrize("cfa", [Cfa.RGGB, Cfa.GBRG], ids=lambda cfa: cfa.name)
def test_a_picture_of_several_tiles_shows_no_seam(
    cfa: Cfa, width: int, rendered: list[bool]
) -> None:
    defects = tuple((3, column) for column in range(width % 7, width, 7))

    assert_the_stages_frame(best(cfa), frame_of(cfa, (12, width), 1, defects), rendered)


def test_each_image_takes_the_toe_that_its_noise_asks_for(rendered: list[bool]) -> None:
    fused = assert_the_stages_frame(best(Cfa.GRBG), noisy(frame_of(Cfa.GRBG)), rendered)

    ((_, notes),) = (step for step in fused.history if step[0] == "gbtf_root_demosaic")
    low, high = notes["toe_used"]
    assert 1e-3 < low < high / 10


@pytest.mark.parametrize("cfa", [Cfa.GRBG, Cfa.BGGR], ids=lambda cfa: cfa.name)
@pytest.mark.parametrize(
    "run",
    [
        lambda cfa: (
            BlackLevel(cfa), WhiteBalance(cfa, (2.5, 0.5, 1.0)), Highlights(cfa),
            GbtfRootDemosaic(cfa, toe=None), ColourMatrix(), Encode(),
        ),
        lambda cfa: (
            BlackLevel(cfa), WhiteBalance(cfa), GbtfRootDemosaic(cfa, toe=0.05), ColourMatrix(),
            Exposure(0.6), ReinhardTone(1.5), Encode("p3"),
        ),
        lambda cfa: (
            BlackLevel(cfa), WhiteBalance(cfa), GbtfRootDemosaic(cfa), ColourMatrix(),
            Encode(transfer="linear"),
        ),
    ],
    ids=["linear light", "p3", "linear codes"],
)  # fmt: skip
def test_runs_with_other_settings_are_developed_as_by_the_stages(
    cfa: Cfa, run: Callable[[Cfa], tuple[Any, ...]], rendered: list[bool]
) -> None:
    assert_the_stages_frame(Pipeline(*run(cfa)), frame_of(cfa), rendered)


def test_linear_light_is_that_of_the_stages(rendered: list[bool]) -> None:
    cfa = Cfa.GBRG
    stages = BlackLevel(cfa), WhiteBalance(cfa), GbtfRootDemosaic(cfa), ColourMatrix("bt709")
    pipeline, frame = Pipeline(*stages), frame_of(cfa)

    fused = fuse(pipeline).develop(frame)

    assert rendered == [True]
    difference = (fused.data - pipeline.develop(frame).data).abs()
    assert float(difference.max()) < 0.5 / 65535


@pytest.mark.parametrize("name", MASKS)
@pytest.mark.parametrize("place", [(0, 0), (0, 7), (1, 1), (35, 36), (40, 41), (39, 0)])
@every_phase
def test_one_marked_photosite_reaches_what_it_reaches_through_the_stages(
    cfa: Cfa, name: str, place: tuple[int, int]
) -> None:
    frame = unmasked(frame_of(cfa, (41, 42), batch=1))
    mask = getattr(frame, name).clone()
    mask[..., place[0], place[1]] = name != "measured"
    frame = replace(frame, **{name: mask})

    fused, stages = fuse(best(cfa)).develop(frame), best(cfa).develop(frame)

    assert torch.equal(getattr(fused, name), getattr(stages, name))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e9])
def test_values_that_are_no_light_go_through_the_stages(value: float, rendered: list[bool]) -> None:
    frame = frame_of(Cfa.RGGB)
    dn = frame.data.clone()
    dn[1, 0, 8, 9] = value

    fused, stages = (
        p.develop(replace(frame, data=dn)) for p in (fuse(best(Cfa.RGGB)), best(Cfa.RGGB))
    )

    assert rendered == [False]
    assert torch.equal(fused.data.nan_to_num(-9), stages.data.nan_to_num(-9))


def test_extreme_dn_are_developed_as_by_the_stages(rendered: list[bool]) -> None:
    generator = torch.Generator().manual_seed(3)
    dn = torch.randint(0, 2, (1, 1, 40, 50), generator=generator) * 65535.0
    frame = unmasked(frame_of(Cfa.RGGB, dn=dn))
    profile = replace(frame.need_profile(), bit_depth=16, white_level_dn=1023.0)
    frame = replace(frame, data=dn, profile=profile)

    codes = fused_of(best(Cfa.RGGB)).develop_codes(frame)

    assert rendered == [True]
    stages = best(Cfa.RGGB).develop(frame)
    assert float((codes.double() - codes_of(stages.data, 8)).abs().max()) <= 1


@pytest.mark.usefixtures("two_threads")
def test_bands_of_any_height_on_two_threads_give_the_same_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fused, frame = fused_of(best(Cfa.GBRG)), frame_of(Cfa.GBRG, (37, 41), defects=((5, 6),))
    whole = fused.develop(frame)

    for rows in (1, 5, 8):
        monkeypatch.setitem(cpu.BAND, GBTF_ROOT, 41 * rows)
        banded = fused.develop(frame)

        for name in ("data", *MASKS):
            assert torch.equal(getattr(banded, name), getattr(whole, name)), (name, rows)


def test_integers_of_the_file_give_what_their_floats_give() -> None:
    from isp.fused.shot_numbers import numbers_of

    fused, frame = fused_of(best(Cfa.GRBG)), frame_of(Cfa.GRBG, (19, 29), defects=((3, 3),))
    numbers, _ = numbers_of(fused.run, fused.cfa, frame)

    codes = cpu.render(frame.data.to(torch.uint16), frame.clipped, fused.cfa, numbers, 8)

    assert codes is not None
    assert torch.equal(codes, fused.develop_codes(frame))
