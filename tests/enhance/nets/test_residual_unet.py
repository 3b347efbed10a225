"""Our backbone: its counts, and no pixel rests on more than the halo."""

import pytest
import torch

from enhance.nets.residual_unet import ResidualBlock, ResidualUNet


@pytest.mark.parametrize(
    ("widths", "count"),
    [((12,), 4_473), ((16, 32, 48), 106_969), ((24, 48, 96, 160), 1_070_889)],
)
def test_its_parameters_are_as_many_as_measured(widths: tuple[int, ...], count: int) -> None:
    assert sum(p.numel() for p in ResidualUNet(8, 9, widths).parameters()) == count


@pytest.mark.parametrize("widths", [(12,), (4, 4), (4, 4, 4), (3, 3, 3, 3)])
def test_the_halo_is_how_far_a_pixel_reaches_and_no_wider(widths: tuple[int, ...]) -> None:
    net = ResidualUNet(1, 1, widths)
    for parameter in net.parameters():
        parameter.data = torch.full_like(parameter, 0.01)  # no ReLU shuts and nothing cancels
    m, halo = net.multiple, net.halo
    side = 2 * halo + 4 * m
    side += -side % m
    reach = 0
    for at in range(halo, halo + m):  # every place within a coarsest pixel
        at += -halo % m
        planes = torch.ones(1, 1, side, side, requires_grad=True)
        (gradient,) = torch.autograd.grad(net(planes)[0, 0, at, at], planes)
        rows = torch.nonzero(gradient[0, 0].abs().sum(dim=1)).flatten()
        reach = max(reach, at - int(rows.min()), int(rows.max()) - at)

    assert halo - m < reach <= halo
    assert m == 2 ** (len(widths) - 1)


def test_a_block_adds_its_convolutions_to_what_came() -> None:
    block = ResidualBlock(1)
    for layer in (block.first, block.second):
        torch.nn.init.dirac_(layer.weight)
        torch.nn.init.zeros_(layer.bias)

    with torch.no_grad():
        assert block(torch.tensor([[[[-1.0, 2.0]]]])).tolist() == [[[[-1.0, 4.0]]]]
