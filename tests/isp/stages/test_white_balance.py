"""White balance scales colours, and only colours."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.stages.white_balance import WhiteBalance, grey_world, white_balance

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


@pytest.mark.parametrize("cfa", [*BAYER_PHASES, Cfa.XTRANS])
@pytest.mark.parametrize("size", [(12, 12), (13, 17)])
def test_grey_world_finds_the_gains_of_a_tinted_grey(cfa: Cfa, size: tuple[int, int]) -> None:
    tinted = 0.4 * cfa.spread(1 / GAINS, *size)

    gains = grey_world(tinted, torch.ones(1, 1, *size, dtype=torch.bool), cfa)

    torch.testing.assert_close(gains, GAINS)


def test_grey_world_is_not_pulled_by_clipped_highlights() -> None:
    # The lower half is so bright that green and blue clip at 1 while red does not.
    scene = torch.full((1, 1, 8, 8), 0.2)
    scene[..., 4:, :] = 5.0
    unclipped = scene * Cfa.RGGB.spread(torch.tensor([[0.1, 1.0, 0.5]]), 8, 8)
    mosaic = unclipped.clamp(max=1.0)

    gains = grey_world(mosaic, mosaic < 1, Cfa.RGGB)
    pulled = grey_world(mosaic, torch.ones_like(mosaic, dtype=torch.bool), Cfa.RGGB)

    torch.testing.assert_close(gains, torch.tensor([[10.0, 1.0, 2.0]]))
    assert pulled[0, 0] < 5  # what it would have been without the mask


def test_grey_world_balances_each_image_of_a_batch_for_itself() -> None:
    tints = torch.tensor([[0.5, 1.0, 1.0], [1.0, 1.0, 0.25]])
    mosaic = Cfa.BGGR.spread(tints, 4, 4)

    gains = grey_world(mosaic, torch.ones_like(mosaic, dtype=torch.bool), Cfa.BGGR)

    torch.testing.assert_close(gains, torch.tensor([[2.0, 1.0, 1.0], [1.0, 1.0, 4.0]]))


def test_grey_world_refuses_a_frame_with_nothing_measured() -> None:
    nothing = torch.zeros(1, 1, 4, 4, dtype=torch.bool)

    with pytest.raises(FrameError, match="no measured photosites; pass gains"):
        grey_world(torch.ones(1, 1, 4, 4), nothing, Cfa.RGGB)


def test_grey_world_refuses_a_colour_without_light() -> None:
    blind = Cfa.RGGB.spread(torch.tensor([[0.0, 1.0, 1.0]]), 4, 4)

    with pytest.raises(FrameError, match="a colour without light"):
        grey_world(blind, torch.ones(1, 1, 4, 4, dtype=torch.bool), Cfa.RGGB)


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
