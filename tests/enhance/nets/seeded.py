"""A raw net whose every weight speaks."""

import torch

from enhance.nets.raw_net import RawNet
from enhance.nets.raw_nets import raw_net


def seeded(name: str) -> RawNet:
    """The net with every weight drawn anew, those that begin at 0 or 1 too."""
    net, generator = raw_net(name).eval(), torch.Generator().manual_seed(5)
    for parameter in net.parameters():
        fan_in = max(1, parameter[0].numel())
        noise = torch.randn(parameter.shape, generator=generator)
        parameter.data = noise * fan_in**-0.5 * (1.0 if parameter.ndim > 3 else 0.3)
    return net
