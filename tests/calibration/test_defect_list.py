"""What departs the same way in every frame is listed; what moves, or departs too little, is not."""

import pytest
import torch
from torch import Tensor

from calibration.defect_list import Departure, LastingDefects
from isp.core.errors import CalibrationError, UsageError


def departure(units: Tensor, noise: float = 0.5, known: Tensor | None = None) -> Departure:
    """A frame whose spread is 2 everywhere: departures of `units` spreads."""
    return Departure(
        departure=2 * units, spread=torch.full_like(units, 2.0),
        noise=torch.full_like(units, noise),
        known=torch.ones_like(units, dtype=torch.bool) if known is None else known,
    )  # fmt: skip


def summed(frames: list[Departure], sigmas: float = 5.0) -> list[list[int]]:
    sums = LastingDefects(sigmas)
    for frame in frames:
        sums.add(frame)
    return sums.found()[0, 0].nonzero().tolist()


def test_eight_frames_ask_for_a_mean_of_1_2_spreads_either_way() -> None:
    """3.4 / sqrt(8) = 1.2021; a spread is 5 sigma, so that both are 5.9 and more."""
    units = torch.zeros(1, 1, 3, 4)
    units[0, 0, 0] = torch.tensor([1.19, 1.21, -1.19, -1.21])

    assert summed([departure(units, noise=0.4)] * 8) == [[0, 1], [0, 3]]


def test_the_more_frames_the_less_each_must_say() -> None:
    """3.4 / sqrt(4) = 1.7, 3.4 / sqrt(16) = 0.85."""
    units = torch.full((1, 1, 1, 1), 1.0)

    assert summed([departure(units, noise=0.1)] * 4) == []
    assert summed([departure(units, noise=0.1)] * 16) == [[0, 0]]


def test_one_frame_s_texture_counts_two_spreads_and_no_more() -> None:
    """One of 100 spreads and seven of 1.0: (2 + 7) / 8 = 1.125, below 1.202; of 1.1: 1.2125."""
    far = torch.full((1, 1, 1, 1), 100.0)

    def seven(units: float) -> list[list[int]]:
        near = departure(torch.full_like(far, units), noise=0.1)
        return summed([departure(far, noise=0.1), *[near] * 7])

    assert seven(1.0) == []
    assert seven(1.1) == [[0, 0]]


def test_what_stays_within_the_noise_is_no_defect_however_many_say_so() -> None:
    """2 spreads are 4 sigma: fewer than 5."""
    units = torch.full((1, 1, 1, 1), 2.0)

    assert summed([departure(units, noise=1.0)] * 100) == []
    assert summed([departure(units, noise=1.0)] * 100, sigmas=3.9) == [[0, 0]]


def test_frames_that_say_nothing_of_a_photosite_are_not_counted_for_it() -> None:
    """Five say 2 spreads: their mean is 2, and 3.4 / sqrt(5) = 1.52; three are too few."""
    units = torch.full((1, 1, 1, 2), 2.0)
    both = torch.ones_like(units, dtype=torch.bool)
    second, first = both.clone(), both.clone()
    second[..., 0] = False
    first[..., 1] = False

    five = [departure(units, known=both)] * 3 + [departure(units, known=second)] * 2
    assert summed(five) == [[0, 1]]
    assert summed([departure(units, known=second)] * 3 + [departure(units, known=first)] * 5) == [
        [0, 0]
    ]


def test_three_frames_or_two_sizes_are_refused() -> None:
    sums = LastingDefects()
    for _ in range(3):
        sums.add(departure(torch.zeros(1, 1, 4, 6)))

    with pytest.raises(CalibrationError, match="4 frames or more, not 3"):
        sums.found()
    with pytest.raises(CalibrationError, match="frame 4 is 6x4, those before are 4x6"):
        sums.add(departure(torch.zeros(1, 1, 6, 4)))


@pytest.mark.parametrize("sigmas", [0.0, -1.0, float("nan"), float("inf")])
def test_deviations_are_a_number_above_0(sigmas: float) -> None:
    with pytest.raises(UsageError, match="above 0"):
        LastingDefects(sigmas)
