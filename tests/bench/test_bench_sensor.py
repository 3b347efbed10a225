"""The sensor on a 12 MP frame, beside what people write with numpy and torch."""

import functools
import math
import statistics
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from scipy.stats import tukeylambda
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.kernels.philox import philox_row
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.core.tukey_deviation import tukey_lambda_deviation
from isp.files.profile import load_profile
from simulate.fused import gpu
from simulate.pairs import PairSource
from simulate.sensor import Sensor

HEIGHT, WIDTH = 3000, 4000
BLACK_DN, READ_NOISE_E, LARGEST_DN = 64, 2.0, 4095
MEANS_E = (5.0, 50.0, 500.0)
SHOT = Shot.single(iso=100, exposure_time_s=0.01, f_number=2.8)
PLAIN = SensorProfile(
    name="bench",
    cfa=Cfa.RGGB,
    bit_depth=12,
    black_level_dn=(float(BLACK_DN),) * 4,
    white_level_dn=float(LARGEST_DN),
    readings=(Reading(iso=100, system_gain_dn_per_e=1.0, read_noise_e=READ_NOISE_E),),
)


@functools.cache
def scene_of(mean_e: float) -> Tensor:
    """Smooth light over six stops with the given mean, at most 2000 e-."""
    rows = torch.linspace(0, 3 * math.pi, HEIGHT)[:, None]
    columns = torch.linspace(0, 4 * math.pi, WIDTH)[None, :]
    light = torch.exp2(1.5 * (torch.sin(rows) + torch.cos(columns)))
    return (light * (mean_e / light.mean())).clamp(max=2000)


def fullwell(expected: Tensor, seed: int = 1) -> Tensor:
    frame = Frame.start(expected[None, None], Domain.EXPECTED, shot=SHOT, profile=PLAIN)
    return Sensor(PLAIN).capture(frame, seed).data[0, 0]


def numpy_pcg64(expected: Tensor, seed: int = 1) -> np.ndarray:
    rng = np.random.Generator(np.random.PCG64(seed))
    electrons = rng.poisson(expected.numpy())
    level = BLACK_DN + electrons + rng.normal(0, READ_NOISE_E, electrons.shape)
    return np.clip(np.rint(level), 0, LARGEST_DN).astype(np.uint16)


