"""Neighbours of all colours are made comparable, and only what stands out is looked at."""

import itertools

import pytest
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.stages.defect_surroundings import (
    PAIRS,
    described,
    in_order,
    outstanding,
    surroundings,
    texture,
)

NOISE = torch.tensor([[1e-6, 1e-4, 0.0]])  # sigma 0.001 at black, 0.00714 at 0.5
COLOURS = torch.tensor([[0.2, 0.5, 0.3]])


def flat(cfa: Cfa) -> Tensor:
    return cfa.spread(COLOURS, 30, 36)


def test_the_network_puts_every_row_of_eight_in_order() -> None:
    """A network that orders all 256 rows of noughts and ones orders all (Knuth, 5.3.4, Z)."""
    rows = torch.tensor(list(itertools.product([0.0, 1.0], repeat=8)))

    ordered = torch.stack(in_order(list(rows.unbind(dim=1))), dim=1)

    assert torch.equal(ordered, rows.sort(dim=1).values)
    assert len(PAIRS) == 19  # as few as eight values need


@pytest.mark.parametrize("cfa", [Cfa.RGGB, Cfa.QUAD_RGGB, Cfa.XTRANS])
def test_even_light_of_any_colour_is_one_everywhere(cfa: Cfa) -> None:
    even = surroundings(flat(cfa), torch.ones(1, 1, 30, 36), NOISE, cfa)

    torch.testing.assert_close(even.ratio, torch.ones_like(even.ratio))
    assert not outstanding(even, 5.0).any()


def test_a_defect_is_looked_at_from_the_stated_deviations_on_and_changes_no_mean() -> None:
    """Green 0.5: sigma sqrt(1e-6 + 1e-4 x 0.5) = 0.007141, five of them 0.035707."""
    measured = torch.ones(1, 1, 30, 36)
    for departure, wanted in ((0.0355, 0), (0.0359, 1), (-0.0355, 0), (-0.0359, 1), (40.0, 1)):
        mosaic = flat(Cfa.RGGB)
        mosaic[..., 10, 11] += departure
        seen = surroundings(mosaic, measured, NOISE, Cfa.RGGB)

        assert int(outstanding(seen, 5.0).sum()) == wanted
        others = seen.ratio.flatten()[torch.arange(30 * 36) != 10 * 36 + 11]
        torch.testing.assert_close(others, torch.ones_like(others))


def test_what_two_unmeasured_neighbours_hold_is_nothing_to_judge_by() -> None:
    mosaic, measured = flat(Cfa.RGGB), torch.ones(1, 1, 30, 36)
    mosaic[..., 10, 11] = 1.0
    measured[..., 10, 10] = 0
    one = outstanding(surroundings(mosaic, measured, NOISE, Cfa.RGGB), 5.0)
    measured[..., 9, 10] = 0
    two = outstanding(surroundings(mosaic, measured, NOISE, Cfa.RGGB), 5.0)

    assert one[0, 0].nonzero().tolist() == [[10, 11]]
    assert not two.any()


def test_a_description_holds_each_neighbour_at_its_place_and_its_colour() -> None:
    """Unit in even light: the noise's ratio, 0.007141 / 0.503 = 0.014197 at green."""
    mosaic = flat(Cfa.RGGB)
    mosaic[..., 10, 14] += 0.5 * 0.02  # the third to the right of (10, 11)
    seen = surroundings(mosaic, torch.ones(1, 1, 30, 36), NOISE, Cfa.RGGB)
    at = (torch.tensor([0]), torch.tensor([10]), torch.tensor([11]))

    numbers = described(seen, at, Cfa.RGGB)[0]

    assert numbers.shape == (114,)
    right = 3 * 7 + 6 - 1  # row 3 of 7, the last; the photosite itself is not among the 48
    assert (numbers[:48].abs() > 0.2).nonzero().flatten().tolist() == [right]
    same = numbers[48:96].reshape(2, 24)
    # Of the 7 x 7 around a green one 25 are green, and one of these is itself.
    assert same.sum() == 24
    assert numbers[96:104].abs().max() < 0.2


def test_texture_is_the_mean_square_of_48_neighbours_in_noise_s_each_up_to_nine() -> None:
    """One of 2 sigma adds 4 / 48 to the others; one of 100 adds 9 / 48; itself it does not see.

    By the mean of its 25 greens, which one of 2 sigma moves by 0.08, all are off a little.
    """
    measured = torch.ones(1, 1, 30, 36)

    def around(departure: float) -> Tensor:
        mosaic = flat(Cfa.RGGB)
        mosaic[..., 10, 11] += departure
        return texture(surroundings(mosaic, measured, NOISE, Cfa.RGGB))[0, 0]

    two, far = around(2 * 0.0071414), around(1.0)
    assert two[10, 11] < 0.01
    assert two[12, 13] == pytest.approx(4 / 48, abs=0.01)
    assert far[12, 13] == pytest.approx(9 / 48, abs=1e-4)
    assert far[20, 20] == pytest.approx(0, abs=1e-6)


def test_texture_of_nothing_but_noise_is_about_one() -> None:
    generator = torch.Generator().manual_seed(1)
    light = torch.full((1, 1, 120, 120), 0.5)
    noisy = light + 0.0071414 * torch.randn(light.shape, generator=generator)

    even = texture(surroundings(noisy, torch.ones_like(noisy), NOISE, Cfa.RGGB))

    assert even.mean() == pytest.approx(1, abs=0.1)
