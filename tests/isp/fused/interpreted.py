"""The GPU's kernel in Triton's interpreter, on a CPU: `test_gpu.py` runs this file by itself.

The interpreter is chosen when Triton is first imported, so this needs a process of its own:
TRITON_INTERPRET=1 pytest tests/isp/fused/interpreted.py
"""

import os
from dataclasses import replace

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.pipeline import Pipeline
from isp.fused import cpu, gpu
from isp.fused.shot_numbers import numbers_of
from isp.stages.black_level import BlackLevel
from isp.stages.colour_matrix import ColourMatrix
from isp.stages.demosaic.malvar2004 import MalvarDemosaic
from isp.stages.encode import Encode
from isp.stages.white_balance import WhiteBalance
from tests.isp.fused.frames import MASKS, codes_of, frame_of, fused_of, srgb
from tests.strategies import BAYER_PHASES

triton = pytest.importorskip("triton", reason="Triton is not installed")
if os.environ.get("TRITON_INTERPRET") != "1":
    pytest.skip("this needs TRITON_INTERPRET=1", allow_module_level=True)

DEFECTS = ((0, 0), (2, 5), (4, 7))


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Frames on the CPU take the GPU's form; one entry for each, whether it had an answer."""
    answers: list[bool] = []
    kernel, known = gpu.render, cpu.fits

    def render(*arguments: object) -> torch.Tensor | None:
        answer = kernel(*arguments)  # type: ignore[arg-type]
        answers.append(answer is not None)
        return answer

    monkeypatch.setattr(cpu, "fits", lambda _: False)
    monkeypatch.setattr(gpu, "fits", known)
    monkeypatch.setattr(gpu, "render", render)
    return answers


@pytest.mark.parametrize("tone", ["none", "filmic", "reinhard2002"])
@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
def test_a_frame_is_that_of_the_stages(used: list[bool], cfa: Cfa, tone: str) -> None:
    pipeline, frame = srgb(cfa, tone), frame_of(cfa, (7, 12), defects=DEFECTS)
    stages, stage = pipeline.develop(frame), fused_of(pipeline)

    fused = stage.develop(frame)

    assert float((codes_of(fused.data, 16) - codes_of(stages.data, 16)).abs().max()) <= 1
    assert fused.history == stages.history
    for name in MASKS:
        assert torch.equal(getattr(fused, name), getattr(stages, name)), name
    for bit_depth in (8, 16):
        codes = stage.develop_codes(frame, bit_depth).double()
        assert float((codes - codes_of(stages.data, bit_depth)).abs().max()) <= 1
    assert used == [True] * 3


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 3), (3, 3), (2, 300), (3, 257)], ids=str)
def test_any_size_is_developed(used: list[bool], size: tuple[int, int]) -> None:
    pipeline, frame = srgb(Cfa.GBRG), frame_of(Cfa.GBRG, size, defects=((0, 0),))
    stages = pipeline.develop(frame)

    fused = fused_of(pipeline).develop(frame)

    assert used == [True]
    assert float((codes_of(fused.data, 16) - codes_of(stages.data, 16)).abs().max()) <= 1
    for name in MASKS:
        assert torch.equal(getattr(fused, name), getattr(stages, name)), name


@pytest.mark.parametrize("encoded", [True, False])
def test_linear_ends_are_developed(used: list[bool], encoded: bool) -> None:
    cfa = Cfa.GRBG
    stages = [BlackLevel(cfa), WhiteBalance(cfa), MalvarDemosaic(cfa), ColourMatrix()]
    pipeline = Pipeline(*stages, *([Encode(transfer="linear")] if encoded else []))
    frame = frame_of(cfa, (6, 9))

    fused = fused_of(pipeline).develop(frame)

    assert used == [True]
    torch.testing.assert_close(fused.data, pipeline.develop(frame).data, rtol=1e-6, atol=3e-6)


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")  # numpy's, of the numbers
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e9])
def test_strange_values_are_left_to_the_stages(used: list[bool], value: float) -> None:
    frame = frame_of(Cfa.RGGB, (5, 6))
    dn = frame.data.clone()
    dn[1, 0, 4, 5] = value

    fused_of(srgb(Cfa.RGGB)).develop(replace(frame, data=dn))

    assert used == [False]


def test_integers_of_the_file_give_what_their_floats_give(used: list[bool]) -> None:
    frame = frame_of(Cfa.RGGB, (5, 6))
    fused = fused_of(srgb(Cfa.RGGB))
    numbers, _ = numbers_of(fused.run, fused.cfa, frame)

    codes = gpu.render(frame.data.to(torch.uint16), frame.clipped, fused.cfa, numbers, 8)

    assert codes is not None
    assert torch.equal(codes, fused.develop_codes(frame))
