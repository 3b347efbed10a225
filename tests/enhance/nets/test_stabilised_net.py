"""Our conditioning knows electrons alone: the ratio is nothing that it could be wrong about."""

import pytest
import torch
from torch import Tensor, nn

from enhance.nets.raw_nets import raw_net
from enhance.nets.stabilised_net import StabilisedNet

VARIANCE = torch.full((1, 1, 1, 1), 4.0)


def white(electrons: float) -> Tensor:
    return torch.full((1, 1, 1, 1), electrons)


class Silent(nn.Module):
    multiple, halo = 1, 0

    def forward(self, planes: Tensor) -> Tensor:
        return torch.zeros_like(planes)


@pytest.mark.parametrize("ratio", [1.0, 37.0, 300.0])
def test_the_same_electrons_give_the_same_electrons_at_any_ratio(ratio: float) -> None:
    net = raw_net("fw-5k-stabilised").eval()
    electrons = 30 * torch.randn(1, 4, 12, 12, generator=torch.Generator().manual_seed(1)) + 20

    with torch.no_grad():
        at_ratio, at_one = (
            net(electrons / white_e, white(white_e), VARIANCE) * white_e
            for white_e in (15000 / ratio, 15000.0)
        )

    scale = float(at_one.abs().max())
    torch.testing.assert_close(at_ratio, at_one, rtol=0, atol=1e-6 * scale)


def test_a_backbone_that_says_nothing_keeps_the_state_beside_its_surroundings() -> None:
    state = torch.rand(1, 4, 12, 12, generator=torch.Generator().manual_seed(2)) - 0.2

    heads = StabilisedNet(Silent()).heads(state, white(100.0), VARIANCE)

    torch.testing.assert_close(heads.corrected, state, rtol=1e-5, atol=1e-6)
    assert heads.share.unique().tolist() == [0.5]
    assert float(heads.direct.std()) < float(state.std()) / 4  # a mean over 25 and more


@pytest.mark.parametrize("value", [-1e4, -1.0, 0.0, 1e4])
def test_heads_stay_finite_far_below_black_and_far_above_white(value: float) -> None:
    state = torch.full((1, 4, 10, 10), value)
    state[..., 5, 5] = 0.5

    heads = raw_net("fw-5k-stabilised").heads(state, white(50.0), VARIANCE)

    for part in (heads.share, heads.direct, heads.corrected):
        assert bool(torch.isfinite(part).all())


def test_the_halo_holds_the_mean_around_a_pixel_too() -> None:
    assert raw_net("fw-100k-stabilised").halo == 28 + 4
    assert raw_net("nafnet-1-stabilised").pools_frame
