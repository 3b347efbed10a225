"""What a card says of trained weights: how much noise they leave, and whether light shifts."""

from itertools import product
from typing import Any

import torch

from apps.train.training_cameras import TrainingCameras, photographed
from enhance.exposure_diffusion import Captured, refined
from enhance.nets.raw_net import RawNet
from isp.core.rng import Draws, Effect

LEVELS = (0.02, 0.1, 0.5)  # of white of the reference: shadow, dark grey, half
RATIOS = 4  # evenly in their logarithm over those trained on
ISOS = 3  # of a profile, likewise
MARGIN, INSIDE = 64, 64  # packed pixels to each border, and between


def even_light_facts(
    net: RawNet,
    cameras: TrainingCameras,
    ratios: tuple[float, float],
    noise: str = "eld",
    seed: int = 0,
) -> dict[str, Any]:
    """Noise left by one pass over even light, and its bias.

    Every level, ratio and camera is a case. noise_left: mean over the cases of the variance of
    the estimate over that of the capture, both about their own means. bias: mean of the estimate
    less that of the capture, whose chance errors are alike, 1.0 = white of the reference; mean
    over the cases, and the largest of any.

    ratios: from and to. noise: see `TrainingCameras.noise`. The net stays where it is, and the
    captures are drawn there.
    """
    device = next((p.device for p in net.parameters()), torch.device("cpu"))
    sensor, draws = cameras.sensor("even light"), Draws(seed=seed, effect=Effect.NETWORK)
    spots = len(cameras.lines) or ISOS
    shares = [i / (RATIOS - 1) for i in range(RATIOS)]
    cases = list(product(range(spots), LEVELS, shares))
    left, bias = [], []
    for item, (spot, level, share) in enumerate(cases):
        items = torch.tensor([item])
        ratio = torch.tensor([ratios[0] * (ratios[1] / ratios[0]) ** share])
        side = 2 * (2 * MARGIN + INSIDE)
        clean = torch.full((1, 1, side, side), level, device=device)
        place = torch.tensor([(spot + 0.5) / spots]).double()
        drawn = cameras.noise(items, place, noise, seed)
        captured = photographed(clean, ratio, drawn, sensor, seed, items)
        share_left, shift = _case(net, captured, draws)
        left.append(share_left)
        bias.append(shift)
    return {
        "noise_left": sum(left) / len(left),
        "bias": {"mean": sum(bias) / len(bias), "worst": max(bias, key=abs)},
        "even_light_cases": len(cases),
    }


def _case(net: RawNet, captured: Captured, draws: Draws) -> tuple[float, float]:
    with torch.no_grad():
        estimate = refined(net, captured, (1.0,), draws)
    inside = (..., slice(MARGIN, MARGIN + INSIDE), slice(MARGIN, MARGIN + INSIDE))
    after = estimate[inside].double()
    before = captured.amplified(captured.electrons, 1.0)[inside].double()
    ratio = after.var(dim=(2, 3)).sum() / before.var(dim=(2, 3)).sum()
    return float(ratio), float((after - before).mean())
