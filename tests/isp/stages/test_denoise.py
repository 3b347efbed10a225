"""Denoising takes the sensor's noise, keeps the mean of the light, and leaves what it must."""

import math

import numpy as np
import pytest
import torch
from skimage.restoration import denoise_nl_means
from torch import Tensor

from apps.scenes import scene
from isp.core.anscombe import destabilise, inverse_table, stabilise
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.mosaic_noise import noise_of
from isp.core.shot import Shot
from isp.files.profile import load_profile
from isp.stages.black_level import BlackLevel
from isp.stages.denoise import (
    THRESHOLD,
    Denoise,
    cosines,
    denoise_mosaic,
    site_basis,
    threshold_cosines,
    weigh_cosines,
)
from simulate.sensor import Sensor

SLOPE = 1e-3  # one electron
CFAS = (Cfa.RGGB, Cfa.GBRG, Cfa.MONO, Cfa.QUAD_RGGB, Cfa.XTRANS)


def electrons_denoised(seen: Tensor, sigma_e: float, strength: float = 1.0) -> Tensor:
    """An RGGB mosaic of electrons through `denoise_mosaic` and back."""
    batch = seen.shape[0]
    noise = torch.tensor([[sigma_e**2 * SLOPE**2, SLOPE, 0.0]]).expand(batch, 3)
    table, ends = inverse_table(torch.full((batch,), sigma_e**2))
    everywhere = torch.ones_like(seen)
    quiet = denoise_mosaic(seen * SLOPE, everywhere, noise, table, ends, Cfa.RGGB, strength)
    return quiet / SLOPE


def collected(light_e: Tensor, sigma_e: float, seed: int = 5) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(light_e.shape, generator=generator)
    return torch.poisson(light_e, generator=generator) + sigma_e * noise


@pytest.mark.parametrize("sigma_e", [0.5, 2.0, 5.0])
@pytest.mark.parametrize("rate", [0.0, 1.0, 3.0, 10.0, 100.0, 1000.0])
def test_the_mean_of_even_light_stays_within_a_twentieth_of_an_electron(
    rate: float, sigma_e: float
) -> None:
    """Bound: 0.05 e-. What noise is left, v of the variance 1, makes v / 4 of it: 1/36 / 4 = 0.007.

    Against the mean of what was collected, of which it is a smooth function: 0.01 is left to the
    skewness, whose sample's error falls with the 65536 photosites.
    """
    seen = collected(torch.full((1, 1, 256, 256), rate), sigma_e)

    quiet = electrons_denoised(seen, sigma_e)

    assert abs(float(quiet.double().mean() - seen.double().mean())) < 0.05
    deviation = math.sqrt(rate + sigma_e**2)
    # The mean of a block of 36 is never touched: 1/6 of the noise; a little more comes through.
    assert 0.1 < float(quiet.std()) / deviation < 0.25


def test_a_hidden_edge_is_kept_where_the_noise_is_taken() -> None:
    light = torch.full((1, 1, 96, 96), 40.0)
    light[..., 48:] = 160.0
    seen = collected(light, 2.0)

    quiet = electrons_denoised(seen, 2.0)

    before, after = (float((x - light).square().mean()) for x in (seen, quiet))
    assert after < before / 15
    rows = quiet[0, 0].mean(dim=0)
    assert float(rows[46]) < 60 < 140 < float(rows[49])  # within one photosite of each colour


@pytest.mark.parametrize("cfa", CFAS, ids=lambda cfa: cfa.name)
def test_a_colour_without_noise_goes_through_unchanged(cfa: Cfa) -> None:
    """The transform and its inverse differ by 1/4 e- where there was no noise to average."""
    colours = torch.tensor([[0.2, 0.7, 0.4]])[:, : len(cfa.channels)]
    mosaic = cfa.spread(colours, 25, 31)
    frame = Frame.start(mosaic, Domain.MOSAIC)

    quiet = Denoise(cfa, noise=(1e-5, 1e-12)).develop(frame).data

    torch.testing.assert_close(quiet, mosaic + 0.25e-5, rtol=0, atol=1e-6)


def test_a_stronger_setting_leaves_less_noise() -> None:
    seen = collected(torch.full((1, 1, 128, 128), 50.0), 2.0)

    left = [float(electrons_denoised(seen, 2.0, strength).std()) for strength in (0.3, 0.7, 1.0)]

    assert left[0] > left[1] > left[2]


@pytest.mark.parametrize("cfa", CFAS, ids=lambda cfa: cfa.name)
def test_the_basis_of_sites_and_the_cosines_are_orthonormal(cfa: Cfa) -> None:
    basis = torch.tensor(site_basis(cfa), dtype=torch.float64)
    waves = torch.tensor(cosines(6), dtype=torch.float64)

    torch.testing.assert_close(basis @ basis.T, torch.eye(len(basis), dtype=torch.float64))
    torch.testing.assert_close(waves @ waves.T, torch.eye(6, dtype=torch.float64))


