"""Heads that left the range are still told the way back."""

import torch

from enhance.losses.unclipped_heads import unclipped_heads
from enhance.nets.adaptive_residual import Heads


def heads(share: float, direct: float, corrected: float) -> Heads:
    like = torch.ones(1, 1, 2, 2)
    return Heads(share=share * like, direct=direct * like, corrected=corrected * like)


def test_each_head_counts_by_its_share() -> None:
    loss = unclipped_heads(heads(0.25, 0.9, 0.1), torch.full((1, 1, 2, 2), 0.5))

    assert float(loss) == torch.tensor(0.25 * 0.4 + 0.75 * 0.4).item()


def test_a_head_beyond_white_has_a_gradient() -> None:
    direct = torch.full((1, 1, 2, 2), 1.7, requires_grad=True)
    like = torch.ones(1, 1, 2, 2)

    unclipped_heads(Heads(share=0.5 * like, direct=direct, corrected=like), like).backward()

    assert direct.grad is not None
    assert float(direct.grad.sum()) == 0.5
