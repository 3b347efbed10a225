"""The paper's conditioning: what the backbone sees, and what is made of what it says."""

import pytest
import torch
from torch import Tensor, nn

from enhance.nets.linear_net import LinearNet, noise_map, photons
from isp.core.errors import UsageError

WHITE_E, VARIANCE = torch.full((1, 1, 1, 1), 50.0), torch.full((1, 1, 1, 1), 16.0)


class Seen(nn.Module):
    """Keeps what it was shown and says 0.25 everywhere."""

    multiple, halo = 1, 0

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.channels = channels_in, channels_out
        self.planes = torch.empty(0)

    def forward(self, planes: Tensor) -> Tensor:
        self.planes = planes
        return torch.full((planes.shape[0], self.channels[1], *planes.shape[-2:]), 0.25)


def state(value: float = 0.5) -> Tensor:
    return torch.full((1, 4, 2, 2), value)


@pytest.mark.parametrize(
    ("conditioning", "takes_capture", "levels"),
    [
        ("photon", False, [0.5, 25 / 15583]),
        # 25 electrons and a variance of 16: sqrt(41) of 50.
        ("noise_map", False, [0.5, 41**0.5 / 50]),
        ("none", False, [0.5]),
        ("photon", True, [0.5, 25 / 15583, -0.1]),
    ],
)
def test_the_backbone_sees_the_state_what_conditions_it_and_the_capture(
    conditioning: str, takes_capture: bool, levels: list[float]
) -> None:
    net = LinearNet(Seen, conditioning=conditioning, takes_capture=takes_capture)

    net(state(), WHITE_E, VARIANCE, state(-0.1))

    assert isinstance(net.backbone, Seen)
    assert net.backbone.channels == (4 * len(levels), 9)
    seen = net.backbone.planes[0, :, 0, 0]
    torch.testing.assert_close(seen, torch.tensor(levels).repeat_interleave(4))


def test_a_plain_head_adds_what_the_backbone_says_and_clips_where_asked() -> None:
    plain = LinearNet(Seen, "none", "plain", clip_max=None)

    assert plain(state(-0.5), WHITE_E, VARIANCE).unique().tolist() == [-0.25]
    plain.clip_max = 1.0
    assert plain(state(-0.5), WHITE_E, VARIANCE).unique().tolist() == [0.0]
    assert plain(state(2.0), WHITE_E, VARIANCE).unique().tolist() == [1.0]


def test_a_noise_map_keeps_a_finite_slope_where_there_is_no_noise() -> None:
    dark = torch.tensor([-1.0, 0.0, 1.0, 2.0]).reshape(1, 4, 1, 1).requires_grad_()

    told = noise_map(dark, WHITE_E, 0 * VARIANCE)
    (slope,) = torch.autograd.grad(told.sum(), dark)

    assert told[0, :2].detach().flatten().tolist() == pytest.approx([1e-6, 1e-6])
    assert bool(torch.isfinite(slope).all())


def test_photons_of_a_state_do_not_hang_on_the_ratio() -> None:
    torch.testing.assert_close(photons(state(), WHITE_E), photons(state(0.25), 2 * WHITE_E))


def test_what_no_net_is_conditioned_by_and_a_missing_capture_are_refused() -> None:
    with pytest.raises(UsageError, match='photon, noise_map, none, not "gain"'):
        LinearNet(Seen, conditioning="gain")
    with pytest.raises(UsageError, match='arl or plain or direct, not "both"'):
        LinearNet(Seen, head="both")
    with pytest.raises(UsageError, match="takes the capture"):
        LinearNet(Seen, takes_capture=True)(state(), WHITE_E, VARIANCE)
