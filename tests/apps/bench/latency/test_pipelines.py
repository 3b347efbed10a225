"""A pipeline's stages and whole, in each variant of torch, as subjects that do what they say."""

import numpy as np
import pytest
import torch

from apps.bench.latency.pipelines import COMPILE, EAGER, FUSED, Torch, subjects, torch_device
from apps.bench.latency.quality import max_dn
from apps.bench.latency.raw_frames import simulated_frames
from apps.bench.latency.stage_inputs import StageInputs
from apps.presets import presets
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import MissingError, UsageError
from isp.core.frame import Frame
from isp.core.pipeline import Pipeline
from isp.files.profile import load_profile

RUN = Torch(device="cpu", threads=1, sha256="0" * 64)
PIPELINE = presets("srgb_fast", Cfa.RGGB)


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return simulated_frames(load_profile("GenericPhone"), (24, 36), count=3)


def test_the_whole_comes_first_then_each_stage_and_the_last_gives_the_wholes_picture(
    frames: list[Frame],
) -> None:
    made = list(subjects(PIPELINE, StageInputs(PIPELINE, frames), EAGER, None, RUN))

    assert [s.stage for s in made] == ["whole", *PIPELINE.names]
    whole, last = made[0], made[-1]
    for number in range(4):  # the fourth is the first again
        picture = whole.picture(whole.work(number))
        np.testing.assert_array_equal(picture, last.picture(last.work(number)))
        expected = PIPELINE.develop(frames[number % 3]).data.numpy()
        np.testing.assert_array_equal(picture, expected)
    assert whole.domain is Domain.SDR
    assert made[1].domain is Domain.MOSAIC
    assert {s.reference for s in made} == {None}


def test_bytes_are_pixels_and_masks_in_and_out_and_the_weights(frames: list[Frame]) -> None:
    whole, black_level, *_ = subjects(PIPELINE, StageInputs(PIPELINE, frames), EAGER, None, RUN)

    pixels = 24 * 36
    assert black_level.bytes_moved == (4 + 2 + 4 + 2) * pixels
    held = sum(t.numel() * t.element_size() for _, s in PIPELINE.stages
               for t in (*s.parameters(), *s.buffers()))  # fmt: skip
    assert whole.bytes_moved == (4 + 2 + 3 * 4 + 2) * pixels + held


def test_the_fused_pass_is_held_against_the_stages_that_it_stands_for(frames: list[Frame]) -> None:
    made = list(subjects(PIPELINE, StageInputs(PIPELINE, frames), FUSED, None, RUN))

    assert [s.stage for s in made] == ["whole", "black_level..encode"]
    for subject in made:
        assert subject.reference is not None
        expected = PIPELINE.develop(frames[1]).data.numpy()
        np.testing.assert_array_equal(subject.reference(1), expected)
        assert max_dn(subject.picture(subject.work(1)), expected, Domain.SDR) < 0.01


def test_one_stage_is_timed_on_what_the_stages_before_it_gave(frames: list[Frame]) -> None:
    (tone,) = subjects(PIPELINE, StageInputs(PIPELINE, frames), EAGER, "tone", RUN)

    (before,) = [t.frame for t in PIPELINE.tap(frames[2]) if t.name == "exposure"]
    np.testing.assert_array_equal(
        tone.picture(tone.work(2)), PIPELINE["tone"].develop(before).data.numpy()
    )


@pytest.mark.slow
@pytest.mark.usefixtures("unchecked")
@pytest.mark.filterwarnings("ignore:.torch.jit.script_method. is deprecated:DeprecationWarning")
def test_a_compiled_stage_is_held_against_the_eager_one_and_leaves_it_alone(
    frames: list[Frame],
) -> None:
    (made,) = subjects(PIPELINE, StageInputs(PIPELINE, frames), COMPILE, "black_level", RUN)

    assert made.variant == COMPILE
    assert made.reference is not None
    assert PIPELINE["black_level"]._compiled_call_impl is None
    assert max_dn(made.picture(made.work(0)), made.reference(0), Domain.MOSAIC) < 0.01


def test_a_stage_that_is_not_there_and_a_pass_that_no_kernel_knows_are_refused(
    frames: list[Frame],
) -> None:
    with pytest.raises(UsageError, match='torch-eager has no stage "tnoe"; it has whole, black_'):
        list(subjects(PIPELINE, StageInputs(PIPELINE, frames), EAGER, "tnoe", RUN))
    alone = Pipeline(PIPELINE["black_level"])
    with pytest.raises(UsageError, match="no compiled pass knows a part"):
        list(subjects(alone, StageInputs(alone, frames), FUSED, None, RUN))


def test_cuda_that_is_not_there_is_missing_and_a_graphs_provider_is_not_torchs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)

    with pytest.raises(MissingError, match=r"--provider cuda: torch .*nothing was run on the CPU"):
        torch_device("cuda")
    with pytest.raises(UsageError, match="for openvino export it first"):
        torch_device("openvino")


def test_rows_say_their_stages_and_a_fused_one_those_inside_it(frames: list[Frame]) -> None:
    fused = list(subjects(PIPELINE, StageInputs(PIPELINE, frames), FUSED, None, RUN))
    (encode,) = subjects(PIPELINE, StageInputs(PIPELINE, frames), EAGER, "encode", RUN)

    whole, run = ([(s["stage"], s["settings"]) for s in f.steps or ()] for f in fused)
    assert whole == run
    assert ("malvar2004", {}) in run
    assert len(run) == len(PIPELINE)
    assert [s["stage"] for s in encode.steps or ()] == ["encode"]
