"""White patch takes the 99th percentile of each colour, of what was measured."""

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.errors import FrameError
from isp.stages.illuminant.white_patch import white_patch

GAINS = torch.tensor([[2.0, 1.0, 1.5]])


@pytest.mark.parametrize("cfa", [Cfa.RGGB, Cfa.GBRG, Cfa.XTRANS])
def test_the_gains_of_a_tinted_grey_are_found(cfa: Cfa) -> None:
    tinted = 0.4 * cfa.spread(1 / GAINS, 13, 17)

    gains = white_patch(tinted, torch.ones(1, 1, 13, 17, dtype=torch.bool), cfa)

    torch.testing.assert_close(gains, GAINS)


def test_it_is_the_99th_of_a_hundred_values() -> None:
    """Red holds 1 to 100, so 99; green and blue are 99 throughout."""
    mosaic = torch.full((1, 1, 2, 200), 99.0)
    mosaic[0, 0, 0, 0::2] = torch.arange(1.0, 101.0).flip(0)

    gains = white_patch(mosaic, torch.ones(1, 1, 2, 200, dtype=torch.bool), Cfa.RGGB)

    assert gains.tolist() == [[1.0, 1.0, 1.0]]


def test_a_white_wall_in_a_coloured_room_gives_the_light() -> None:
    """Grey world would call the room's blue the light."""
    room = Cfa.RGGB.spread(torch.tensor([[0.05, 0.1, 0.5]]), 40, 40).clone()
    room[..., :4, :] = Cfa.RGGB.spread(1 / GAINS, 4, 40)

    gains = white_patch(room, torch.ones(1, 1, 40, 40, dtype=torch.bool), Cfa.RGGB)

    torch.testing.assert_close(gains, GAINS)


def test_unmeasured_photosites_do_not_count() -> None:
    mosaic = Cfa.RGGB.spread(1 / GAINS, 8, 8).clone()
    measured = torch.ones(1, 1, 8, 8, dtype=torch.bool)
    mosaic[..., 4:, :], measured[..., 4:, :] = 50.0, False

    torch.testing.assert_close(white_patch(mosaic, measured, Cfa.RGGB), GAINS)


def test_a_sensor_without_the_colours_is_refused() -> None:
    with pytest.raises(FrameError, match="white patch finds a colour without light"):
        white_patch(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 4, 4, dtype=torch.bool), Cfa.MONO)
