"""The U-Net of the papers, layer for layer, at any size."""

import pytest
import torch

from enhance.nets.sid_unet import ConvolutionPair, SidUNet, mirrored


def parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("channels", "count"),
    [((4, 4), 7_760_484), ((4, 9), 7_760_649), ((8, 9), 7_761_801), ((12, 9), 7_762_953)],
)
def test_its_parameters_are_as_many_as_the_paper_counts(
    channels: tuple[int, int], count: int
) -> None:
    assert parameters(SidUNet(*channels)) == count


def test_each_block_has_the_parameters_of_its_layers() -> None:
    net = SidUNet(8, 9)
    pairs = [(parameters(p.first), parameters(p.second)) for p in net.down_pairs]
    up_pairs = [(parameters(p.first), parameters(p.second)) for p in net.up_pairs]

    assert pairs == [
        (288 * 8 + 32, 9_248), (18_496, 36_928), (73_856, 147_584), (295_168, 590_080),
        (1_180_160, 2_359_808),
    ]  # fmt: skip
    assert [parameters(up) for up in net.ups] == [524_544, 131_200, 32_832, 8_224]
    assert up_pairs == [
        (1_179_904, 590_080), (295_040, 147_584), (73_792, 36_928), (18_464, 9_248),
    ]  # fmt: skip
    assert parameters(net.ending) == 33 * 9


def test_a_pair_keeps_a_fifth_below_zero_after_each_convolution() -> None:
    pair = ConvolutionPair(1, 1)
    for layer in (pair.first, pair.second):
        torch.nn.init.dirac_(layer.weight)
        torch.nn.init.zeros_(layer.bias)

    with torch.no_grad():
        told = pair(torch.tensor([[[[-1.0, 2.0]]]]))

    torch.testing.assert_close(told, torch.tensor([[[[-0.04, 2.0]]]]))


@pytest.mark.parametrize("size", [(1, 1), (1, 17), (15, 2), (16, 16), (33, 20)])
def test_any_size_comes_out_as_it_went_in(size: tuple[int, int]) -> None:
    planes = torch.rand(1, 4, *size, generator=torch.Generator().manual_seed(1))

    with torch.no_grad():
        out = SidUNet(4, 9)(planes)

    assert out.shape == (1, 9, *size)
    assert bool(torch.isfinite(out).all())


def test_an_odd_picture_is_the_corner_of_its_mirrored_one() -> None:
    planes = torch.rand(1, 4, 13, 18, generator=torch.Generator().manual_seed(2))
    net = SidUNet(4, 4)

    with torch.no_grad():
        odd, whole = net(planes), net(mirrored(planes, 16))[..., :13, :18]

    assert torch.equal(odd, whole)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16])
def test_a_mirror_goes_there_and_back_as_often_as_it_must(size: int) -> None:
    line = torch.arange(float(size)).reshape(1, 1, 1, size)

    told = mirrored(line, 16)[0, 0, 0]

    there_and_back = [*range(size), *reversed(range(size))] * 16
    assert told.tolist() == there_and_back[:16]


def test_whole_multiples_are_left_alone() -> None:
    planes = torch.rand(1, 2, 16, 32, generator=torch.Generator().manual_seed(3))

    assert torch.equal(mirrored(planes, 16), planes)
