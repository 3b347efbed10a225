"""Hable's filmic curve: his formula, his constants, white at 1."""

import pytest
import torch

from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.stages.tone.filmic import FilmicTone, tone_filmic


def hable(x: float) -> float:
    """The curve as printed in the course notes."""
    a, b, c, d, e, f = 0.15, 0.50, 0.10, 0.20, 0.02, 0.30
    return ((x * (a * x + c * b) + d * e) / (x * (a * x + b) + d * f)) - e / f


@pytest.mark.parametrize("light", [0.0, 0.01, 0.18, 1.0, 4.0, 5.6, 20.0])
def test_the_curve_is_the_printed_one_with_bias_2_and_white_11_2(light: float) -> None:
    toned = tone_filmic(torch.full((1, 3, 1, 1), light), 5.6)

    assert toned.flatten().tolist() == pytest.approx([hable(2 * light) / hable(11.2)] * 3, abs=1e-6)


def test_black_stays_black_and_white_becomes_1() -> None:
    toned = tone_filmic(torch.tensor([0.0, 3.0]).reshape(1, 1, 1, 2).expand(1, 3, 1, 2), 3.0)

    assert toned[0, 0, 0].tolist() == pytest.approx([0.0, 1.0], abs=1e-6)


def test_more_light_is_never_darker() -> None:
    ramp = torch.linspace(0, 30, 3000).reshape(1, 1, 1, -1).expand(1, 3, 1, -1)

    assert bool((tone_filmic(ramp, 5.6).diff(dim=-1) >= -1e-7).all())


def test_light_below_zero_is_black_and_does_not_meet_the_pole() -> None:
    toned = tone_filmic(torch.tensor([-0.3, -0.06, -1e-4]).reshape(1, 3, 1, 1), 5.6)

    assert toned.abs().max() < 1e-7


def test_the_history_says_which_white() -> None:
    toned = FilmicTone(white=8.0).develop(Frame.start(torch.ones(1, 3, 1, 1), Domain.LINEAR))

    assert toned.history == (("filmic_tone", {"white": 8.0}),)


def test_a_white_that_is_not_positive_is_refused() -> None:
    with pytest.raises(UsageError, match=r"positive, not 0\.0"):
        FilmicTone(white=0.0)
