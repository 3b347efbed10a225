"""What ships keeps brightness, phase, black and tiles, with the weights that it ships with."""

from dataclasses import replace
from functools import cache

import pytest
import torch
from torch import Tensor

from enhance import tiling
from enhance.denoiser import ExposureDiffusion
from enhance.weights import shipped
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.files.profile import load_profile
from isp.stages.black_level import BlackLevel
from simulate.sensor import Sensor
from tests.strategies import BAYER_PHASES

ISO, RATIO = 1600.0, 100.0
SIZE = (384, 512)
every_model = pytest.mark.parametrize("model", shipped())


def camera(cfa: Cfa = Cfa.RGGB, black_error_dn: float = 0.0) -> SensorProfile:
    profile = load_profile("SonyA7S2")
    one = next(r for r in profile.readings if r.iso == ISO)
    bias = (black_error_dn, -black_error_dn, black_error_dn, -black_error_dn)
    return profile.with_fields(cfa=cfa, readings=(replace(one, colour_bias_dn=bias),))


@cache
def light(size: tuple[int, int] = SIZE) -> Tensor:
    """Shades, edges and texture of three colours, 0.01 to 0.9 of white, (1, 3, h, w)."""
    generator = torch.Generator().manual_seed(6)
    coarse = torch.rand(1, 3, 9, 12, generator=generator)
    shades = torch.nn.functional.interpolate(coarse, size, mode="bicubic").clamp(0, 1)
    patches = torch.rand(1, 3, 24, 32, generator=generator)
    edges = torch.nn.functional.interpolate(patches, size, mode="nearest")
    fine = torch.rand(1, 1, *size, generator=generator)
    return 0.01 + 0.89 * shades * (0.3 + 0.6 * edges + 0.1 * fine)


def captured(profile: SensorProfile, mosaic: Tensor, ratio: float = RATIO) -> Frame:
    """The mosaic photographed `ratio` times too short, black level off."""
    gain = profile.at_iso(torch.tensor([ISO])).system_gain_dn_per_e
    span = profile.white_level_dn - profile.black_level_dn[0]
    electrons = mosaic * span / (ratio * float(gain))
    shot = Shot.single(iso=ISO, exposure_time_s=1 / 30)
    frame = Frame.start(electrons, Domain.EXPECTED, shot=shot, profile=profile)
    return BlackLevel(profile.cfa).develop(Sensor(profile).capture(frame, 3))


def mosaic_of(cfa: Cfa, size: tuple[int, int] = SIZE) -> Tensor:
    picture = light()[..., : size[0], : size[1]]
    return picture.gather(1, cfa.colour_map(*size)[None, None])


@every_model
@pytest.mark.parametrize("stops", [-3, -2, -1, 0, 1, 2, 3])
@pytest.mark.parametrize("black_error_dn", [0.0, 2.0, -2.0])
def test_brightness_stays_within_a_thousandth_of_white(
    model: str, stops: int, black_error_dn: float
) -> None:
    truth = mosaic_of(Cfa.RGGB) * 2.0**stops
    frame = captured(camera(black_error_dn=black_error_dn), truth)

    stage = ExposureDiffusion(Cfa.RGGB, model, ratio=RATIO, scale="ratio")
    error = stage.develop(frame).data - truth

    assert abs(float(error.double().mean())) < 0.001
