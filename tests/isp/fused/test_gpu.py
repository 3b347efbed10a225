"""The GPU's development: what it hands to its kernel, and what comes out of it.

The kernel runs here in Triton's interpreter where Triton is installed, and on a CUDA device with
`--device cuda`; what is done in torch around it is tested everywhere.
"""

from typing import Any

import pytest
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.kernels.presence import triton_is_there
from isp.fused import cpu, gpu, gpu_kernel
from isp.fused.demosaics import MALVAR
from isp.fused.shot_numbers import ShotNumbers, kernel_matrices, numbers_of
from tests.interpreter import run_interpreted
from tests.isp.fused.frames import BLACK_DN, MASKS, codes_of, frame_of, fused_of, srgb
from tests.strategies import BAYER_PHASES


def numbers_for(cfa: Cfa, tone: str = "none", **frame: Any) -> ShotNumbers:
    stage = fused_of(srgb(cfa, tone))
    return numbers_of(stage.run, cfa, frame_of(cfa, **frame))[0]


def test_a_cpu_s_mosaic_is_left_to_the_cpu() -> None:
    assert not gpu.fits(torch.ones(1, 1, 4, 4))


@pytest.mark.parametrize("tone", ["none", "filmic", "reinhard2002"])
def test_each_image_has_its_numbers_in_the_kernel_s_columns(tone: str) -> None:
    numbers = numbers_for(Cfa.RGGB, tone)
    matrix, last, curve = (torch.from_numpy(v) for v in kernel_matrices(numbers, Cfa.RGGB))

    black, scale, level, before, after, rest = gpu.number_table(numbers, Cfa.RGGB).split(
        [4, 4, 1, 9, 9, 8], dim=1
    )

    assert black.tolist() == [list(BLACK_DN)] * 2
    torch.testing.assert_close(scale, torch.from_numpy(numbers.scale).float())
    assert numbers.level is not None
    torch.testing.assert_close(level[:, 0], torch.from_numpy(numbers.level).float())
    assert torch.equal(before, matrix)
    assert torch.equal(after, last)
    assert torch.equal(rest[:, : curve.shape[1]], curve)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 7), (9, 8)], ids=str)
@pytest.mark.parametrize("spoils", [True, False])
def test_masks_spread_as_on_the_cpu(size: tuple[int, int], spoils: bool) -> None:
    generator = torch.Generator().manual_seed(1)
    mask = torch.rand(2, 1, *size, generator=generator) > (0.9 if spoils else 0.1)

    assert torch.equal(gpu.spread(mask, spoils), cpu.spread(mask, spoils, Cfa.RGGB, MALVAR))


class Recorder:
    """In the kernel's place: notes how it is launched."""

    def __init__(self) -> None:
        self.launches: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = []

    def __getitem__(self, grid: tuple[int]) -> Any:
        return lambda *arguments, **options: self.launches.append((grid, arguments, options))


def launch(monkeypatch: pytest.MonkeyPatch, cfa: Cfa, depth: int | None, **frame: Any) -> Any:
    recorder = Recorder()
    monkeypatch.setattr(gpu_kernel, "render_pixels", recorder)
    given = frame_of(cfa, **frame)
    numbers = numbers_for(cfa, **frame)
    gpu.render(given.data, given.clipped, cfa, numbers, depth)
    return *recorder.launches[0], given, numbers


@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
def test_one_launch_serves_a_batch(cfa: Cfa, monkeypatch: pytest.MonkeyPatch) -> None:
    grid, arguments, options, *_ = launch(monkeypatch, cfa, 16, size=(5, 301))

    assert grid == (2 * 5 * 2,)
    assert arguments[7:] == (5, 301, 2, 65535.0)
    assert arguments[6].shape == (2, 5, 301, 3)
    assert arguments[6].dtype == torch.uint16
    assert options == {
        "SHIFT": int(cfa in (Cfa.GRBG, Cfa.GBRG)), "TONE_CURVE": 0, "CURVE": 2, "PLANES": False,
        "BLOCK": gpu.BLOCK,
    }  # fmt: skip


def test_floats_are_planes(monkeypatch: pytest.MonkeyPatch) -> None:
    _, arguments, options, *_ = launch(monkeypatch, Cfa.RGGB, None)

    assert options["PLANES"]
    assert arguments[6].shape == (2, 3, 23, 38)
    assert arguments[6].dtype == torch.float32


def test_defects_are_replaced_by_dn_that_balance_to_what_the_cpu_puts_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, arguments, _, frame, numbers = launch(
        monkeypatch, Cfa.GRBG, 8, size=(9, 12), defects=((3, 4), (3, 6), (0, 0))
    )

    mosaic: Tensor = arguments[0]
    assert int((mosaic != frame.data).sum()) <= 2 * 3
    for i in range(2):
        black, scale = (v[i].reshape(2, 2) for v in (numbers.black, numbers.scale))
        rows, columns = numbers.defects.rows, numbers.defects.columns
        found = mosaic[i, 0, rows, columns].double().numpy()
        site = rows & 1, columns & 1
        wanted = numbers.defects.corrected(frame.data[i, 0].numpy(), black, scale)
        assert (found - black[site]) * scale[site] == pytest.approx(wanted, abs=1e-6)


def test_the_kernel_gives_the_stages_frames_in_the_interpreter() -> None:
    run_interpreted("tests/isp/fused/interpreted.py")


@pytest.mark.parametrize("tone", ["none", "filmic", "reinhard2002"])
@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda cfa: cfa.name)
def test_on_a_gpu_a_frame_is_that_of_the_stages(device: torch.device, cfa: Cfa, tone: str) -> None:
    if device.type != "cuda" or not triton_is_there():
        pytest.skip("the kernel runs on a GPU with --device cuda, and needs Triton")
    pipeline = srgb(cfa, tone)
    frame = frame_of(cfa, (601, 1103), defects=((3, 3), (600, 1102))).to(device)
    stages, stage = pipeline.develop(frame), fused_of(pipeline)

    fused = stage.develop(frame)

    assert float((codes_of(fused.data, 16) - codes_of(stages.data, 16)).abs().max()) <= 1
    assert fused.history == stages.history
    for name in MASKS:
        assert torch.equal(getattr(fused, name), getattr(stages, name)), name
    codes = stage.develop_codes(frame, 8).double()
    assert float((codes - codes_of(stages.data, 8)).abs().max()) <= 1
