"""The mean electrons of a photosite: what arrives, times its gain, and its heat."""

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from simulate.fixed_pattern import FixedPattern
from simulate.photosites import arriving, mean_dark, mean_electrons, mean_held

PROFILE = SensorProfile(
    name="p", cfa=Cfa.RGGB, bit_depth=12, black_level_dn=(64.0,) * 4, white_level_dn=4095.0,
    readings=(), dark_current_e_per_s=10.0, doubling_temperature_k=8.0, temperature_c=28.0,
)  # fmt: skip
SHOT = Shot(exposure_time_s=torch.tensor([0.5, 2.0]))


def pattern(**maps: torch.Tensor) -> FixedPattern:
    none = dict.fromkeys(("gain", "dark_e_per_s", "wells", "offset_e", "column_gain", "rts"))
    return FixedPattern(size=(2, 3), **(none | maps))


def frame(light: float = 100.0) -> Frame:
    data = torch.full((1, 1, 8, 8), light)
    return Frame.start(data, Domain.EXPECTED, profile=PROFILE)


def test_heat_is_the_current_at_the_temperature_times_the_time() -> None:
    assert mean_dark(SHOT, PROFILE).flatten().tolist() == [10.0, 40.0]  # one doubling warmer
    assert float(mean_dark(SHOT, PROFILE.with_fields(dark_current_e_per_s=0.0))) == 0


def test_gain_acts_on_the_light_and_not_on_the_heat() -> None:
    light = torch.full((2, 1, 2, 3), 100.0, dtype=torch.float64)

    rate = mean_electrons(light, SHOT, PROFILE, pattern(gain=torch.full((1, 1, 2, 3), 1.5)))

    assert rate.dtype == torch.float32
    assert torch.equal(rate[0], torch.full((1, 2, 3), 160.0))
    assert torch.equal(rate[1], torch.full((1, 2, 3), 190.0))


def test_a_map_of_dark_current_takes_the_place_of_the_mean() -> None:
    dark = torch.tensor([0.0, 1.0, 5.0]).expand(1, 1, 2, 3)
    light = torch.zeros(2, 1, 2, 3, dtype=torch.float64)

    rate = mean_electrons(light, SHOT, PROFILE, pattern(dark_e_per_s=dark))

    assert rate[0, 0, 0].tolist() == [0.0, 1.0, 5.0]  # 0.5 s, twice as warm
    assert rate[1, 0, 1].tolist() == [0.0, 4.0, 20.0]


def test_the_rate_is_rounded_once() -> None:
    """2^23 + 0.4 + 0.2 is nearest 2^23 + 1; rounded at each step it would stay at 2^23."""
    light = torch.full((1, 1, 2, 3), 2.0**23 + 0.4, dtype=torch.float64)
    cold = PROFILE.with_fields(dark_current_e_per_s=0.2, temperature_c=20.0)

    rate = mean_electrons(light, Shot.single(exposure_time_s=1.0), cold, pattern())

    assert rate.flatten().tolist() == [2.0**23 + 1] * 6


def test_light_without_optics_on_the_sensor_arrives_as_it_is() -> None:
    assert torch.equal(arriving(frame(), PROFILE, (0, 0), None), frame().data.double())


def test_shading_comes_before_the_crosstalk() -> None:
    shading = PROFILE.with_fields(shading={"R": (-0.5,), "G": (-0.5,), "B": (-0.5,)})
    both = shading.with_fields(
        optical_crosstalk={"R": (0, 0.1, 0, 0, 0.9, 0, 0, 0, 0)}, dark_current_e_per_s=0.0
    )
    shaded = arriving(frame(), shading, (0, 0), None)

    mixed = arriving(frame(), both, (0, 0), None)

    # Red sites sit at even rows and columns; a tenth of a shaded red lands in the row above.
    assert float(mixed[0, 0, 2, 2]) == pytest.approx(0.9 * float(shaded[0, 0, 2, 2]))
    assert float(mixed[0, 0, 1, 2]) == pytest.approx(
        float(shaded[0, 0, 1, 2]) + 0.1 * float(shaded[0, 0, 2, 2])
    )


def test_a_tile_s_shading_needs_the_sensor_s_size_and_then_is_the_crop() -> None:
    profile = PROFILE.with_fields(shading={"G": (-0.3,)})
    whole = arriving(frame(), profile, (0, 0), None)
    tile = Frame.start(frame().data[..., 2:6, 3:8], Domain.EXPECTED, profile=PROFILE)

    assert torch.equal(arriving(tile, profile, (2, 3), (8, 8)), whole[..., 2:6, 3:8])
    with pytest.raises(FrameError, match=r"size=\(height, width\)"):
        arriving(tile, profile, (2, 3), None)


def test_what_wells_hold_on_the_mean_is_the_same_in_one_pass_and_in_all() -> None:
    plain = PROFILE.with_fields(dark_current_e_per_s=0.0)
    whole = plain.with_fields(shading={"R": (0.0,)})  # shading of nothing takes every step
    light = Frame.start(torch.linspace(0, 2000, 64).reshape(1, 1, 8, 8), Domain.EXPECTED)

    short, long = (mean_held(light, p, 900.0, (0, 0), None) for p in (plain, whole))

    assert short.dtype == long.dtype == torch.float32
    assert torch.equal(short, long)
    assert float(short.max()) == 900
