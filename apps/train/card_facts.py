"""What a card says of trained weights: how much noise they leave, and whether light shifts."""

from itertools import product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from apps.train.training_cameras import TrainingCameras, photographed
from enhance.conserved_light import conserved
from enhance.exposure_diffusion import Captured, refined
from enhance.nets.raw_net import RawNet
from isp.core.rng import Draws, Effect

LEVELS = (0.02, 0.1, 0.5)  # of white of the reference: shadow, dark grey, half
RATIOS = 4  # evenly in their logarithm over those trained on
ISOS = 3  # of a profile, likewise
ROUNDS = 50
LEAST_LOG = -30.0  # of a share: none
MARGIN, INSIDE = 64, 64  # packed pixels to each border, and between


def even_light_facts(
    net: RawNet,
    cameras: TrainingCameras,
    ratios: tuple[float, float],
    noise: str = "eld",
    seed: int = 0,
) -> dict[str, Any]:
    """Noise left by one pass over even light, and its bias.

    Every level, ratio and camera is a case. noise_left: `mean` over the cases of the variance of
    the estimate over that of the capture, both about their own means; and the shares `shot` and
    `dark` of the capture's two variances whose sum is nearest to the variance left, in squares of
    logarithms over the cases. Light is put back as the stage does it. bias: mean of the network's
    estimate, before that, less that of the capture, whose chance errors are alike, 1.0 = white of
    the reference; mean over the cases, and the largest of any.

    ratios: from and to. noise: see `TrainingCameras.noise`. The net stays where it is, and the
    captures are drawn there.
    """
    device = next((p.device for p in net.parameters()), torch.device("cpu"))
    sensor, draws = cameras.sensor("even light"), Draws(seed=seed, effect=Effect.NETWORK)
    spots = len(cameras.lines) or ISOS
    shares = [i / (RATIOS - 1) for i in range(RATIOS)]
    cases = list(product(range(spots), LEVELS, shares))
    left, parts, bias = [], [], []
    for item, (spot, level, share) in enumerate(cases):
        items = torch.tensor([item])
        ratio = torch.tensor([ratios[0] * (ratios[1] / ratios[0]) ** share])
        side = 2 * (2 * MARGIN + INSIDE)
        clean = torch.full((1, 1, side, side), level, device=device)
        place = torch.tensor([(spot + 0.5) / spots]).double()
        drawn = cameras.noise(items, place, noise, seed)
        captured = photographed(clean, ratio, drawn, sensor, seed, items)
        share_left, after, shift = _case(net, captured, draws)
        left.append(share_left)
        bias.append(shift)
        dark = captured.dark_variance_e2 / captured.white_e**2
        parts.append([float(v) / after for v in (level / captured.white_e, dark)])
    shot, dark_share = _shares(np.array(parts))
    return {
        "noise_left": {"mean": sum(left) / len(left), "shot": shot, "dark": dark_share},
        "bias": {"mean": sum(bias) / len(bias), "worst": max(bias, key=abs)},
        "even_light_cases": len(cases),
    }


def _shares(parts: NDArray[np.float64]) -> tuple[float, float]:
    """Shares above 0 of two columns whose sum is nearest to 1, by the ratio (Gauss-Newton)."""
    logs = np.full(2, -np.log(parts.sum(axis=1)).mean())
    for _ in range(ROUNDS):
        each = parts * np.exp(logs)
        total = each.sum(axis=1, keepdims=True)
        step = np.linalg.lstsq(each / total, -np.log(total[:, 0]), rcond=None)[0]
        logs = (logs + step.clip(-1, 1)).clip(LEAST_LOG, None)
    if logs.min() <= LEAST_LOG:  # one part alone describes them no worse: nothing tells them apart
        alike = float(np.exp(-np.log(parts.sum(axis=1)).mean()))
        return alike, alike
    shot, dark = np.exp(logs).tolist()
    return shot, dark


def _case(net: RawNet, captured: Captured, draws: Draws) -> tuple[float, float, float]:
    """Variance left over what there was, variance left of one colour, and the shift of light."""
    with torch.no_grad():
        estimate = refined(net, captured, (1.0,), draws)
    inside = (..., slice(MARGIN, MARGIN + INSIDE), slice(MARGIN, MARGIN + INSIDE))
    amplified = captured.amplified(captured.electrons, 1.0)
    before = amplified[inside].double()
    shift = float((estimate[inside].double() - before).mean())
    back = conserved(estimate.float(), amplified, torch.ones_like(amplified))
    after = back[inside].double().var(dim=(2, 3)).mean()
    return float(after / before.var(dim=(2, 3)).mean()), float(after), shift
