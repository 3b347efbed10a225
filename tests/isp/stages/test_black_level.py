"""Black level maps black to 0 and white to 1 at every site, and clips nothing."""

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.stages.black_level import BlackLevel, subtract_black

BLACK = torch.tensor([[10.0, 20.0, 30.0, 60.0]])
WHITE = torch.tensor([110.0])


def test_each_site_takes_its_own_black_and_its_own_range() -> None:
    # 35: (35-10)/100, (35-20)/90, (35-30)/80, (35-60)/50.
    linear = subtract_black(torch.full((1, 1, 2, 2), 35.0), BLACK, WHITE, Cfa.RGGB)

    torch.testing.assert_close(
        linear[0, 0], torch.tensor([[25 / 100, 15 / 90], [5 / 80, -25 / 50]])
    )


def test_black_becomes_0_and_white_becomes_1_whatever_the_size() -> None:
    black = Cfa.RGGB.spread_sites(BLACK, 3, 5)

    assert subtract_black(black, BLACK, WHITE, Cfa.RGGB).eq(0).all()
    assert subtract_black(torch.full((1, 1, 3, 5), 110.0), BLACK, WHITE, Cfa.RGGB).eq(1).all()


def test_noise_below_black_stays_negative_and_its_mean_stays_0() -> None:
    dn = torch.tensor([[[[5.0, 15.0], [5.0, 15.0]]]])

    linear = subtract_black(dn, torch.full((1, 4), 10.0), WHITE, Cfa.RGGB)

    assert linear.min() == pytest.approx(-0.05)
    assert linear.mean() == 0


def test_light_above_white_is_not_cut() -> None:
    assert subtract_black(torch.full((1, 1, 2, 2), 160.0), BLACK, WHITE, Cfa.BGGR).min() > 1


def test_images_of_a_batch_have_levels_of_their_own() -> None:
    levels = torch.stack([BLACK[0], BLACK[0] + 10])

    linear = subtract_black(
        torch.full((2, 1, 2, 2), 60.0), levels, torch.tensor([110.0, 160.0]), Cfa.RGGB
    )

    torch.testing.assert_close(linear[0, 0], torch.tensor([[0.5, 40 / 90], [30 / 80, 0.0]]))
    torch.testing.assert_close(
        linear[1, 0], torch.tensor([[40 / 140, 30 / 130], [20 / 120, -10 / 90]])
    )


def test_a_pattern_of_period_6_has_36_black_levels() -> None:
    black = torch.arange(36.0)[None]
    dn = Cfa.XTRANS.spread_sites(black, 7, 8)

    assert subtract_black(dn, black, torch.tensor([100.0]), Cfa.XTRANS).eq(0).all()


def test_the_stage_takes_the_levels_of_the_frame_s_profile(profile: SensorProfile) -> None:
    frame = Frame.start(torch.full((1, 1, 2, 2), 4000.0), Domain.RAW, profile=profile)

    linear = BlackLevel(Cfa.RGGB).develop(frame)

    assert linear.domain is Domain.MOSAIC
    assert linear.data.eq(1).all()
    assert linear.history == (
        (
            "black_level",
            {"black_level_dn": [60.0, 64.0, 66.0, 70.0], "white_level_dn": [4000.0]},
        ),
    )


def test_a_frame_without_a_profile_is_refused() -> None:
    with pytest.raises(FrameError, match="no sensor profile"):
        BlackLevel(Cfa.RGGB).develop(Frame.start(torch.ones(1, 1, 2, 2), Domain.RAW))
