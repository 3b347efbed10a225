"""The GPU's kernels in Triton's interpreter, on a CPU: `test_gpu.py` runs this file by itself.

The interpreter is chosen when Triton is first imported, so this needs a process of its own:
TRITON_INTERPRET=1 pytest tests/simulate/fused/interpreted.py
"""

import os
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import tukeylambda
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import DrawError
from isp.core.frame import Frame
from isp.core.poisson import poisson
from isp.core.readings import Reading
from isp.core.rng import normal, uniform
from isp.core.sensor import Defect, SensorProfile
from isp.core.shot import Shot
from isp.files.profile import load_profile
from simulate.fused import cpu, gpu
from simulate.fused.maps import known
from simulate.sensor import Sensor
from tests.simulate.fused.test_cpu import EVERYTHING, assert_equal_but_for_rounding, noisy

triton = pytest.importorskip("triton", reason="Triton is not installed")
if os.environ.get("TRITON_INTERPRET") != "1":
    pytest.skip("this needs TRITON_INTERPRET=1", allow_module_level=True)

import triton.language as tl  # noqa: E402
from triton.runtime.interpreter import InterpreterBuilder, TensorHandle  # noqa: E402

from simulate.fused import gpu_functions  # noqa: E402

HEIGHT, WIDTH = 7, 75
MANY = 1 << 17


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Frames on the CPU take the GPU's form; one entry for each, whether it had an answer."""
    answers: list[bool] = []
    kernel = gpu.capture

    def capture(*arguments: Any) -> tuple[Tensor, Tensor, Tensor] | None:
        answer = kernel(*arguments)
        answers.append(answer is not None)
        return answer

    monkeypatch.setattr(cpu, "fits", lambda *_: False)
    monkeypatch.setattr(gpu, "fits", known)
    monkeypatch.setattr(gpu, "capture", capture)
    return answers


