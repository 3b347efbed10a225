"""NAFNet has the papers' counts, and its norm and attention are those of the formulas."""

import pytest
import torch
import torch.nn.functional as F

from enhance.nets.nafnet import ChannelNorm, NafBlock, NafNet

ONE = ((), 1, ())
EIGHT = ((), 8, ())
THREE = ((1, 1, 1, 1), 1, (1, 1, 1, 1))
TWO = ((2, 2, 4, 4), 12, (2, 2, 2, 2))
Shape = tuple[tuple[int, ...], int, tuple[int, ...]]


@pytest.mark.parametrize(
    ("shape", "channels", "count"),
    [
        (ONE, (4, 4), 3_492), (ONE, (8, 9), 4_793),
        (EIGHT, (4, 4), 19_732), (EIGHT, (8, 9), 21_033),
        (THREE, (4, 4), 1_137_492), (THREE, (8, 9), 1_138_793),
        (TWO, (4, 4), 6_896_564), (TWO, (8, 9), 6_897_865),
    ],
)  # fmt: skip
def test_its_parameters_are_as_many_as_measured(
    shape: Shape, channels: tuple[int, int], count: int
) -> None:
    net = NafNet(*channels, *shape)

    assert sum(parameter.numel() for parameter in net.parameters()) == count


@pytest.mark.parametrize(
    ("shape", "channels", "count"),
    [
        (ONE, (8, 9), 4_697), (EIGHT, (8, 9), 20_265), (EIGHT, (4, 4), 18_964),
        (THREE, (8, 9), 1_134_377), (TWO, (8, 9), 6_871_369),
    ],
)  # fmt: skip
def test_its_convolutions_alone_are_what_the_paper_counts(
    shape: Shape, channels: tuple[int, int], count: int
) -> None:
    convolutions = [m for m in NafNet(*channels, *shape).modules() if type(m) is torch.nn.Conv2d]

    assert sum(p.numel() for m in convolutions for p in m.parameters()) == count


def test_the_norm_is_torch_s_layer_norm_over_channels() -> None:
    norm = ChannelNorm(6)
    generator = torch.Generator().manual_seed(1)
    for parameter in norm.parameters():
        parameter.data = torch.randn(6, generator=generator)
    features = torch.randn(2, 6, 5, 4, generator=generator)

    expected = F.layer_norm(features.movedim(1, -1), (6,), norm.weight, norm.bias, 1e-6)
    torch.testing.assert_close(norm(features), expected.movedim(-1, 1))


def test_a_new_block_changes_nothing() -> None:
    features = torch.rand(1, 4, 5, 6, generator=torch.Generator().manual_seed(2))

    assert torch.equal(NafBlock(4)(features), features)


def test_attention_carries_a_change_to_the_far_corner_and_convolutions_do_not() -> None:
    net = NafNet(4, 4, *ONE)
    torch.nn.init.ones_(net.middle[0].beta)
    planes = torch.rand(1, 4, 20, 20, generator=torch.Generator().manual_seed(3))
    changed = planes.clone()
    changed[..., 0, 0] += 5

    with torch.no_grad():
        assert float((net(changed) - net(planes))[..., -1, -1].abs().max()) > 0
        net.middle[0].attention.weight.zero_()
        assert float((net(changed) - net(planes))[..., -1, -1].abs().max()) == 0

    assert net.pools_frame
    assert net.halo == 3
