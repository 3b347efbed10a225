"""White balance scales colours, and only colours."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.core.temperature import cct_to_xy
from isp.stages.illuminant.temperature import gains_at
from isp.stages.white_balance import ESTIMATORS, WhiteBalance, white_balance

BAYER_PHASES = (Cfa.RGGB, Cfa.GRBG, Cfa.GBRG, Cfa.BGGR)
GAINS = torch.tensor([[2.0, 1.0, 1.5]])


def test_each_photosite_takes_the_gain_of_its_own_colour() -> None:
    balanced = white_balance(torch.ones(1, 1, 2, 2), GAINS, Cfa.GRBG)

    assert balanced.tolist() == [[[[1.0, 2.0], [1.5, 1.0]]]]


@pytest.mark.parametrize("cfa", [*BAYER_PHASES, Cfa.XTRANS, Cfa.QUAD_RGGB])
def test_a_neutral_patch_comes_out_neutral(cfa: Cfa) -> None:
    neutral = cfa.spread(1 / GAINS, 8, 6)

    torch.testing.assert_close(white_balance(neutral, GAINS, cfa), torch.ones(1, 1, 8, 6))


@given(scale=st.floats(1e-3, 1e3), cfa=st.sampled_from(BAYER_PHASES))
def test_white_balance_is_linear_in_exposure(scale: float, cfa: Cfa) -> None:
    mosaic = torch.rand(1, 1, 6, 4, generator=torch.Generator().manual_seed(7))

    torch.testing.assert_close(
        white_balance(scale * mosaic, GAINS, cfa), scale * white_balance(mosaic, GAINS, cfa)
    )


def test_an_odd_mosaic_is_balanced_to_its_last_row() -> None:
    balanced = white_balance(torch.ones(1, 1, 3, 5), GAINS, Cfa.RGGB)

    assert balanced[0, 0, 2].tolist() == [2.0, 1.0, 2.0, 1.0, 2.0]


def test_nothing_is_clipped_at_either_end() -> None:
    mosaic = torch.tensor([[[[1.0, 1.0], [1.0, -0.01]]]])

    assert white_balance(mosaic, GAINS, Cfa.RGGB)[0, 0].tolist() == [
        [2.0, 1.0],
        [1.0, pytest.approx(-0.015)],
    ]


def test_the_gains_that_were_used_become_the_shot_s() -> None:
    frame = Frame.start(
        torch.ones(2, 1, 4, 4), Domain.MOSAIC, shot=Shot.single(white_balance=(9.0, 1.0, 9.0))
    )

    balanced = WhiteBalance(Cfa.RGGB, gains=(4.0, 2.0, 1.0)).develop(frame)

    assert balanced.shot.white_balance is not None
    assert balanced.shot.white_balance.tolist() == [[2.0, 1.0, 0.5]] * 2
    assert balanced.data[0, 0, :2, :2].tolist() == [[2.0, 1.0], [1.0, 0.5]]
    assert balanced.history == (
        ("white_balance", {"method": "given", "gains": [[2.0, 1.0, 0.5]] * 2}),
    )


def test_gains_that_answer_a_word_are_given_and_noted_under_the_word() -> None:
    stage = WhiteBalance(Cfa.RGGB, gains=(4.0, 2.0, 1.0))
    stage.answers = {"gains": "grey_world"}

    balanced = stage.develop(Frame.start(torch.ones(1, 1, 2, 2), Domain.MOSAIC))

    noted = {"method": "grey_world", "gains": [[2.0, 1.0, 0.5]]}
    assert balanced.history == (("white_balance", noted),)


def test_as_shot_takes_the_gains_of_each_shot() -> None:
    frame = Frame.start(
        torch.ones(1, 1, 2, 2), Domain.MOSAIC, shot=Shot.single(white_balance=(2.0, 1.0, 1.5))
    )

    balanced = WhiteBalance(Cfa.RGGB).develop(frame)

    assert balanced.data[0, 0].tolist() == [[2.0, 1.0], [1.0, 1.5]]


def test_as_shot_without_gains_in_the_file_says_what_to_pass() -> None:
    frame = Frame.start(torch.ones(1, 1, 2, 2), Domain.MOSAIC)

    with pytest.raises(FrameError, match="pass --wb grey_world or R,G,B"):
        WhiteBalance(Cfa.RGGB).develop(frame)


def test_the_stage_uses_only_measured_photosites_for_grey_world() -> None:
    mosaic = Cfa.RGGB.spread(torch.tensor([[0.5, 1.0, 0.25]]), 4, 4)
    mosaic[..., 2:, :] = 1.0
    measured = torch.zeros(1, 1, 4, 4, dtype=torch.bool)
    measured[..., :2, :] = True
    frame = Frame.start(mosaic, Domain.MOSAIC, measured=measured)

    balanced = WhiteBalance(Cfa.RGGB, gains="grey_world").develop(frame)

    assert balanced.shot.white_balance is not None
    assert balanced.shot.white_balance.tolist() == [[2.0, 1.0, 4.0]]


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("gains", ["auto", (1.0, 1.0), (1.0, -1.0, 1.0)])
def test_gains_that_make_no_sense_are_refused(gains: str | tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="white balance"):
        WhiteBalance(Cfa.RGGB, gains=gains)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ESTIMATORS)
def test_an_estimator_makes_a_tinted_ramp_neutral(method: str) -> None:
    ramp = torch.linspace(0.1, 0.9, 16).expand(1, 1, 16, 16).clone()
    ramp = ramp[..., ::2].repeat_interleave(2, dim=-1)  # both sites of a period see one light
    frame = Frame.start(ramp * Cfa.RGGB.spread(1 / GAINS, 16, 16), Domain.MOSAIC)

    balanced = WhiteBalance(Cfa.RGGB, gains=method).develop(frame)

    torch.testing.assert_close(balanced.data, ramp)
    assert balanced.history[0][1]["method"] == method


def test_planckian_is_shades_of_grey_kept_near_the_locus(profile: SensorProfile) -> None:
    meadow = gains_at(profile, cct_to_xy(5000, 0.04))
    frame = Frame.start(
        0.5 * Cfa.RGGB.spread(1 / torch.tensor([meadow]), 8, 8), Domain.MOSAIC, profile=profile
    )

    balanced = WhiteBalance(Cfa.RGGB, gains="planckian").develop(frame)

    assert balanced.shot.white_balance is not None
    expected = gains_at(profile, cct_to_xy(5000, 0.02))
    assert balanced.shot.white_balance[0].tolist() == pytest.approx(expected, rel=1e-3)


def test_planckian_without_a_profile_says_what_to_pass() -> None:
    with pytest.raises(FrameError, match="colour matrices; pass --camera"):
        WhiteBalance(Cfa.RGGB, gains="planckian").develop(
            Frame.start(torch.ones(1, 1, 4, 4), Domain.MOSAIC)
        )


def test_a_temperature_gives_the_gains_of_the_frame_s_camera(profile: SensorProfile) -> None:
    frame = Frame.start(torch.ones(2, 1, 4, 4), Domain.MOSAIC, profile=profile)

    balanced = WhiteBalance(Cfa.RGGB, gains="5200K,+0.003").develop(frame)

    expected = gains_at(profile, cct_to_xy(5200, 0.003))
    assert balanced.shot.white_balance is not None
    assert balanced.shot.white_balance[1].tolist() == pytest.approx(expected, rel=1e-6)
    assert balanced.history[0][1]["method"] == "5200K,+0.003"


def test_a_mosaic_is_not_balanced_twice() -> None:
    shot = Shot.single(white_balance=(2.0, 1.0, 1.5))
    stage = WhiteBalance(Cfa.RGGB)
    balanced = stage.develop(Frame.start(torch.ones(1, 1, 2, 2), Domain.MOSAIC, shot=shot))

    with pytest.raises(FrameError, match="balanced already"):
        stage.develop(balanced)
