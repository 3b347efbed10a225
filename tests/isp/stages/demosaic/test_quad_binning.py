"""Binning a Quad-Bayer frame gives the frame of a sensor of larger photosites."""

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, ProfileError
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import Defect, SensorProfile
from isp.stages.demosaic.quad_binning import as_binned, bin_quad_bayer, binned_cfa

QUAD = SensorProfile(
    name="quad",
    cfa=Cfa.QUAD_RGGB,
    bit_depth=12,
    black_level_dn=tuple(float(site) for site in range(16)),
    white_level_dn=4000.0,
    readings=(
        Reading(
            iso=100,
            system_gain_dn_per_e=0.8,
            read_noise_e=2.0,
            row_noise_e=0.5,
            banding_amplitude_e=0.1,
            colour_bias_dn=tuple(float(site) for site in range(16)),
        ),
    ),
    full_well_e=5000.0,
    pixel_pitch_um=0.8,
    prnu_percent=1.0,
    defects=(Defect(row=5, column=2), Defect(row=4, column=3), Defect(row=0, column=7)),
    width=12,
    height=8,
)


def test_a_binned_photosite_is_the_mean_of_its_square() -> None:
    mosaic = torch.arange(32.0).reshape(1, 1, 4, 8)

    binned = bin_quad_bayer(Frame.start(mosaic, Domain.MOSAIC, profile=QUAD))

    # (0 + 1 + 8 + 9) / 4 = 4.5, and so on.
    assert binned.data[0, 0].tolist() == [[4.5, 6.5, 8.5, 10.5], [20.5, 22.5, 24.5, 26.5]]
    assert binned.history[-1] == ("bin_quad_bayer", {"cfa": "RGGB"})


def test_it_is_measured_when_all_four_were_and_clipped_when_one_was() -> None:
    measured = torch.ones(1, 1, 4, 4, dtype=torch.bool)
    measured[..., 0, 1] = measured[..., 3, 0] = False
    clipped = torch.zeros_like(measured)
    clipped[..., 0, 1] = True
    frame = Frame.start(
        torch.ones(1, 1, 4, 4), Domain.MOSAIC, profile=QUAD, measured=measured, clipped=clipped
    )

    binned = bin_quad_bayer(frame)

    assert binned.measured[0, 0].tolist() == [[False, True], [False, True]]
    assert binned.clipped[0, 0].tolist() == [[True, False], [False, False]]


def test_the_profile_is_that_of_squares_that_hold_four_times_the_charge() -> None:
    binned = as_binned(QUAD)

    assert binned.cfa == Cfa.RGGB
    assert binned.black_level_dn == (2.5, 4.5, 10.5, 12.5)
    assert (binned.full_well_e, binned.pixel_pitch_um, binned.prnu_percent) == (20000, 1.6, 0.5)
    assert (binned.width, binned.height) == (6, 4)
    assert [(d.row, d.column) for d in binned.defects] == [(0, 3), (2, 1)]
    assert binned.readings[0].colour_bias_dn == (2.5, 4.5, 10.5, 12.5)


def test_noise_of_the_binned_profile_is_that_of_means_of_simulated_squares() -> None:
    # Electrons with shot, read, row and banding noise, averaged in DN; the profile's formula must
    # give the same variance. 4 e5 squares: 5 standard errors of a variance are 0.8 %; squares of
    # one row share its noise, 2000 rows of it are 4 % of the variance known to 16 %.
    generator = torch.Generator().manual_seed(5)
    size = (4000, 400)
    reading, light = QUAD.readings[0], 30.0
    electrons = torch.poisson(torch.full(size, light), generator=generator)
    electrons += reading.read_noise_e * torch.randn(size, generator=generator)
    electrons += reading.row_noise_e * torch.randn(size[0], 1, generator=generator)
    dn = reading.system_gain_dn_per_e * electrons
    means = torch.nn.functional.avg_pool2d(dn[None, None], 2)[0, 0]

    binned = as_binned(QUAD).readings[0]

    noise_e2 = 4 * light + binned.read_noise_e**2 + binned.row_noise_e**2
    expected = binned.system_gain_dn_per_e**2 * noise_e2
    assert means.var().item() == pytest.approx(expected, rel=0.008 + 0.04 * 0.16)
    assert means.mean().item() == pytest.approx(binned.system_gain_dn_per_e * 4 * light, rel=0.01)


def test_only_an_even_mosaic_of_squares_is_binned() -> None:
    with pytest.raises(FrameError, match="an even size, not 3 x 4; crop it"):
        bin_quad_bayer(Frame.start(torch.ones(1, 1, 3, 4), Domain.MOSAIC, profile=QUAD))
    with pytest.raises(DomainError, match="takes MOSAIC, but the frame is in RAW"):
        bin_quad_bayer(Frame.start(torch.ones(1, 1, 4, 4), Domain.RAW, profile=QUAD))
    for cfa in (Cfa.RGGB, Cfa.XTRANS, Cfa.QUAD_RGGB.crop(0, 1), Cfa.NONA_RGGB):
        with pytest.raises(ProfileError, match="not made of 2 x 2 squares"):
            binned_cfa(cfa)
