"""The toe follows from the noise, so that shadows keep their light under it."""

from dataclasses import replace

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.stages.demosaic.gbtf_root import GbtfRootDemosaic
from isp.stages.demosaic.noise_toe import noise_toe
from isp.stages.white_balance import WhiteBalance

FULL_E, READ_E, BLACK = 1000.0, 3.0, 1000.0
GAINS = (2.0, 1.0, 1.6)
LEAST = 1e-3


def profile(read_noise_e: float = READ_E) -> SensorProfile:
    """50 DN an electron: white lies 1000 electrons above black."""
    return SensorProfile(
        name="few electrons", cfa=Cfa.RGGB, bit_depth=16, black_level_dn=(BLACK,) * 4,
        white_level_dn=BLACK + 50 * FULL_E,
        readings=(Reading(iso=100, system_gain_dn_per_e=50.0, read_noise_e=read_noise_e),),
    )  # fmt: skip


def mosaic(light: torch.Tensor, sensor: SensorProfile | None, iso: float | None = 100) -> Frame:
    shot = Shot.single(iso=iso, exposure_time_s=0.01, white_balance=GAINS)
    return Frame.start(light.float(), Domain.MOSAIC, shot=shot, profile=sensor)


FLAT = torch.zeros(1, 1, 4, 4)


def test_it_is_ten_times_the_noise_per_light_or_five_deviations_at_black() -> None:
    assert noise_toe(mosaic(FLAT, profile(0.1)), LEAST).item() == pytest.approx(10 / FULL_E)
    # 1/12 DN^2 of quantisation is nothing beside 9 electrons^2.
    of_reading = 5 * READ_E / FULL_E
    assert noise_toe(mosaic(FLAT, profile()), LEAST).item() == pytest.approx(of_reading, rel=1e-4)


def test_gains_amplify_the_noise_once_they_were_applied() -> None:
    frame = mosaic(FLAT, profile())
    before = noise_toe(frame, LEAST)

    balanced = WhiteBalance(Cfa.RGGB).develop(frame)

    torch.testing.assert_close(noise_toe(balanced, LEAST), 2 * before)


def test_a_frame_that_does_not_say_its_noise_takes_the_least() -> None:
    silent = profile().with_fields(readings=())
    for frame in (mosaic(FLAT, None), mosaic(FLAT, silent), mosaic(FLAT, profile(), iso=None)):
        assert noise_toe(frame, LEAST).tolist() == pytest.approx([LEAST])
    assert noise_toe(mosaic(FLAT, profile(), iso=50), LEAST).tolist() == pytest.approx([LEAST])


def test_a_clean_frame_takes_the_least() -> None:
    assert noise_toe(mosaic(FLAT, profile()), 0.5).item() == 0.5


def test_the_picture_s_history_says_which_toe_was_used() -> None:
    developed = GbtfRootDemosaic(Cfa.RGGB).develop(mosaic(FLAT, profile()))

    assert developed.history[-1][1]["toe_used"] == pytest.approx([0.015], rel=1e-4)


@pytest.mark.parametrize("electrons", [2.0, 4.0, 10.0, 30.0])
def test_deep_shadows_keep_their_light_within_three_percent(electrons: float) -> None:
    """Estimates against the photosites of their own colour; with the least toe 11 % are lost.

    The standard error of a mean of 3/4 of n^2 estimates, each an average of a few photosites:
    below 2.5 sqrt(light + read^2) / n in electrons, of 2 electrons 0.7 %.
    """
    n, cfa = 600, Cfa.RGGB
    generator = torch.Generator().manual_seed(3)
    light = electrons / cfa.spread(torch.tensor([GAINS]), n, n)
    seen = torch.poisson(light, generator=generator)
    seen = seen + READ_E * torch.randn(seen.shape, generator=generator)
    frame = WhiteBalance(cfa).develop(mosaic(seen / FULL_E, profile()))

    picture = GbtfRootDemosaic(cfa).develop(frame)

    own = cfa.colour_map(n, n)
    error = 2.5 * (electrons + READ_E**2) ** 0.5 / n / electrons
    for channel in range(3):
        here = own == channel
        kept = picture.data[0, channel][~here].mean() / frame.data[0, 0][here].mean()
        assert abs(kept - 1) < 0.03 + 2 * error
    bare = replace(frame, profile=None)
    lost = GbtfRootDemosaic(cfa).develop(bare).data[0, 0][own != 0].mean()
    assert (electrons > 5) or lost < 0.92 * frame.data[0, 0][own == 0].mean()
