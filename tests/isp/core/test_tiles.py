"""Tiles: which stages go through them together, what is refused, and how little memory it takes."""

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from apps.bench.tensor_memory import bytes_of, peak_bytes
from apps.presets import presets
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import DomainError, StageError, UsageError
from isp.core.frame import Frame
from isp.core.measured import raw_masks
from isp.core.pipeline import Pipeline
from isp.core.shot import Shot
from isp.core.stage import Stage
from isp.core.tiles import TiledRun, tiled
from isp.files.profile import load_profile


class Blur(Stage):
    """The mean over 3 x 3: a stage as a user writes it, with its halo and nothing more."""

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR
    halo = 1

    def forward(self, linear: Tensor) -> Tensor:
        return torch.nn.functional.avg_pool2d(linear, 3, 1, 1, count_include_pad=False)


class Centre(Stage):
    """Takes the mean of the frame away, and does not say that it surveys the frame."""

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        return frame.data, frame.data.mean(dim=(1, 2, 3))

    def forward(self, linear: Tensor, mean: Tensor) -> Tensor:
        return linear - mean.reshape(-1, 1, 1, 1)


class CentreSurveying(Centre):
    """The same, and says so."""

    surveys = True


class Count(Stage):
    """Notes how many values are negative."""

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def forward(self, linear: Tensor) -> Tensor:
        return linear.clamp(min=0)

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"negative": int((inputs[0] < 0).sum())}


class CountDeclared(Count):
    """The same, and says which note is a count."""

    counts = ("negative",)


class Fails(Stage):
    """Raises on any frame."""

    domain_in = Domain.LINEAR
    domain_out = Domain.LINEAR

    def forward(self, linear: Tensor) -> Tensor:
        raise KeyError("no such lens")


def linear(size: tuple[int, int] = (40, 50)) -> Frame:
    generator = torch.Generator().manual_seed(4)
    return Frame.start(torch.randn(1, 3, *size, generator=generator), Domain.LINEAR)


def phone_raw(side: int) -> Frame:
    """Noise over the whole range of a phone's DN, some of it clipped."""
    profile = load_profile("GenericPhone")
    generator = torch.Generator().manual_seed(side)
    dn = torch.rand(1, 1, side, side, generator=generator).mul_(1100).round_().clamp_(60, 1023)
    shot = Shot.single(iso=100, exposure_time_s=0.01, f_number=2.8, white_balance=(2.0, 1.0, 1.6))
    measured, clipped = raw_masks(dn, profile, shot.iso)
    return Frame.start(
        dn, Domain.RAW, shot=shot, profile=profile, measured=measured, clipped=clipped
    )


def test_stages_that_fit_are_one_run_named_by_its_ends() -> None:
    pipeline = presets("srgb_fast", Cfa.RGGB)

    assert tiled(pipeline).names == ("black_level..encode",)
    assert tiled(pipeline).stages[0][1].halo == 2 + 1 + 2  # defects, highlights, Malvar


@pytest.mark.parametrize(
    ("stage", "names"),
    [
        (CentreSurveying(), ("blur", "centre_surveying..last")),  # a run begins with its survey
        (Centre(), ("blur..last",)),
    ],
    ids=["surveys", "does not say so"],
)
def test_a_run_ends_before_a_stage_that_surveys(stage: Stage, names: tuple[str, ...]) -> None:
    assert tiled(Pipeline(Blur(), stage, ("last", Blur()))).names == names


def test_a_stage_that_takes_the_frame_whole_parts_two_runs() -> None:
    whole = Blur()
    whole.whole_frame = True  # type: ignore[misc]  # of this one
    pipeline = Pipeline(("a", Blur()), ("b", Blur()), ("whole", whole), ("c", Blur()))

    stages = tiled(pipeline).stages

    assert [name for name, _ in stages] == ["a..b", "whole", "c"]
    assert stages[1][1] is whole
    assert isinstance(stages[2][1], TiledRun)


