"""The compiled capture is the chain of effects: every integer draw, and the DN but for a few."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import DrawError
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import Defect, SensorProfile
from isp.core.shot import Shot
from isp.files.profile import load_profile
from simulate.fused.cpu import fits
from simulate.sensor import Sensor

HEIGHT, WIDTH = 301, 1103  # more than a row of the kernel, and no multiple of anything
SHARE_OF_DN = 1e-4  # the contract: DN may differ by 1 in at most this share of the photosites

EVERYTHING: dict[str, Any] = {
    "prnu_percent": 1.0, "prnu_column_share": 0.3, "dsnu_e": 2.0, "dsnu_column_share": 0.2,
    "column_fpn_e": 1.0, "row_fpn_e": 0.5, "column_gain_percent": 0.5,
    "dark_current_e_per_s": 50.0, "dark_current_nonuniformity": 0.3, "hot_pixel_fraction": 0.01,
    "dead_pixel_fraction": 0.01, "rts_fraction": 0.01, "rts_amplitude_e": 30.0,
    "full_well_e": 9000.5, "temperature_c": 31.0,
}  # fmt: skip


def noisy(profile: SensorProfile, **changes: float) -> SensorProfile:
    """The profile with every temporal line noise and a black level error in its readings."""
    bias = tuple(0.3 * k - 0.4 for k in range(len(profile.black_level_dn)))
    readings = tuple(
        replace(
            r, column_noise_e=0.7, banding_amplitude_e=1.3, row_noise_e=0.9, colour_bias_dn=bias,
            **changes,
        )
        for r in profile.readings
    )  # fmt: skip
    return profile.with_fields(readings=readings)


def expected_of(profile: SensorProfile, batch: int = 2) -> Frame:
    generator = torch.Generator().manual_seed(1)
    light = torch.exp(torch.rand(batch, 1, HEIGHT, WIDTH, generator=generator) * 13 - 3)
    light[:, :, :5] = 0
    isos = torch.tensor([r.iso for r in profile.readings] * batch)[:batch]
    shot = Shot(
        iso=isos, exposure_time_s=torch.linspace(0.01, 0.2, batch), body=5,
        frame_number=torch.arange(batch) + 3, item=torch.arange(batch) + 2**31,
    )  # fmt: skip
    return Frame.start(light, Domain.EXPECTED, shot=shot, profile=profile)


def both(
    profile: SensorProfile, expected: Frame, origin: tuple[int, int] = (0, 0)
) -> tuple[Frame, Frame]:
    sensor = Sensor(profile)
    assert fits(profile, expected)
    collected = sensor.collect(expected, 7, origin)
    return sensor.capture(expected, 7, origin), sensor.read_out(collected, 7, origin)


def assert_equal_but_for_rounding(fused: Frame, chain: Frame) -> None:
    difference = (fused.data - chain.data).abs()
    assert float(difference.max()) <= 1
    assert float((difference > 0).double().mean()) <= SHARE_OF_DN
    same = difference == 0
    for name in ("measured", "clipped", "generated"):
        assert torch.equal(getattr(fused, name) & same, getattr(chain, name) & same), name
    assert fused.history == chain.history
    assert fused.profile == chain.profile
    assert fused.domain is chain.domain is Domain.RAW


@pytest.mark.parametrize("origin", [(0, 0), (3, 5), (100, 2)])
@pytest.mark.parametrize("order", ["emva", "eld"])
@pytest.mark.parametrize("camera", ["SonyA7S2", "GenericPhone"])
def test_every_effect_comes_out_as_the_chain_makes_it(
    camera: str, order: str, origin: tuple[int, int]
) -> None:
    profile = noisy(load_profile(camera).with_fields(**EVERYTHING, read_out_order=order))

    assert_equal_but_for_rounding(*both(profile, expected_of(profile), origin))


@pytest.mark.parametrize("effect", [{}, *({k: v} for k, v in EVERYTHING.items())])
def test_each_effect_alone_comes_out_as_the_chain_makes_it(effect: dict[str, Any]) -> None:
    needs = {"rts_amplitude_e": {"rts_fraction": 0.01}, "prnu_column_share": {"prnu_percent": 1.0},
             "dsnu_column_share": {"dsnu_e": 1.0}}  # fmt: skip
    more = needs.get(next(iter(effect), ""), {})
    profile = load_profile("CanonEOS70D").with_fields(**effect, **more)

    assert_equal_but_for_rounding(*both(profile, expected_of(profile, batch=1)))


@pytest.mark.parametrize("shape", [-0.3, -0.05, 0.0, 1e-9, 0.14, 0.6])
def test_heavy_tails_of_any_shape_come_out_as_the_chain_makes_them(shape: float) -> None:
    profile = noisy(load_profile("SonyA7S2"), tukey_lambda_shape=shape, tukey_lambda_scale_e=4.0)

    assert_equal_but_for_rounding(*both(profile, expected_of(profile)))


def test_the_electrons_are_the_very_same() -> None:
    """With one DN per electron and no read noise, the DN are the electrons."""
    profile = load_profile("GenericPhone")
    silent = Reading(iso=100.0, system_gain_dn_per_e=1.0)
    profile = profile.with_fields(
        readings=(silent,), bit_depth=16, white_level_dn=65535.0, full_well_e=60000.0,
        prnu_percent=2.0, dsnu_e=0.0,
    )  # fmt: skip

    fused, chain = both(profile, expected_of(profile))

    assert torch.equal(fused.data, chain.data)


def test_no_light_and_listed_defects_keep_their_masks() -> None:
    profile = load_profile("GenericPhone").with_fields(
        defects=(Defect(row=0, column=0), Defect(row=200, column=1000), Defect(row=9999, column=0))
    )

    fused, chain = both(profile, expected_of(profile), origin=(0, 0))

    assert not fused.measured[:, 0, 200, 1000].any()
    assert not fused.clipped[:, 0, 200, 1000].any()
    assert_equal_but_for_rounding(fused, chain)


def test_threads_change_nothing() -> None:
    profile = noisy(load_profile("SonyA7S2").with_fields(**EVERYTHING))
    light = torch.full((2, 1, 900, 700), 40.0)
    shot = Shot(iso=torch.tensor([400.0]), exposure_time_s=torch.tensor([0.1]))
    expected = Frame.start(light, Domain.EXPECTED, shot=shot.for_batch(2), profile=profile)
    before = torch.get_num_threads()
    captures = []
    try:
        for threads in (1, 2, 5):
            torch.set_num_threads(threads)
            captures.append(Sensor(profile).capture(expected, 3).data)
    finally:
        torch.set_num_threads(before)

    assert torch.equal(captures[0], captures[1])
    assert torch.equal(captures[0], captures[2])


def test_a_gradient_takes_the_chain() -> None:
    profile = load_profile("GenericPhone")
    frame = expected_of(profile, batch=1)
    wanted = replace(frame, data=frame.data.requires_grad_())

    captured = Sensor(profile).capture(wanted, 1)
    captured.data.sum().backward()

    assert not fits(profile, wanted)
    assert wanted.data.grad is not None
    assert bool((wanted.data.grad != 0).any())


@pytest.mark.parametrize(
    "changes",
    [
        {"full_well_knee": 0.9}, {"full_well_spread_percent": 1.0}, {"blooming_fraction": 0.5},
        {"linearization_table_dn": (0, 5, 1023)},
    ],
)  # fmt: skip
def test_what_the_kernel_does_not_know_takes_the_chain(changes: dict[str, Any]) -> None:
    profile = load_profile("GenericPhone").with_fields(**changes)
    expected = expected_of(profile, batch=1)
    sensor = Sensor(profile)

    assert not fits(profile, expected)
    captured = sensor.capture(expected, 7)
    assert torch.equal(captured.data, sensor.read_out(sensor.collect(expected, 7), 7).data)


@pytest.mark.parametrize("light", [-1.0, float("nan")])
def test_light_that_is_no_light_is_refused_as_by_the_chain(light: float) -> None:
    profile = load_profile("GenericPhone")
    frame = expected_of(profile, batch=1)
    data: Tensor = frame.data.clone()
    data[0, 0, 20, 30] = light

    with pytest.raises(DrawError, match="Poisson rate"):
        Sensor(profile).capture(replace(frame, data=data), 1)


def test_light_of_any_strength_fills_the_well() -> None:
    profile = load_profile("GenericPhone")
    frame = expected_of(profile, batch=1)

    fused, chain = both(profile, replace(frame, data=torch.full_like(frame.data, float("inf"))))

    assert torch.equal(fused.data, chain.data)
    assert bool(fused.clipped.all())


@pytest.mark.parametrize("layout", ["strided", "expanded"])
def test_light_in_any_memory_layout_gives_the_same_dn(layout: str) -> None:
    profile = load_profile("GenericPhone")
    frame = expected_of(profile, batch=1)
    plain = Sensor(profile).capture(frame, 1).data
    other = frame.data.transpose(2, 3).contiguous().transpose(2, 3)
    if layout == "expanded":
        flat = torch.tensor(7.0).expand(frame.data.shape)
        plain = Sensor(profile).capture(replace(frame, data=flat.clone()), 1).data
        other = flat

    assert torch.equal(Sensor(profile).capture(replace(frame, data=other), 1).data, plain)


@pytest.mark.parametrize(
    ("origin", "frame", "item"),
    [
        ((65_530, 0), 0, 0), ((0, 262_000), 0, 0), ((-1, 0), 0, 0), ((0, 0), 2**32, 0),
        ((0, 0), -1, 0), ((0, 0), 0, 2**32), ((0, 0), 0, -1),
    ],
)  # fmt: skip
def test_draws_that_would_repeat_others_are_refused(
    origin: tuple[int, int], frame: int, item: int
) -> None:
    profile = load_profile("GenericPhone")
    shot = Shot(
        iso=torch.tensor([100.0]), exposure_time_s=torch.tensor([0.01]),
        frame_number=torch.tensor([frame]), item=torch.tensor([item]),
    )  # fmt: skip
    light = torch.full((1, 1, 8, 400), 9.0)
    expected = Frame.start(light, Domain.EXPECTED, shot=shot, profile=profile)

    with pytest.raises(DrawError):
        Sensor(profile.with_fields(prnu_percent=0.0, dsnu_e=0.0)).capture(expected, 1, origin)


def test_a_gradient_of_the_noise_takes_the_chain() -> None:
    profile = load_profile("GenericPhone")
    frame = expected_of(profile, batch=1)
    gain = torch.tensor([0.3], requires_grad=True)
    noise = replace(profile.at_iso(frame.shot.need("iso")), system_gain_dn_per_e=gain)

    Sensor(profile).capture(frame, 1, noise=noise).data.sum().backward()

    assert gain.grad is not None
    assert float(gain.grad) != 0


def test_endless_light_on_a_dead_photosite_is_no_light() -> None:
    profile = load_profile("GenericPhone").with_fields(dead_pixel_fraction=1.0)
    frame = expected_of(profile, batch=1)

    fused, chain = both(profile, replace(frame, data=torch.full_like(frame.data, float("inf"))))

    assert torch.equal(fused.data, chain.data)
    assert not bool(fused.clipped.all())


def test_float64_light_keeps_its_digits_in_the_chain() -> None:
    profile = load_profile("GenericPhone")
    frame = expected_of(profile, batch=1)

    assert not fits(profile, replace(frame, data=frame.data.double()))
