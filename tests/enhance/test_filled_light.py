"""Unmeasured light is guessed from what was measured near it, and from nothing else."""

import torch
from torch import Tensor

from enhance.filled_light import REACH, filled

SIDE = 31


def scene() -> tuple[Tensor, Tensor, Tensor]:
    """Planes with noise about four levels, all measured, none clipped."""
    noise = torch.rand(1, 4, SIDE, SIDE, generator=torch.Generator().manual_seed(3))
    planes = noise * 0.01 + torch.tensor([0.1, 0.2, 0.3, 0.4]).reshape(1, 4, 1, 1)
    return planes, torch.ones_like(planes), torch.zeros_like(planes)


def test_a_lone_place_is_the_mean_of_its_eight_neighbours_of_its_colour() -> None:
    planes, measured, clipped = scene()
    measured[0, 2, 10, 12] = 0

    found = filled(planes, measured, clipped)

    around = planes[0, 2, 9:12, 11:14].sum() - planes[0, 2, 10, 12]
    torch.testing.assert_close(found[0, 2, 10, 12], around / 8)
    found[0, 2, 10, 12] = planes[0, 2, 10, 12]
    assert torch.equal(found, planes)


def test_in_a_corner_the_mean_is_over_what_is_there() -> None:
    planes, measured, clipped = scene()
    measured[0, 0, 0, 0] = 0

    found = filled(planes, measured, clipped)

    around = planes[0, 0, :2, :2].sum() - planes[0, 0, 0, 0]
    torch.testing.assert_close(found[0, 0, 0, 0], around / 3)


def test_inside_a_large_clipped_field_it_is_white_and_in_another_field_black() -> None:
    planes, measured, clipped = scene()
    measured[..., :] = 0
    measured[..., 0] = 1
    clipped[:, :2] = 1 - measured[:, :2]

    found = filled(planes, measured, clipped)

    deep = found[..., REACH + 1 :]
    assert torch.equal(deep[:, :2], torch.ones_like(deep[:, :2]))
    assert torch.equal(deep[:, 2:], torch.zeros_like(deep[:, 2:]))
    assert float((found[0, 3, :, 1 : REACH + 1] - 0.4).abs().max()) < 0.011


def test_not_even_what_is_no_number_reaches_a_neighbour() -> None:
    planes, measured, clipped = scene()
    measured[0, :, 5:9, 5:9] = 0
    poisoned = torch.where(measured > 0, planes, torch.nan)

    assert torch.equal(filled(poisoned, measured, clipped), filled(planes, measured, clipped))