@pytest.fixture(params=["separate", "fused"])
def multiply_adds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the interpreter's own multiply-add of two roundings, and with a GPU's of one."""
    if request.param == "fused":

        def fma(self: Any, x: TensorHandle, y: TensorHandle, z: TensorHandle) -> TensorHandle:
            # The product of two float32 is exact in float64.
            whole = x.data.astype(np.float64) * y.data + z.data
            return TensorHandle(whole.astype(x.data.dtype), x.dtype.scalar)

        monkeypatch.setattr(InterpreterBuilder, "create_fma", fma)
    return str(request.param)


def expected_of(
    profile: SensorProfile,
    batch: int = 2,
    size: tuple[int, int] = (HEIGHT, WIDTH),
    levels: tuple[float, float] = (0.05, 2e4),
) -> Frame:
    """Light of every level between two, first rows without any; each image with its own shot."""
    generator = torch.Generator().manual_seed(1)
    low, high = np.log(levels)
    light = torch.exp(torch.rand(batch, 1, *size, generator=generator) * (high - low) + low)
    light[:, :, :2] = 0
    shot = Shot(
        iso=torch.tensor([float(r.iso) for r in profile.readings] * batch)[:batch],
        exposure_time_s=torch.linspace(0.01, 0.2, batch), body=5,
        frame_number=torch.arange(batch) + 3, item=torch.arange(batch) + 2**31,
    )  # fmt: skip
    return Frame.start(light, Domain.EXPECTED, shot=shot, profile=profile)


def both(
    profile: SensorProfile, expected: Frame, origin: tuple[int, int] = (0, 0), seed: int = 7
) -> tuple[Frame, Frame]:
    sensor = Sensor(profile)
    collected = sensor.collect(expected, seed, origin)
    return sensor.capture(expected, seed, origin), sensor.read_out(collected, seed, origin)


@pytest.mark.parametrize("order", ["emva", "eld"])
@pytest.mark.parametrize(
    ("camera", "origin"),
    [("SonyA7S2", (0, 0)), ("SonyA7S2", (3, 5)), ("GenericPhone", (100, 2))],
)
def test_every_effect_comes_out_as_the_chain_makes_it(
    used: list[bool], camera: str, order: str, origin: tuple[int, int]
) -> None:
    profile = noisy(load_profile(camera).with_fields(**EVERYTHING, read_out_order=order))

    assert_equal_but_for_rounding(*both(profile, expected_of(profile), origin))
    assert used == [True]


@pytest.mark.parametrize(
    "effect",
    [
        {}, {"prnu_percent": 1.0}, {"dark_current_e_per_s": 50.0}, {"hot_pixel_fraction": 0.1},
        {"dsnu_e": 2.0}, {"column_gain_percent": 0.5}, {"shading": {"R": (-0.3, 0.1)}},
        {"rts_fraction": 0.1, "rts_amplitude_e": 30.0},
    ],
)  # fmt: skip
def test_an_effect_that_is_not_there_leaves_no_trace(
    used: list[bool], effect: dict[str, Any]
) -> None:
    profile = load_profile("CanonEOS70D").with_fields(**effect)

    assert_equal_but_for_rounding(*both(profile, expected_of(profile, batch=1)))
    assert used == [True]


@pytest.mark.parametrize("shape", [-0.3, 1e-9, 0.6])
def test_heavy_tails_of_any_shape_come_out_as_the_chain_makes_them(
    used: list[bool], shape: float
) -> None:
    profile = noisy(load_profile("SonyA7S2"), tukey_lambda_shape=shape, tukey_lambda_scale_e=4.0)

    assert_equal_but_for_rounding(*both(profile, expected_of(profile)))
    assert used == [True]


def test_images_of_a_batch_have_laws_gains_and_black_levels_of_their_own(used: list[bool]) -> None:
    profile = load_profile("GenericPhone").with_fields(
        readings=(
            Reading(iso=100.0, system_gain_dn_per_e=0.3, read_noise_e=3.0,
                    colour_bias_dn=(3.0, 0.0, -4.0, 1.0)),
            Reading(iso=400.0, system_gain_dn_per_e=1.1, read_noise_e=2.0,
                    tukey_lambda_shape=-0.1, tukey_lambda_scale_e=6.0,
                    colour_bias_dn=(-7.0, 2.0, 5.0, 0.5)),
            Reading(iso=800.0, system_gain_dn_per_e=2.2, read_noise_e=2.0,
                    tukey_lambda_shape=0.0, tukey_lambda_scale_e=2.0),
        )
    )  # fmt: skip

    assert_equal_but_for_rounding(*both(profile, expected_of(profile, batch=3)))
    assert used == [True]


def counting(profile: SensorProfile, gain: float = 1.0) -> SensorProfile:
    """One DN, or so many, for each electron and no read noise."""
    silent = Reading(iso=100.0, system_gain_dn_per_e=gain)
    return profile.with_fields(
        readings=(silent,), bit_depth=16, white_level_dn=65535.0, full_well_e=60000.0,
        prnu_percent=2.0, dsnu_e=0.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("levels", "seed"),
    [((0.01, 9.0), 0), ((12.0, 1e3), 1), ((1e4, 5e4), 2), ((8.0, 12.0), 2**64 - 1)],
)
def test_the_electrons_are_the_very_same(
    used: list[bool], levels: tuple[float, float], seed: int
) -> None:
    profile = counting(load_profile("GenericPhone"))

    fused, chain = both(profile, expected_of(profile, levels=levels), seed=seed)

    assert used == [True]
    assert torch.equal(fused.data, chain.data)
    assert len(fused.data.unique()) > 9


@pytest.mark.parametrize("nonuniformity", [0.0, 0.3])
def test_the_rate_is_rounded_once(used: list[bool], nonuniformity: float) -> None:
    """One rounding more moves half the rates by 0.002 e-, and so some nine of 8800 counts."""
    profile = counting(load_profile("GenericPhone")).with_fields(
        dark_current_e_per_s=51.237, dark_current_nonuniformity=nonuniformity
    )

    fused, chain = both(profile, expected_of(profile, size=(6, 1100), levels=(2e4, 5e4)))

    assert used == [True]
    assert torch.equal(fused.data, chain.data)


@pytest.mark.parametrize("gain", [0.5, 1.0371])
def test_half_a_dn_goes_to_the_even_code_and_nothing_else_is_near_it(
    used: list[bool], gain: float
) -> None:
    """At 0.5 DN per electron every odd count is a tie; at 1.0371 float32 would miss DN of 5e4."""
    profile = counting(load_profile("GenericPhone"), gain)

    fused, chain = both(profile, expected_of(profile, levels=(2e4, 5e4)))

    assert used == [True]
    assert torch.equal(fused.data, chain.data)


@pytest.mark.parametrize(("width", "x"), [(1, 0), (2, 3), (5, 200_001), (255, 2), (1100, 1)])
def test_a_tile_of_any_width_is_the_crop_of_the_frame(used: list[bool], width: int, x: int) -> None:
    profile = noisy(load_profile("SonyA7S2").with_fields(dsnu_e=2.0, column_gain_percent=0.5))

    expected = expected_of(profile, size=(2, width), levels=(1.0, 300.0))
    assert_equal_but_for_rounding(*both(profile, expected, (40_000, x)))
    assert used == [True]


@pytest.mark.parametrize("light", [-1.0, float("nan")])
def test_light_that_is_no_light_is_refused_as_by_the_chain(used: list[bool], light: float) -> None:
    profile = load_profile("GenericPhone")
    frame = expected_of(profile, batch=2)
    data = frame.data.clone()
    data[1, 0, 5, 30] = light

    with pytest.raises(DrawError, match="Poisson rate"):
        Sensor(profile).capture(replace(frame, data=data), 1)
    assert used == [False]


@pytest.mark.parametrize(
    ("change", "origin"),
    [
        ({"frame_number": torch.tensor([0, 2**32])}, (0, 0)),
        ({"item": torch.tensor([-1, 0])}, (0, 0)),
        ({}, (65_530, 0)),
        ({}, (0, 262_140)),
    ],
)
def test_a_photosite_without_draws_of_its_own_is_refused_as_by_the_chain(
    used: list[bool], change: dict[str, Tensor], origin: tuple[int, int]
) -> None:
    profile = load_profile("GenericPhone")
    frame = expected_of(profile)
    frame = replace(frame, shot=replace(frame.shot, **change))

    with pytest.raises(DrawError):
        Sensor(profile).capture(frame, 1, origin)


def test_a_photosite_at_the_limit_itself_is_clipped(used: list[bool]) -> None:
    """White is 1000 DN and the margin 1, so that 999 is the lowest code without a measurement."""
    profile = counting(load_profile("GenericPhone")).with_fields(white_level_dn=1000.0)

    fused, chain = both(profile, expected_of(profile, levels=(900.0, 960.0)))

    assert used == [True]
    assert bool(fused.clipped[fused.data == 999].all())
    assert {998.0, 999.0, 1000.0} <= set(fused.data.unique().tolist())
    assert torch.equal(fused.clipped, chain.clipped)
    assert torch.equal(fused.measured, chain.measured)


def test_light_of_any_strength_fills_the_well(used: list[bool]) -> None:
    profile = load_profile("GenericPhone")
    frame = expected_of(profile, batch=1)

    fused, chain = both(profile, replace(frame, data=torch.full_like(frame.data, float("inf"))))

    assert used == [True]
    assert torch.equal(fused.data, chain.data)
    assert bool(fused.clipped.all())


def test_listed_defects_keep_their_masks(used: list[bool]) -> None:
    profile = load_profile("GenericPhone").with_fields(
        defects=(Defect(row=0, column=0), Defect(row=5, column=70), Defect(row=9999, column=0))
    )

    fused, chain = both(profile, expected_of(profile))

    assert used == [True]
    assert not fused.measured[:, 0, 5, 70].any()
    assert_equal_but_for_rounding(fused, chain)


@pytest.mark.parametrize("layout", ["strided", "expanded"])
def test_light_in_any_memory_layout_gives_the_same_dn(used: list[bool], layout: str) -> None:
    profile = load_profile("GenericPhone")
    frame = expected_of(profile)
    other = frame.data.transpose(2, 3).contiguous().transpose(2, 3)
    if layout == "expanded":
        other = torch.tensor(7.0).expand(frame.data.shape)

    fused, chain = both(profile, replace(frame, data=other))

    assert used == [True]
    assert_equal_but_for_rounding(fused, chain)


@triton.jit
def counts_of(rate, word, count, doubtful, n: tl.constexpr):
    i = tl.arange(0, n)
    few, doubt = gpu_functions.poisson(tl.load(rate + i), tl.load(word + i).to(tl.uint32))
    tl.store(count + i, few)
    tl.store(doubtful + i, doubt)


def random_words(n: int, seed: int) -> Tensor:
    """Words all over, and many at the ends of their range."""
    generator = torch.Generator().manual_seed(seed)
    words = torch.randint(0, 2**32, (n,), generator=generator)
    words[: n // 8] >>= torch.randint(0, 33, (n // 8,), generator=generator)
    words[: n // 16] = 2**32 - 1 - words[: n // 16]
    return words


@pytest.mark.parametrize(
    ("low", "high"),
    [(1e-3, 1.0), (1.0, 10.0), (10.0, 30.0), (30.0, 100.0), (100.0, 1e4), (1e4, 1e6), (1e6, 2**24)],
)  # fmt: skip
def test_a_count_without_doubt_is_exact(low: float, high: float, multiply_adds: str) -> None:
    generator = torch.Generator().manual_seed(2)
    rate = low * (high / low) ** torch.rand(MANY, generator=generator)
    words = random_words(MANY, 3)
    count, doubtful = torch.empty(MANY), torch.empty(MANY, dtype=torch.bool)

    counts_of[(1,)](rate, words, count, doubtful, n=MANY)

    sure = ~doubtful
    assert torch.equal(count[sure], poisson(rate, words)[sure])
    assert float(sure.double().mean()) > (0.8 if low < 100 else 0.94)


@triton.jit
def deviates_of(word, gaussian, logistic, tukey, shape, n: tl.constexpr):
    i = tl.arange(0, n)
    words = tl.load(word + i).to(tl.uint32)
    tl.store(gaussian + i, gpu_functions.normal(words))
    tl.store(logistic + i, gpu_functions.logistic(words))
    tl.store(tukey + i, gpu_functions.tukey_lambda(words, tl.load(shape)))


@pytest.mark.parametrize("shape", [-0.2, 0.14])
def test_the_quantiles_are_those_of_their_laws(shape: float, multiply_adds: str) -> None:
    words = random_words(MANY, 4)
    gaussian, logistic, tukey = torch.empty(3, MANY)

    deviates_of[(1,)](words, gaussian, logistic, tukey, torch.tensor([shape]), n=MANY)

    z = normal(words).numpy()  # the bounds are those of the CPU's functions
    np.testing.assert_allclose(gaussian.numpy(), z, atol=6e-7, rtol=3e-7)
    p, q = uniform(words).numpy(), uniform(0xFFFFFFFF - words).numpy()
    np.testing.assert_allclose(logistic.numpy(), np.log(p / q), rtol=3e-7, atol=2e-7)
    upper = -tukeylambda.ppf(np.minimum(p, q), np.float64(np.float32(shape)))
    law = np.where(p > q, upper, -upper)
    np.testing.assert_allclose(tukey.numpy(), law, rtol=5e-6, atol=5e-7)
