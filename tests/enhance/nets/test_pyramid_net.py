"""A pyramid has the weights of one backbone, reaches as far as it says, and keeps light."""

import pytest
import torch
from torch import Tensor, nn

from enhance.nets.pyramid_net import PyramidNet
from enhance.nets.raw_nets import LEVELS, OURS, raw_net
from enhance.nets.stabilised_net import CHANNELS_IN
from tests.enhance.nets.seeded import seeded

PYRAMIDS = [name for name, levels in LEVELS.items() if levels > 1]


def numbers(white_e: float = 60.0, variance: float = 4.0) -> tuple[Tensor, Tensor]:
    return torch.full((1, 1, 1, 1), white_e), torch.full((1, 1, 1, 1), variance)


def picture(height: int, width: int, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 4, height, width, generator=generator) + 0.1 * torch.randn(
        1, 4, height, width, generator=generator
    )


@pytest.mark.parametrize(("name", "count"), [("fw-5k", 4581), ("fw-100k", 107113)])
def test_all_levels_share_the_weights_of_one_backbone(name: str, count: int) -> None:
    net = raw_net(name)

    assert isinstance(net, PyramidNet)
    assert sum(p.numel() for p in net.parameters()) == count
    assert count == sum(p.numel() for p in OURS[name](CHANNELS_IN, 9).parameters())


def test_sides_are_multiples_of_what_the_coarsest_level_halves() -> None:
    assert {name: raw_net(name).multiple for name in PYRAMIDS} == {"fw-5k": 8, "fw-100k": 8}


@pytest.mark.parametrize("name", PYRAMIDS)
def test_nothing_beyond_the_halo_has_a_say(name: str) -> None:
    net = seeded(name).double()
    m = net.multiple
    side = -(-(2 * net.halo + 4) // m) * m + 2 * m
    state = picture(side, side).double().requires_grad_()
    white_e, variance = (n.double() for n in numbers())

    for phase in (0, 1, m // 2, m - 1):  # a pixel's place in the coarsest cell moves its reach
        row = side // 2 // m * m + phase
        state.grad = None
        net(state, white_e, variance)[0, :, row, row].sum().backward()
        assert state.grad is not None
        rows, columns = state.grad.abs().sum((0, 1)).nonzero().T
        reach = max(int((rows - row).abs().max()), int((columns - row).abs().max()))
        assert net.halo * 0.5 < reach <= net.halo  # and the halo is not idly wide


@pytest.mark.parametrize("name", PYRAMIDS)
def test_a_tile_with_its_halo_is_the_whole(name: str) -> None:
    net = seeded(name)
    m = net.multiple
    margin = -(-net.halo // m) * m
    side = 2 * margin + 2 * m
    state = picture(side + 2 * m, side + m)
    inside = (..., slice(m, m + side), slice(0, side))
    kept = (..., slice(margin, margin + 2 * m), slice(margin, margin + 2 * m))

    with torch.no_grad():
        whole = net(state, *numbers())[inside][kept]
        tile = net(state[inside], *numbers())[kept]

    assert float(whole.std()) > 0.01
    torch.testing.assert_close(tile, whole, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", PYRAMIDS)
def test_the_same_electrons_are_the_same_estimate_at_any_ratio(name: str) -> None:
    net = seeded(name)
    electrons = picture(64, 64) * 50.0

    with torch.no_grad():
        low, high = (
            net(electrons / white, *numbers(white)) * white for white in (50.0, 5000.0)
        )  # fmt: skip

    torch.testing.assert_close(low, high, rtol=1e-4, atol=1e-3)


def test_the_mean_of_four_is_a_capture_of_four_times_the_electrons() -> None:
    """Each level is told white and dark variance of the sums that its means stand for."""
    told: list[tuple[float, Tensor]] = []

    class Listens(PyramidNet):
        def _level(self, amplified: Tensor, above: Tensor | None, *rest: Tensor) -> object:  # type: ignore[override]
            told.append((amplified.shape[-1], torch.cat([n.flatten() for n in rest])))
            return super()._level(amplified, above, *rest)

    net = Listens(OURS["fw-5k"](CHANNELS_IN, 9), levels=3)
    net(picture(16, 16), *numbers(60.0, 4.0))

    assert [(width, n.tolist()) for width, n in told] == [
        (4, [60.0 * 16, 4.0 * 16]), (8, [60.0 * 4, 4.0 * 4]), (16, [60.0, 4.0]),
    ]  # fmt: skip


def test_a_backbone_that_says_nothing_leaves_light_where_it_is() -> None:
    class Silent(nn.Module):
        halo, multiple = 0, 1

        def forward(self, planes: Tensor) -> Tensor:
            return torch.zeros_like(planes)

    even = torch.full((1, 4, 64, 64), 0.3)

    estimate = PyramidNet(Silent(), levels=4)(even, *numbers())

    torch.testing.assert_close(estimate, even, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", PYRAMIDS)
@pytest.mark.parametrize("case", ["dark", "black", "bright", "one photon", "far below black"])
def test_gradients_are_numbers_at_the_ends(name: str, case: str) -> None:
    net = raw_net(name)
    level, white_e, variance = {
        "dark": (1e-4, 2.0, 30.0), "black": (0.0, 50.0, 4.0), "bright": (1.5, 1e5, 1.0),
        "one photon": (1.0, 1.0, 1e-3), "far below black": (-40.0, 5.0, 9.0),
    }[case]  # fmt: skip
    state = torch.full((1, 4, 16, 16), level).requires_grad_()

    (net(state, *numbers(white_e, variance)) - 0.1).square().mean().backward()

    for part in (state, *net.parameters()):
        assert part.grad is not None
        assert bool(torch.isfinite(part.grad).all())
