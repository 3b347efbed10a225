"""Pyramids go down and up without shifting, and filling in uses nothing unmeasured."""

import pytest
import torch

from isp.stages.pyramid import expand, fill_in, gaussian_pyramid, reduce

IMPULSE = torch.zeros(1, 1, 8, 8)
IMPULSE[..., 3, 3] = 1.0


def test_reducing_weighs_by_1_3_3_1_along_both_axes() -> None:
    """Coarse sample i lies between fine 2i and 2i + 1: fine 3 counts 3/8 for 1 and 1/8 for 2."""
    reduced = reduce(IMPULSE)

    assert reduced.shape == (1, 1, 4, 4)
    line = torch.tensor([0.0, 0.375, 0.125, 0.0])
    torch.testing.assert_close(reduced[0, 0], torch.outer(line, line))


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (5, 8), (7, 3)])
def test_every_size_halves_rounded_up_and_a_plain_stays_plain(size: tuple[int, int]) -> None:
    plain = torch.full((1, 2, *size), 0.7)

    reduced = reduce(plain)

    assert reduced.shape[-2:] == ((size[0] + 1) // 2, (size[1] + 1) // 2)
    torch.testing.assert_close(reduced, torch.full_like(reduced, 0.7))
    torch.testing.assert_close(expand(reduced, plain), plain)


def test_a_ramp_comes_back_where_it_was() -> None:
    ramp = torch.arange(32.0).expand(1, 1, 4, 32)

    back = expand(reduce(ramp), ramp)

    torch.testing.assert_close(back[..., 4:-4], ramp[..., 4:-4])


def test_a_pyramid_holds_the_picture_and_its_reductions() -> None:
    pyramid = gaussian_pyramid(IMPULSE, levels=4)

    assert [level.shape[-1] for level in pyramid] == [8, 4, 2, 1, 1]
    assert pyramid[0] is IMPULSE


def test_what_is_known_stays_and_what_is_not_has_no_say() -> None:
    values = torch.rand(1, 2, 21, 13, generator=torch.Generator().manual_seed(5))
    weights = (torch.rand(1, 1, 21, 13, generator=torch.Generator().manual_seed(6)) > 0.6).float()
    poisoned = torch.where(weights > 0, values, 1e6)

    filled = fill_in(values, weights)

    assert torch.equal(filled, fill_in(poisoned, weights))
    known = weights.expand_as(values) > 0
    torch.testing.assert_close(filled[known], values[known])
    assert filled.min() >= values[known].min()
    assert filled.max() <= values[known].max() + 1e-5


def test_a_plain_around_a_hole_is_a_plain() -> None:
    weights = torch.ones(1, 1, 40, 40)
    weights[..., 5:30, 9:37] = 0

    torch.testing.assert_close(
        fill_in(torch.full((1, 1, 40, 40), 3.0) * weights, weights), torch.full((1, 1, 40, 40), 3.0)
    )


def test_a_hole_between_two_plains_takes_of_each_what_is_nearer() -> None:
    values = torch.cat([torch.zeros(1, 1, 16, 16), torch.ones(1, 1, 16, 48)], dim=-1)
    weights = torch.ones(1, 1, 16, 64)
    weights[..., 8:56] = 0

    filled = fill_in(values, weights)[0, 0, 8]

    assert filled[9] < 0.2
    assert filled[54] > 0.8
    assert bool((filled.diff() >= -0.05).all())


def test_nothing_known_is_zero() -> None:
    assert not fill_in(torch.ones(1, 1, 5, 5), torch.zeros(1, 1, 5, 5)).any()
