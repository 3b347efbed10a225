"""The GPU's capture: what it hands to its kernels, and what comes out of them.

Its kernels run here in Triton's interpreter where Triton is installed, and on a CUDA device with
`--device cuda`; what is done in torch around them is tested everywhere.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.kernels.presence import triton_is_there
from isp.core.measured import saturation_limit
from isp.core.poisson import poisson
from isp.core.readings import Reading, SensorNoise
from isp.core.rng import Draws, Effect
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.files.profile import load_profile
from simulate.effects.shot_noise import largest_rate
from simulate.fused import cpu, gpu, gpu_kernel
from simulate.fused.maps import GAUSSIAN, LOGISTIC, TUKEY, KernelMaps, KernelReadOut, known
from simulate.sensor import Sensor
from tests.interpreter import run_interpreted
from tests.simulate.fused.test_cpu import EVERYTHING, assert_equal_but_for_rounding, noisy


def expected_of(profile: SensorProfile, size: tuple[int, int] = (2, 3), batch: int = 3) -> Frame:
    generator = torch.Generator().manual_seed(1)
    light = torch.exp(torch.rand(batch, 1, *size, generator=generator) * 13 - 3)
    shot = Shot(
        iso=torch.tensor([100.0, 400.0, 400.0])[:batch], body=5,
        exposure_time_s=torch.linspace(0.01, 0.2, batch),
        frame_number=torch.arange(batch) + 3, item=torch.arange(batch) + 2**31,
    )  # fmt: skip
    return Frame.start(light, Domain.EXPECTED, shot=shot, profile=profile)


PHONE = load_profile("GenericPhone")
NOISE = SensorNoise(
    system_gain_dn_per_e=torch.tensor([0.5, 0.1, 2.0]),
    read_noise_e=torch.tensor([3.0, 2.0, 1.0]),
    row_noise_e=torch.zeros(3),
    tukey_lambda_shape=torch.tensor([0.3, -0.1, 1e-13]),
    tukey_lambda_scale_e=torch.tensor([0.0, 5.0, 6.0]),
)


def test_a_cpu_s_frame_is_left_to_the_cpu() -> None:
    assert not gpu.fits(PHONE, expected_of(PHONE))


def test_each_image_has_its_numbers_in_the_kernel_s_columns() -> None:
    expected = expected_of(PHONE)
    maps = KernelMaps(
        light=expected.data, dark_e=torch.tensor([7.0, 8.0, 9.0], dtype=torch.float64),
        dark_factor=torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64),
    )  # fmt: skip

    table = gpu.number_table(expected, PHONE, NOISE, maps)

    time, dark, scale, shape, gain, limit = table.unbind(1)
    assert table.dtype == torch.float64
    assert time.tolist() == [0.1, 0.2, 0.3]  # not by way of float32
    assert dark.tolist() == [7.0, 8.0, 9.0]
    assert scale.tolist() == [3.0, 5.0, 6.0]  # read noise where there is no Tukey scale
    assert torch.equal(shape.float(), NOISE.tukey_lambda_shape)
    assert torch.equal(gain.float(), NOISE.system_gain_dn_per_e)
    assert torch.equal(limit.float(), saturation_limit(PHONE, expected.shot.iso, NOISE))


@pytest.mark.parametrize("seed", range(8))
def test_each_image_has_its_place_in_the_counter_space(seed: int) -> None:
    expected = expected_of(PHONE)

    table = gpu.place_table(expected, PHONE, NOISE, seed, (11, 4 * 50 + 3))

    key, frame, item, law, row, block = (column.tolist() for column in table.unbind(1))
    words = Draws(seed=seed, effect=Effect.SHOT, sensor=PHONE.name).key
    assert {((k >> 0) & 0xFFFFFFFF, (k >> 32) & 0xFFFFFFFF) for k in key} == {words}
    assert frame == [3, 4, 5]
    assert item == [2**31, 2**31 + 1, 2**31 + 2]
    assert law == [GAUSSIAN, TUKEY, LOGISTIC]
    assert (row, block) == ([11] * 3, [50] * 3)


@pytest.mark.parametrize(
    ("width", "skip", "blocks", "chunks"),
    [
        (1, 0, 64, 1), (256, 0, 64, 1), (257, 0, 128, 1), (256, 1, 128, 1), (512, 0, 128, 1),
        (1024, 0, 256, 1), (1025, 0, 64, 5), (4000, 0, 256, 4), (4000, 3, 256, 4),
    ],
)  # fmt: skip
def test_programs_cover_a_row_with_the_fewest_idle_photosites(
    width: int, skip: int, blocks: int, chunks: int
) -> None:
    assert gpu.blocks_of(width, skip) == (blocks, chunks)
    assert 4 * blocks * chunks >= skip + width


def test_a_map_for_all_images_has_a_step_of_0() -> None:
    one, many = torch.ones(1, 1, 4, 5), torch.ones(3, 1, 4, 10, dtype=torch.float64)[..., ::2]

    assert gpu.plane(None) == (None, 0)
    assert gpu.plane(one)[1] == 0
    whole, step = gpu.plane(many)
    assert whole is not None
    assert (step, whole.is_contiguous(), whole.dtype) == (20, True, torch.float32)


def test_doubtful_counts_become_exact_and_the_others_stay() -> None:
    rates = torch.tensor([3.0, 50.0, 1e6, 0.0]).reshape(2, 1, 1, 2)
    words = torch.tensor([5, 2**31 + 9, 2**32 - 1, 7])
    counts, doubtful = rates.clone(), torch.tensor([1, 1, 1, 0]).bool().reshape(2, 1, 1, 2)

    decided = gpu.decide(
        counts, doubtful, words.int().reshape(2, 1, 1, 2), torch.zeros(2, 6, dtype=torch.long)
    )

    assert decided
    assert torch.equal(counts.reshape(-1)[:3], poisson(rates.reshape(-1)[:3], words[:3]))
    assert float(counts.reshape(-1)[3]) == 0.0


@pytest.mark.parametrize(
    ("rate", "frame", "item"), [(-1.0, 0, 0), (3.0, 2**32, 0), (3.0, 0, 2**32), (3.0, -1, 0)]
)
def test_what_is_no_rate_and_a_number_without_draws_are_not_decided(
    rate: float, frame: int, item: int
) -> None:
    one = torch.ones(1, 1, 1, 1)
    places = torch.tensor([[2**63 - 1, frame, item, 0, 0, 0]])

    assert not gpu.decide(one * rate, one.bool(), one.int(), places)
    assert gpu.decide(one, one.bool(), one.int(), torch.tensor([[-1, 2**32 - 1, 0, 0, 0, 0]]))


@pytest.mark.parametrize("origin", [(-1, 0), (0, -1), (65_535, 0), (0, 262_142)])
def test_a_tile_outside_the_counter_space_is_left_to_the_chain(origin: tuple[int, int]) -> None:
    expected, zero = expected_of(PHONE), torch.zeros(1, 1, 1, 1)
    read_out = KernelReadOut(
        offset_e=None, column_gain=None, rows_e=zero, columns_e=zero, black_dn=zero
    )
    maps = KernelMaps.whole(expected.data)

    assert gpu.capture(expected, PHONE, NOISE, maps, read_out, 100.0, 1, origin) is None


class Recorder:
    """In a kernel's place: notes how it is launched, and leaves counts without doubt."""

    def __init__(self, masks: list[int]) -> None:
        self.masks = masks
        self.launches: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = []

    def __getitem__(self, grid: tuple[int]) -> Callable[..., None]:
        def launch(*arguments: Any, **options: Any) -> None:
            self.launches.append((grid, arguments, options))
            for index in self.masks:
                arguments[index].zero_()

        return launch