def test_blocks_whose_cosines_are_all_kept_make_the_picture_again() -> None:
    planes = torch.rand(1, 2, 9, 7, generator=torch.Generator().manual_seed(1))
    sure = torch.full_like(planes, 1e6) * torch.rand(planes.shape)

    again = weigh_cosines(planes, sure, 6, 1e-6)

    torch.testing.assert_close(again, planes, rtol=0, atol=1e-5)


def test_unmeasured_photosites_stay_and_give_nothing_to_the_others() -> None:
    seen = collected(torch.full((1, 1, 40, 40), 50.0), 2.0) * SLOPE
    lost = torch.zeros_like(seen, dtype=torch.bool)
    lost[..., 10:30, 10:30] = True
    stage = Denoise(Cfa.RGGB, noise=(SLOPE, 4 * SLOPE**2))

    quiet = [
        stage.develop(Frame.start(torch.where(lost, value, seen), Domain.MOSAIC, clipped=lost))
        for value in (1.0, 77.0)
    ]

    assert quiet[0].data[lost].eq(1).all()
    assert torch.equal(quiet[0].data[~lost], quiet[1].data[~lost])
    assert torch.equal(quiet[0].measured, ~lost)
    assert float((quiet[0].data[~lost] / SLOPE - 50).abs().max()) < 5 * math.sqrt(54) / 2


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("strength", [0.0, -1.0, 5.0])
def test_a_strength_that_makes_no_sense_is_refused(strength: float) -> None:
    with pytest.raises(UsageError, match="strength is above 0"):
        Denoise(Cfa.RGGB, strength=strength)


@pytest.mark.parametrize(
    ("iso", "time_s"), [(100.0, 1 / 30), (1600.0, 1 / 500), (6400.0, 1 / 2000)]
)
@pytest.mark.parametrize("name", ["dead-leaves?min_radius=2&colour=yes", "interior"])
def test_simulated_captures_gain_more_than_by_non_local_means(
    name: str, iso: float, time_s: float
) -> None:
    """Peer: scikit-image's non-local means on the same stabilised planes, its noise told."""
    profile = load_profile("NikonD850")
    sensor = Sensor(profile)
    shot = Shot.single(exposure_time_s=time_s, f_number=4.0, iso=iso)
    expected = sensor.expose(scene(name, 192, 256), shot)
    mosaic = BlackLevel(profile.cfa).develop(sensor.capture(expected, seed=3))
    gain = profile.at_iso(shot.need("iso")).system_gain_dn_per_e
    truth = sensor.mean_held(expected) * gain / (15520 - 400)

    def psnr_db(picture: Tensor) -> float:
        error = (picture - truth)[mosaic.measured].square().mean()
        return float(10 * torch.log10(truth[mosaic.measured].max() ** 2 / error))

    quiet = psnr_db(Denoise(profile.cfa).develop(mosaic).data)
    peer = psnr_db(non_local_means(mosaic, profile.cfa))

    assert quiet > psnr_db(mosaic.data) + 1
    assert quiet > peer


def non_local_means(mosaic: Frame, cfa: Cfa) -> Tensor:
    noise = noise_of(mosaic, None)
    variance = noise[:, 0] / noise[:, 1] ** 2
    even = stabilise(mosaic.data / noise[0, 1], variance.reshape(1, 1, 1, 1))
    planes = cfa.pack(even)[0].permute(1, 2, 0).numpy()
    smooth = denoise_nl_means(
        planes, patch_size=5, patch_distance=6, h=0.7, sigma=1.0, channel_axis=-1
    )
    back = cfa.unpack(torch.from_numpy(np.moveaxis(smooth, -1, 0)[None]).float(), *mosaic.size)
    table, ends = inverse_table(variance)
    return destabilise(back, variance.reshape(1, 1, 1, 1), table, ends) * noise[0, 1]


@pytest.mark.parametrize("variance_e2", [1e6, 1e8, 1e9, 1e10, 1e12, 1e14])
def test_under_read_noise_alone_it_is_what_gaussian_noise_needs(variance_e2: float) -> None:
    """Independent of the transform: the same cosines of the mosaic in deviations of its noise."""
    sigma = 0.01
    generator = torch.Generator().manual_seed(2)
    light = 0.02 * torch.linspace(0, 1, 64).expand(1, 1, 64, 64)
    seen = light + sigma * torch.randn(light.shape, generator=generator)

    quiet = Denoise(Cfa.MONO, noise=(sigma / math.sqrt(variance_e2), sigma**2)).develop(
        Frame.start(seen, Domain.MOSAIC)
    )

    pilot = threshold_cosines(seen / sigma, 4, THRESHOLD)
    wanted = weigh_cosines(seen / sigma, pilot, 6, 1.0) * sigma
    # Poisson's share of the variance, at most 0.02 / 0.01 / sqrt(V), moves values by its half;
    # a cosine that it brings over the threshold moves a few by a tenth of the noise.
    away = (quiet.data - wanted).abs() / sigma
    assert float(away.mean()) < 2 / math.sqrt(variance_e2) + 2e-5
    assert float(away.max()) < 0.1
