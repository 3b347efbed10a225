"""A merged mosaic in a DNG: white where the light ends, and no more rounding than noise hides."""

from dataclasses import replace
from pathlib import Path

import pytest
import rawpy
import torch
from torch import Tensor

from apps.lost_light import ABOVE_MEASURED
from apps.merge_notes import said_of_dng, warnings_of_dng
from apps.merged_dng import Rounding, rounding_of, whitened, write_merged_dng
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.files.raw import read_raw
from isp.merge.bracket import Merged, merge
from isp.stages.black_level import BlackLevel
from tests.isp.merge.samples import CAMERA, ramp, taken

SIDE = 64


def mosaic(values: list[float], *, clipped: list[int] = [], unmeasured: list[int] = []) -> Frame:  # noqa: B006
    frame = Frame.start(torch.tensor(values).reshape(1, 1, 1, -1), Domain.MOSAIC)
    lost, missing = (torch.zeros(1, 1, 1, len(values), dtype=torch.bool) for _ in range(2))
    lost[..., clipped], missing[..., [*clipped, *unmeasured]] = True, True
    return replace(frame, clipped=lost, measured=~missing)


def values(frame: Frame) -> list[float]:
    listed: list[float] = frame.data.flatten().tolist()
    return listed


def test_white_is_just_above_the_light_that_was_measured() -> None:
    picture, white = whitened(mosaic([-0.01, 0.5, 40.0]), 256.0)

    assert white == pytest.approx(40 * ABOVE_MEASURED)
    assert values(picture) == pytest.approx([-0.01, 0.5, 40.0])


def test_white_is_at_least_the_reference_s() -> None:
    assert whitened(mosaic([0.0, 0.5]), 256.0)[1] == 1.0
    assert whitened(mosaic([0.0, 0.5], unmeasured=[0, 1]), 256.0)[1] == 1.0


def test_light_that_was_lost_keeps_white_where_every_frame_saturates() -> None:
    picture, white = whitened(mosaic([0.5, 255.7, 256.2, -0.1], clipped=[1, 2, 3]), 256.0)

    assert white == 256.0
    assert values(picture) == pytest.approx([0.5, 256.0, 256.0, -0.1])  # the floor stays dark


def test_what_nobody_measured_is_not_brighter_than_white() -> None:
    picture, white = whitened(mosaic([0.5, 3.0, 17.0, 1.0], unmeasured=[2, 3]), 256.0)

    assert white == pytest.approx(3.003)
    assert values(picture) == pytest.approx([0.5, 3.0, 3.003, 1.0])


def test_rounding_is_held_against_the_noise_of_what_was_measured() -> None:
    step = 1 / 65535
    frame = mosaic([0.0, 0.5, 1.0, 0.3], unmeasured=[3])
    sigma = torch.tensor([0.5, 2.0, 2.0, 1e-9]).reshape(1, 1, 1, 4) * step / 12**0.5

    found = rounding_of(frame, sigma.square(), 1.0)

    # 2, 1/2 and 1/2 of the noise: the first alone is above it.
    assert found.rms == pytest.approx(1.5**0.5, rel=1e-5)
    assert found.above == pytest.approx(1 / 3)
    wide = rounding_of(replace(frame, data=frame.data - 1.0), sigma.square(), 1.0)
    assert wide.rms == pytest.approx(2 * found.rms, rel=1e-5)  # from -1 to 1: twice the step
    nothing = rounding_of(mosaic([1.0], unmeasured=[0]), torch.ones(1, 1, 1, 1), 1.0)
    assert nothing.is_small


@pytest.mark.parametrize(
    ("rms", "above", "small"), [(0.29, 0.04, True), (0.31, 0.0, False), (0.2, 0.06, False)]
)
def test_rounding_is_small_by_both_measures(rms: float, above: float, small: bool) -> None:
    assert Rounding(rms=rms, above=above).is_small is small


