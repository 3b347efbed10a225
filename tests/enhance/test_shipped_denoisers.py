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
    """Shades of three colours, edges of light and dark, 0.01 to 0.9 of white, (1, 3, h, w)."""
    generator = torch.Generator().manual_seed(6)
    coarse = torch.rand(1, 3, 9, 12, generator=generator)
    shades = torch.nn.functional.interpolate(coarse, size, mode="bicubic").clamp(0, 1)
    patches = torch.rand(1, 1, 24, 32, generator=generator)
    edges = torch.nn.functional.interpolate(patches, size, mode="nearest")
    return 0.01 + 0.89 * shades * (0.3 + 0.7 * edges)


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


@every_model
@pytest.mark.parametrize("cfa", BAYER_PHASES, ids=lambda c: c.name)
def test_every_phase_is_denoised_alike(model: str, cfa: Cfa) -> None:
    size = (161, 130)
    truth = mosaic_of(cfa, size)
    frame = captured(camera(cfa), truth)

    found = ExposureDiffusion(cfa, model, ratio=RATIO, scale="ratio").develop(frame).data

    assert decibels(found, truth) > decibels(frame.data * RATIO, truth) + 5
    assert abs(float((found - truth).mean())) < 0.002  # the noise of a small frame's own mean


@every_model
def test_tiles_are_the_whole_within_1e_5(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = captured(camera(Cfa.GBRG), mosaic_of(Cfa.GBRG).repeat(1, 1, 3, 2)[..., :1101, :1015])
    stage = ExposureDiffusion(Cfa.GBRG, model, ratio=RATIO)
    whole = stage(*stage.inputs(frame))

    monkeypatch.setattr(tiling, "tile_side", lambda stage: 256)
    tiled = stage.develop(frame)

    torch.testing.assert_close(tiled.data, whole, rtol=0, atol=1e-5)


@every_model
def test_bfloat16_is_float32_within_the_noise_that_is_left(model: str) -> None:
    frame = captured(camera(), mosaic_of(Cfa.RGGB))
    full, half = (
        ExposureDiffusion(Cfa.RGGB, model, ratio=RATIO, precision=p).develop(frame).data
        for p in ("float32", "bfloat16")
    )

    assert decibels(half * RATIO, full * RATIO) > 40


@every_model
def test_at_ratio_1_clipped_photosites_stay_clipped_and_unmeasured(model: str) -> None:
    truth = 2.5 * mosaic_of(Cfa.RGGB)
    frame = captured(camera(), truth, ratio=1.0)
    developed = ExposureDiffusion(Cfa.RGGB, model).develop(frame)

    assert 0.05 < float(frame.clipped.float().mean()) < 0.6
    assert torch.equal(developed.clipped, frame.clipped)
    assert not bool(developed.measured[frame.clipped].any())
    assert bool((developed.data >= frame.data)[frame.clipped].all())


def decibels(estimate: Tensor, truth: Tensor) -> float:
    return float(-10 * torch.log10((estimate - truth).square().mean()))
