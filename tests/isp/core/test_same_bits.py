"""A function of a value gives the same bits wherever in a tensor the value lies."""

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from isp.core.same_bits import GRAIN, evenly, power

LENGTHS = (1, 13, 64, 100, GRAIN, GRAIN + 5, 2 * GRAIN - 1, 2 * GRAIN + 130, 4 * GRAIN - 3)


@pytest.fixture(params=[1, 2, 3])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def values(count: int = 4 * GRAIN) -> Tensor:
    return torch.rand(count, generator=torch.Generator().manual_seed(3)) + 1e-3


@pytest.mark.parametrize(
    "function",
    [lambda v: evenly(torch.exp2, v), lambda v: power(v, 1 / 2.4), lambda v: power(v, 78.84)],
    ids=["exp2", "root", "high power"],
)
@pytest.mark.usefixtures("threads")
def test_the_bits_hang_neither_on_the_length_nor_on_the_place(
    function: Callable[[Tensor], Tensor],
) -> None:
    whole = function(values())

    for length in LENGTHS:
        assert torch.equal(function(values()[:length]), whole[:length]), length
        assert torch.equal(function(values()[-length:]), whole[-length:]), length


def test_torch_s_own_power_does_hang_on_the_place() -> None:
    """Where it no longer does, this file is not needed any more."""
    parts = [part**78.84 for part in values().split(13)]

    assert not torch.equal(torch.cat(parts), values() ** 78.84)


def test_it_is_the_power_of_float64_to_float32_s_rounding() -> None:
    found, exact = power(values(1000), 2.5), values(1000).double() ** 2.5

    torch.testing.assert_close(found.double(), exact, rtol=2.0**-22, atol=0)


def test_each_image_has_its_own_exponent() -> None:
    base = torch.full((2, 1, 3, 5), 4.0)

    assert power(base, torch.tensor([0.5, 2.0])).flatten(1)[:, 0].tolist() == [2.0, 16.0]


def test_layout_empty_tensors_and_gradients_are_kept() -> None:
    base = torch.rand(5, 7, dtype=torch.float64).T.requires_grad_()

    assert power(base, 2.5).shape == (7, 5)
    assert power(torch.zeros(0, 3), 2.0).shape == (0, 3)
    assert torch.autograd.gradcheck(lambda b: power(b + 0.1, 2.5), (base,))