def torch_poisson(expected: Tensor, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    electrons = torch.poisson(expected, generator=generator)
    noise = torch.randn(expected.shape, generator=generator)
    return torch.round(BLACK_DN + electrons + READ_NOISE_E * noise).clamp(0, LARGEST_DN)


def check_flat(capture: Callable[[Tensor], Tensor | np.ndarray], mean_e: float) -> None:
    """Mean and variance of a flat field are those of Poisson, read noise and rounding."""
    n = 1_000_000
    dn = np.asarray(capture(torch.full((1000, 1000), mean_e)), dtype=np.float64)
    variance = mean_e + READ_NOISE_E**2 + 1 / 12
    assert abs(dn.mean() - BLACK_DN - mean_e) < 5 * math.sqrt(variance / n)
    assert abs(dn.var() - variance) < 5 * math.sqrt((variance + 2 * variance**2) / n)


@pytest.mark.parametrize("mean_e", MEANS_E)
@pytest.mark.parametrize(
    ("name", "capture"),
    [
        ("fullwell Sensor.capture", fullwell),
        ("numpy PCG64 poisson + normal, float64", numpy_pcg64),
        ("torch.poisson + torch.randn, float32", torch_poisson),
    ],
    ids=["fullwell", "numpy", "torch"],
)
def test_shot_noise_read_noise_and_adc(measure, name: str, capture, mean_e: float) -> None:
    check_flat(capture, mean_e)
    scene = scene_of(mean_e)

    dn = measure(
        lambda: capture(scene),
        group=f"sensor, mean {mean_e:g} e-",
        name=name,
        ours=name.startswith("fullwell"),
    )

    mean = float(np.asarray(dn, dtype=np.float64).mean())
    assert mean - BLACK_DN == pytest.approx(float(scene.double().mean()), abs=0.1)


def on_threads(count: int, expected: Tensor) -> Tensor:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        return fullwell(expected)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("mean_e", [50.0, 500.0])
@pytest.mark.parametrize("threads_used", [1, 2])
def test_two_threads_against_one(measure, threads_used: int, mean_e: float) -> None:
    scene = scene_of(mean_e)

    dn = measure(
        lambda: on_threads(threads_used, scene),
        group=f"sensor, threads, mean {mean_e:g} e-",
        name=f"fullwell Sensor.capture, {threads_used} thread(s)",
        ours=threads_used == 1,
        against=None if threads_used == 1 else lambda: on_threads(1, scene),
    )

    assert torch.equal(dn, on_threads(1, scene))


@pytest.mark.parametrize("threads_used", [1, 2])
def test_what_this_machine_gives_two_threads(measure, threads_used: int) -> None:
    """Random words alone, from cache to cache: no program on two threads scales better."""
    words, calls = np.empty(1 << 18, np.uint32), 184  # 48 million words: 12 MP take milliseconds

    def draw(first: int, last: int) -> int:
        own, total = np.empty_like(words), 0
        for number in range(first, last):
            philox_row(0, number, 0, 0, 1, 2, len(own) // 4, own)
            total += int(own[-1])
        return total

    ends = np.linspace(0, calls, threads_used + 1).astype(int)
    with ThreadPoolExecutor(threads_used) as pool:
        total = measure(
            lambda: sum(pool.map(draw, ends[:-1].tolist(), ends[1:].tolist())),
            group="the machine: random words alone",
            name=f"Philox4x32-10, {threads_used} thread(s)",
            ours=threads_used == 1,
            megapixels=calls * words.size / 1e6,
        )
    assert total == draw(0, calls)


ELD = load_profile("SonyA7S2").with_fields(prnu_percent=0.0)
ELD_ISO = 1600.0
ELD_SHOT = Shot.single(iso=ELD_ISO, exposure_time_s=0.01, f_number=2.8)


def eld_fullwell(expected: Tensor, seed: int = 1) -> Tensor:
    frame = Frame.start(expected[None, None], Domain.EXPECTED, shot=ELD_SHOT, profile=ELD)
    return Sensor(ELD).capture(frame, seed).data[0, 0]


def eld_chain(expected: Tensor, seed: int = 1) -> Tensor:
    frame = Frame.start(expected[None, None], Domain.EXPECTED, shot=ELD_SHOT, profile=ELD)
    sensor = Sensor(ELD)
    return sensor.read_out(sensor.collect(frame, seed), seed).data[0, 0]


def eld_recipe(expected: np.ndarray, rng: np.random.Generator, noise: Reading) -> np.ndarray:
    """The ELD model as people write it: numpy's Poisson and normal, scipy's Tukey lambda."""
    gain = noise.system_gain_dn_per_e
    level = 512 + gain * rng.poisson(expected)
    level += tukeylambda.rvs(
        noise.tukey_lambda_shape, scale=gain * noise.tukey_lambda_scale_e, size=expected.shape,
        random_state=rng,
    )  # fmt: skip
    level += rng.normal(0, gain * noise.row_noise_e, (expected.shape[0], 1))
    level += rng.uniform(-0.5, 0.5, expected.shape)
    return np.clip(np.rint(level), 0, 16383).astype(np.uint16)


def reading_at(iso: float) -> Reading:
    return next(r for r in ELD.readings if r.iso == iso)


def eld_numpy(expected: Tensor, seed: int = 1) -> np.ndarray:
    return eld_recipe(expected.numpy(), np.random.default_rng(seed), reading_at(ELD_ISO))


@pytest.mark.parametrize(
    ("name", "capture"),
    [
        ("fullwell Sensor.capture", eld_fullwell),
        ("fullwell, the chain of effects", eld_chain),
        ("numpy and scipy, the ELD recipe", eld_numpy),
    ],
    ids=["fullwell", "chain", "recipe"],
)
def test_the_full_eld_model(measure, name: str, capture) -> None:
    noise, mean_e, n = reading_at(ELD_ISO), 50.0, 1_000_000
    dn = np.asarray(capture(torch.full((1000, 1000), mean_e)), dtype=np.float64)
    tail = tukey_lambda_deviation(noise.tukey_lambda_shape) * noise.tukey_lambda_scale_e
    variance = noise.system_gain_dn_per_e**2 * (mean_e + tail**2 + noise.row_noise_e**2)
    row = noise.system_gain_dn_per_e**2 * noise.row_noise_e**2 / 1000
    mean = 512 + noise.system_gain_dn_per_e * mean_e
    assert abs(dn.mean() - mean) < 5 * math.sqrt(variance / n + row)
    assert dn.var() == pytest.approx(variance, rel=0.02)  # the recipe counts quantisation twice
    scene = scene_of(mean_e)

    measure(
        lambda: capture(scene), group="sensor, full ELD model, mean 50 e-", name=name,
        ours=name == "fullwell Sensor.capture",
    )  # fmt: skip


PAIR_SIZE, PAIRS = 512, 4


def pairs_fullwell(light: list[Tensor]) -> tuple[Tensor, Tensor]:
    source = PairSource(light, ELD, size=PAIR_SIZE, levels_e=(20.0, 2000.0))
    return source.batch(torch.arange(PAIRS)).packed()


def pairs_recipe(light: list[Tensor]) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(1)
    return [recipe_pair(light, rng) for _ in range(PAIRS)]


def recipe_pair(light: list[Tensor], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    mosaic = light[rng.integers(len(light))].numpy()
    y, x = (2 * rng.integers((s - PAIR_SIZE) // 2 + 1) for s in mosaic.shape)
    level = 20 * 100 ** rng.uniform()
    clean = mosaic[y : y + PAIR_SIZE, x : x + PAIR_SIZE] * level
    noise = ELD.readings[rng.integers(len(ELD.readings))]
    noisy = eld_recipe(clean, rng, noise).astype(np.float32)
    clean = 512 + noise.system_gain_dn_per_e * clean
    phases = [(0, 0), (0, 1), (1, 0), (1, 1)]
    return tuple(np.stack([m[i::2, j::2] for i, j in phases]) for m in (noisy, clean))


@pytest.mark.parametrize(
    ("name", "make"),
    [("fullwell PairSource", pairs_fullwell), ("numpy and scipy, the ELD recipe", pairs_recipe)],
    ids=["fullwell", "recipe"],
)
def test_training_pairs(measure, name: str, make) -> None:
    light = [scene_of(50.0)[:1024, :1536] / 500, scene_of(50.0)[1000:2200, 1000:3000] / 500]
    for noisy, clean in zip(*make(light), strict=True) if name.startswith("full") else make(light):
        difference = np.asarray(noisy, np.float64) - np.asarray(clean, np.float64)
        assert np.abs(difference).mean() > 0.1
        # The row noise of a pair is one number a row, so its mean falls with the rows only.
        assert abs(difference.mean()) < 5 * difference.std() / math.sqrt(PAIR_SIZE)

    measure(
        lambda: make(light), group=f"sensor, {PAIRS} training pairs of {PAIR_SIZE} x {PAIR_SIZE}",
        name=name, ours=name.startswith("fullwell"), megapixels=PAIRS * PAIR_SIZE**2 / 1e6,
        against=(lambda: pairs_recipe(light)) if name.startswith("fullwell") else None,
    )  # fmt: skip


@pytest.mark.parametrize("camera", ["GenericPhone", "SonyA7S2"])
def test_every_noise_source_of_a_profile(measure, camera: str) -> None:
    profile = load_profile(camera)
    frame = Frame.start(scene_of(50.0)[None, None], Domain.EXPECTED, shot=SHOT, profile=profile)
    sensor = Sensor(profile)
    truth = sensor.expected_dn(frame).data.double().mean()

    captured = measure(
        lambda: sensor.capture(frame, seed=1),
        group="sensor, all noise of a profile, mean 50 e-",
        name=f"fullwell Sensor.capture, {camera}",
        ours=True,
    )

    assert captured.data.double().mean() == pytest.approx(float(truth), abs=0.1)


GPU_ROUNDS, GPU_WARM_UP = 30, 5
BYTES_PER_PHOTOSITE = 4 + 4 + 1 + 1  # light in; DN and two masks out: the least that must move


def seconds_on_gpu(work: Callable[[], object], rounds: int = GPU_ROUNDS) -> float:
    """Median by CUDA events, after rounds that compile and warm up."""
    seconds = []
    for index in range(GPU_WARM_UP + rounds):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        torch.cuda.synchronize()
        start.record()
        work()
        end.record()
        torch.cuda.synchronize()
        if index >= GPU_WARM_UP:
            seconds.append(start.elapsed_time(end) / 1000)
    return statistics.median(seconds)


def copied_bytes_per_s() -> float:
    """Read and written by a device copy of 4 GiB, far more than a cache holds."""
    source = torch.empty(1 << 30, dtype=torch.float32, device="cuda").normal_(
        generator=torch.Generator("cuda").manual_seed(1)
    )
    target = torch.empty_like(source)
    return 2 * source.nbytes / seconds_on_gpu(lambda: target.copy_(source))


def torch_on_gpu(frame: Frame, generator: torch.Generator) -> Tensor:
    electrons = torch.poisson(frame.data, generator=generator)
    noise = torch.randn(frame.data.shape, generator=generator, device=frame.data.device)
    return torch.round(BLACK_DN + electrons + READ_NOISE_E * noise).clamp(0, LARGEST_DN)


@pytest.mark.parametrize("name", ["plain", "full ELD model", "torch.poisson + torch.randn"])
@pytest.mark.parametrize("mean_e", MEANS_E)
def test_a_frame_on_a_gpu(benchmark, name: str, mean_e: float) -> None:
    """Without copies from and to the host; batch 1; nothing is claimed where this is skipped."""
    if not torch.cuda.is_available():
        pytest.skip("the sensor on a GPU is timed where there is a CUDA device")
    profile, shot = (ELD, ELD_SHOT) if name == "full ELD model" else (PLAIN, SHOT)
    frame = Frame.start(scene_of(mean_e)[None, None], Domain.EXPECTED, shot=shot, profile=profile)
    on_gpu, sensor = frame.to("cuda"), Sensor(profile)
    generator = torch.Generator("cuda").manual_seed(1)

    def capture() -> Tensor:
        if name.startswith("torch"):
            return torch_on_gpu(on_gpu, generator)
        return sensor.capture(on_gpu, 1).data

    if not name.startswith("torch"):
        assert gpu.fits(profile, on_gpu), "without Triton this would time the chain of effects"
        difference = (capture().cpu() - Sensor(profile).capture(frame, 1).data).abs()
        assert float(difference.max()) <= 1
        assert float((difference > 0).double().mean()) <= 1e-4
    photosites, seconds = frame.data.numel(), seconds_on_gpu(capture)
    ceiling = copied_bytes_per_s()

    benchmark.group = f"sensor on a GPU, mean {mean_e:g} e-"
    benchmark.name = f"{name}, {torch.cuda.get_device_name()}"
    benchmark.pedantic(
        lambda: (capture(), torch.cuda.synchronize()), rounds=GPU_ROUNDS, iterations=1,
        warmup_rounds=GPU_WARM_UP,
    )  # fmt: skip
    benchmark.extra_info.update(
        megapixels=photosites / 1e6,
        ours=not name.startswith("torch"),
        gpx_per_s=photosites / seconds / 1e9,
        device_copy_tb_per_s=ceiling / 1e12,
        share_of_device_copy=photosites * BYTES_PER_PHOTOSITE / seconds / ceiling,
    )