def merged(evs: tuple[float, ...], low_e: float, high_e: float) -> Merged:
    return merge(taken(ramp(low_e, high_e, SIDE), evs), reference=len(evs) - 1)


def read_back(path: Path) -> tuple[Frame, Tensor]:
    """The file's frame, and its light on the scale of the reference."""
    raw = read_raw(path)
    scale = 1.0 if raw.shot.baseline_exposure_ev is None else 2.0**raw.shot.baseline_exposure_ev
    return raw, BlackLevel(Cfa.MONO).develop(raw).data * scale


@pytest.mark.parametrize(
    ("evs", "low_e", "high_e", "sample"),
    [
        ((-1.0, 0.0), 400.0, 2.5e4, "uint16"),
        ((-1.0, 0.0), 0.5, 1e4, "uint16"),  # the darkest noise is code 0, and measured
        ((-8.0, 0.0), 2.0, 2e6, "float32"),  # read noise of 3 e- beneath a white of 256 wells
        ((-8.0, 0.0), 2.0, 1e7, "float32"),  # and some light that both lost
    ],
)
def test_the_dng_holds_the_merge_and_its_masks_within_its_noise(
    evs: tuple[float, ...], low_e: float, high_e: float, sample: str, tmp_path: Path
) -> None:
    bracket = merged(evs, low_e, high_e)

    _, rounding, stored = write_merged_dng(tmp_path / "a.dng", bracket)

    raw, light = read_back(tmp_path / "a.dng")
    measured = bracket.frame.measured
    off = ((light - bracket.frame.data) / bracket.variance.sqrt())[measured]
    assert stored == sample
    assert float(off.square().mean().sqrt()) < (0.3 if sample == "uint16" else 1e-3)
    assert torch.equal(raw.measured, measured)
    assert torch.equal(raw.clipped, bracket.frame.clipped)
    assert rounding.is_small is (sample == "uint16")
    assert bool(bracket.frame.clipped.any()) is (high_e == 1e7)


def test_other_readers_find_what_was_lost_at_white_and_nothing_else(tmp_path: Path) -> None:
    bracket = merged((-1.0, 0.0), 400.0, 6e4)
    _, _, sample = write_merged_dng(tmp_path / "a.dng", bracket)

    with rawpy.imread(str(tmp_path / "a.dng")) as raw:
        white = torch.from_numpy(raw.raw_image_visible.copy() >= raw.white_level)

    assert sample == "uint16"
    assert torch.equal(white, bracket.frame.clipped[0, 0])


def test_what_the_floor_took_from_every_frame_stays_lost_in_floating_point(tmp_path: Path) -> None:
    bracket = merged((-8.0, 0.0), 2.0, 2e6)
    floor = torch.zeros_like(bracket.frame.measured)
    floor[..., :3, :3] = True
    dark = replace(
        bracket.frame, clipped=floor, measured=bracket.frame.measured & ~floor,
        data=torch.where(floor, -CAMERA.black_level_dn[0] / 4096, bracket.frame.data),
    )  # fmt: skip

    _, _, sample = write_merged_dng(tmp_path / "a.dng", replace(bracket, frame=dark))

    raw, _ = read_back(tmp_path / "a.dng")
    assert sample == "float32"
    assert torch.equal(raw.clipped, floor)
    assert torch.equal(raw.measured, dark.measured)


def test_floating_point_is_said_with_what_16_bits_would_cost() -> None:
    coarse = Rounding(rms=7.04, above=0.96)

    [note] = warnings_of_dng(coarse, "float32")

    assert note.startswith("16 bits hold this merge to 7 times its noise: the DNG is floating")
    assert warnings_of_dng(Rounding(rms=0.1, above=0.0), "uint16") == []
    assert said_of_dng(coarse, "float32") == {
        "dng_sample": "float32",
        "dng_16_bit_rounding_over_sigma": 7.04,
        "dng_16_bit_rounding_above_sigma_percent": 96.0,
    }