@pytest.mark.parametrize("stage", [Blur(), CentreSurveying(), CountDeclared()], ids=str)
def test_a_users_stage_is_tiled_by_what_it_says_of_itself(stage: Stage) -> None:
    pipeline = Pipeline(("first", Blur()), stage)
    frame = linear()

    whole, tiles = pipeline.develop(frame), tiled(pipeline, 16).develop(frame)

    assert torch.equal(tiles.data, whole.data)
    assert tiles.history == whole.history


@pytest.mark.parametrize(
    ("stage", "what"),
    [
        (Centre(), 'input 1 of the stage "centre"'),
        (Count(), 'note "negative" of the stage "count"'),
    ],
    ids=["input", "note"],
)
def test_a_survey_that_was_not_declared_is_refused_by_name(stage: Stage, what: str) -> None:
    with pytest.raises(StageError, match=what) as caught:
        tiled(Pipeline(stage), 16).develop(linear())

    assert "surveys = True" in str(caught.value)


def test_a_stage_is_no_longer_watched_after_a_run() -> None:
    stage = Centre()
    with pytest.raises(StageError):
        tiled(Pipeline(stage), 16).develop(linear())

    assert not stage._forward_pre_hooks


def test_a_failure_in_a_tile_names_the_stage_and_not_the_run() -> None:
    with pytest.raises(StageError, match=r'"bad" \(.*Fails\) failed: KeyError: .no such lens'):
        tiled(Pipeline(Blur(), ("bad", Fails())), 16).develop(linear())


def test_a_side_below_one_pixel_and_a_frame_of_another_domain_are_refused() -> None:
    with pytest.raises(UsageError, match="at least 1 pixel, not 0"):
        tiled(Pipeline(Blur()), 0)
    with pytest.raises(DomainError, match="blur takes LINEAR, but the frame is in RAW"):
        tiled(Pipeline(Blur())).develop(phone_raw(16))


def beyond_the_ends(pipeline: Pipeline, frame: Frame) -> int:
    """Bytes that a development held at its peak, beyond the frame it took and the one it gave."""
    ends = [frame.data, frame.measured, frame.clipped, frame.generated]
    results: list[Frame] = []
    peak = peak_bytes(lambda: results.append(pipeline.develop(frame)), known=ends)
    (result,) = results
    return peak - bytes_of([result.data, result.measured, result.clipped, result.generated])


def test_memory_beyond_the_ends_does_not_grow_with_the_number_of_tiles() -> None:
    """9 and 25 tiles of 64 pixels: to the byte the same, while whole frames take 25/9 of it."""
    pipeline = presets("srgb_fast", Cfa.RGGB)
    small, large = phone_raw(3 * 64), phone_raw(5 * 64)

    tiles = [beyond_the_ends(tiled(pipeline, 64), frame) for frame in (small, large)]
    whole = [beyond_the_ends(pipeline, frame) for frame in (small, large)]

    assert tiles[1] == tiles[0]
    assert whole[1] > 2.7 * whole[0]
    # A tile and its margin, which is 5 brought up to a period: a dozen pictures of three planes
    # at once, the most while the curve of encode is put together from its parts.
    assert tiles[1] < 12 * 3 * 4 * (64 + 2 * 6) ** 2


CHILD = """

import torch
torch.set_num_threads(1)
from tests.isp.core.test_tiles import phone_raw
from apps.presets import presets
from isp.core.cfa import Cfa
from isp.core.tiles import tiled
pipeline = tiled(presets("srgb_fast", Cfa.RGGB), 512)
pipeline.develop(phone_raw(1200))  # what is loaded and cached on the way
frame = phone_raw(10000)
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the peak begins anew
status = open("/proc/self/status").read()
now = int(status.split("VmRSS:")[1].split()[0])
picture = pipeline.develop(frame)
peak = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
print((peak - now) * 1024, float(picture.data.mean()))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_a_hundred_megapixels_are_developed_in_their_output_and_a_tile() -> None:
    """The output: 3 planes of float32 and two masks, 14 bytes a pixel; 100 MB for all else."""
    answer = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True)

    assert answer.returncode == 0, answer.stderr
    peak = float(answer.stdout.split()[0])
    assert peak < 14 * 10000**2 + 100e6
