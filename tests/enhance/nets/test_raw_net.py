"""The interface of raw networks: what `forward` makes of heads."""

import torch
from torch import Tensor

from enhance.nets.adaptive_residual import Heads
from enhance.nets.raw_net import RawNet


class Halves(RawNet):
    """Half of what the state says and half of the electrons at white."""

    def heads(
        self,
        amplified: Tensor,
        white_e: Tensor,
        dark_variance_e2: Tensor,
        capture: Tensor | None = None,
    ) -> Heads:
        direct = white_e.expand_as(amplified) if capture is None else capture
        share = torch.full_like(amplified[:, :1], 0.5)
        return Heads(share=share, direct=direct, corrected=amplified)


def test_forward_mixes_heads_and_clips_only_where_the_net_says() -> None:
    net, state, number = Halves(), torch.full((1, 4, 1, 1), -1.0), torch.full((1, 1, 1, 1), 3.0)

    assert net(state, number, number).unique().tolist() == [1.0]  # (3 - 1) / 2
    assert net(state, number, number, 2 * state).unique().tolist() == [-1.5]
    net.clip_max = 1.0
    assert net(state, number, number).unique().tolist() == [0.5]  # (1 + 0) / 2


def test_a_net_neither_pools_nor_takes_a_capture_unless_it_says_so() -> None:
    assert not RawNet.pools_frame
    assert not RawNet.takes_capture
