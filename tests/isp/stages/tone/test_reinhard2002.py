"""Reinhard's curve compresses luminance by equation 4 and keeps the ratios of colours."""

import pytest
import torch

from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.stages.tone.reinhard2002 import ReinhardTone, tone_reinhard2002

BT709 = torch.tensor([[0.2126390, 0.7151687, 0.0721923]])


@pytest.mark.parametrize(
    ("luminance", "display"),
    [(0.0, 0.0), (1.0, 17 / 32), (4.0, 1.0), (0.25, 0.25 * (1 + 1 / 64) / 1.25)],
)
def test_grey_follows_equation_4(luminance: float, display: float) -> None:
    # L (1 + L / 16) / (1 + L) for white 4.
    toned = tone_reinhard2002(torch.full((1, 3, 1, 1), luminance), BT709, 4.0)

    assert toned.flatten().tolist() == pytest.approx([display] * 3, rel=1e-5)


def test_colours_keep_their_ratios() -> None:
    colour = torch.tensor([3.0, 1.0, 0.5]).reshape(1, 3, 1, 1)

    toned = tone_reinhard2002(colour, BT709, 4.0).flatten()

    torch.testing.assert_close(toned / toned[1], torch.tensor([3.0, 1.0, 0.5]))


def test_luminance_is_weighted_in_the_frame_s_own_space() -> None:
    green = torch.tensor([0.0, 2.0, 0.0]).reshape(1, 3, 1, 1)
    frame = Frame.start(green, Domain.LINEAR, colour=Colour(primaries=PRIMARIES["bt2020"]))

    toned = ReinhardTone(white=4.0).develop(frame)

    light = 2 * 0.6779981  # CONVENTIONS 1.5, green's luminance in BT.2020
    assert toned.data[0, 1] == pytest.approx(2 * (1 + light / 16) / (1 + light), rel=1e-5)


def test_negative_luminance_is_not_amplified() -> None:
    dark = torch.full((1, 3, 1, 1), -0.2)

    torch.testing.assert_close(tone_reinhard2002(dark, BT709, 4.0), dark)


def test_more_light_is_never_darker_up_to_white() -> None:
    ramp = torch.linspace(0, 4, 2000).reshape(1, 1, 1, -1).expand(1, 3, 1, -1)

    assert bool((tone_reinhard2002(ramp, BT709, 4.0).diff(dim=-1) >= 0).all())


def test_the_history_says_which_white() -> None:
    toned = ReinhardTone(white=2.0).develop(Frame.start(torch.ones(1, 3, 1, 1), Domain.LINEAR))

    assert toned.history == (("reinhard_tone", {"white": 2.0}),)


def test_a_white_that_is_not_positive_is_refused() -> None:
    with pytest.raises(UsageError, match=r"positive, not -1\.0"):
        ReinhardTone(white=-1.0)