def test_one_launch_of_each_kernel_serves_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    draw, read = Recorder([5, 6]), Recorder([0, 8, 9])
    monkeypatch.setattr(gpu_kernel, "draw_electrons", draw)
    monkeypatch.setattr(gpu_kernel, "read_electrons", read)
    monkeypatch.setattr(cpu, "fits", lambda *_: False)
    monkeypatch.setattr(gpu, "fits", known)
    profile = PHONE.with_fields(read_out_order="eld", dark_current_e_per_s=1.0, dsnu_e=1.0)
    expected = expected_of(profile, size=(5, 301))

    Sensor(profile).capture(expected, 7, (1, 6))

    ((grid, arguments, options),) = draw.launches
    assert grid == (3 * 5 * 1,)
    assert options == {
        "HAS_DARK": True, "STREAM": Effect.SHOT << 24, "SKIP": 2, "BLOCKS": 128, "num_warps": 4,
        "enable_fp_fusion": False,
    }  # fmt: skip
    assert arguments[8:] == (5, 301, 1, 5 * 301, 0, 0, largest_rate(6000.0))
    ((grid, arguments, options),) = read.launches
    assert grid == (3 * 5 * 1,)
    assert options == {
        "NOISE_IS_GAINED": False, "STREAM": Effect.READ << 24, "SKIP": 2, "BLOCKS": 128,
        "num_warps": 4, "enable_fp_fusion": False,
    }  # fmt: skip
    assert arguments[10:] == (5, 301, 1, 2, 0, 5, 0, 2 * 301, 6000.0, 1023.0)


def test_the_kernels_give_the_chain_s_frames_in_the_interpreter() -> None:
    run_interpreted("tests/simulate/fused/interpreted.py")


@pytest.fixture
def cuda(device: torch.device, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """A CUDA device and Triton; one entry for each capture, whether the kernels answered."""
    if device.type != "cuda":
        pytest.skip("the kernels run on a GPU with --device cuda")
    if not triton_is_there():
        pytest.skip("the kernels need Triton, which is not installed")
    answers: list[bool] = []
    kernel = gpu.capture

    def capture(*arguments: Any) -> Any:
        answer = kernel(*arguments)
        answers.append(answer is not None)
        return answer

    monkeypatch.setattr(gpu, "capture", capture)
    return answers


@pytest.mark.parametrize("origin", [(0, 0), (3, 5), (100, 2)])
@pytest.mark.parametrize("order", ["emva", "eld"])
@pytest.mark.parametrize("camera", ["SonyA7S2", "GenericPhone"])
def test_on_a_gpu_every_effect_comes_out_as_the_chain_makes_it(
    cuda: list[bool], camera: str, order: str, origin: tuple[int, int]
) -> None:
    profile = noisy(load_profile(camera).with_fields(**EVERYTHING, read_out_order=order))
    expected = expected_of(profile, size=(601, 1103), batch=2).to("cuda")
    sensor = Sensor(profile)

    fused = sensor.capture(expected, 7, origin)
    chain = sensor.read_out(sensor.collect(expected, 7, origin), 7, origin)

    assert cuda == [True]
    assert_equal_but_for_rounding(fused, chain)
    on_cpu = Sensor(profile).capture(expected.to("cpu"), 7, origin)
    assert_equal_but_for_rounding(fused.to("cpu"), on_cpu)


@pytest.mark.parametrize("level", [0.05, 3.0, 9.0, 12.0, 40.0, 300.0, 2e4])
def test_on_a_gpu_the_electrons_are_the_cpu_s(cuda: list[bool], level: float) -> None:
    """With one DN per electron and no read noise, the DN are the electrons."""
    silent = Reading(iso=100.0, system_gain_dn_per_e=1.0)
    profile = PHONE.with_fields(
        readings=(silent,), bit_depth=16, white_level_dn=65535.0, full_well_e=60000.0,
        prnu_percent=2.0, dsnu_e=0.0,
    )  # fmt: skip
    light = torch.full((2, 1, 1000, 1003), level)
    shot = Shot(iso=torch.tensor([100.0, 100.0]), exposure_time_s=torch.tensor([0.1, 0.1]))
    frame = Frame.start(light, Domain.EXPECTED, shot=shot, profile=profile)

    fused = Sensor(profile).capture(frame.to("cuda"), 3).data.cpu()

    assert cuda == [True]
    assert torch.equal(fused, Sensor(profile).capture(frame, 3).data)
