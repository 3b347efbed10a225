"""Which samples may be used near saturation, decided without looking at their own noise."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool
from torch import Tensor

from isp.merge.estimate import combine
from isp.merge.neighbours import neighbours
from isp.merge.observation import Observation

MARGIN = 4.0  # deviations below the limit: a cut Gaussian is then short by 1.3e-4 of one
CLEAR = 0.05  # of a picture's trust: codes 7 to 248 of 255
SHORTER = 0.9  # of the exposure: the same settings again are no way out of saturation


def believable(bracket: Sequence[Observation]) -> list[Bool[Tensor, "b 1 h w"]]:
    """Where each sample may be used: measured, and not at a signal that often saturates.

    Of a signal just below the limit only the samples that came out low are measured, and their
    mean is short by up to 0.8 deviations. So a sample is left to the shorter exposures where its
    eight nearest neighbours of the same colour, as merged, expect it within MARGIN deviations of
    the limit. The sample itself has no say in that: neighbours' noise is independent of it, which
    keeps a flat area's mean. Only where the pixel's own value lies nearby (twice the margin) do
    neighbours count, so that a dark pixel beside a lamp keeps its long exposure; where no shorter
    exposure was measured, nothing is left out. Pictures fade out by their codes instead, and where
    they are bent by clipping they are left to shorter exposures that are not.

    Where a shorter exposure saturated, a longer one holds more than its limit too. What it reads
    just below (within twice the margin) is a full well that the noise of reading made darker, and
    no light: taken for it, 1 sample in 100 of a lost highlight would come out dark by the ratio
    of the exposures. Further below, the scene moved, which is a question for deghosting.
    """
    measured = [seen.measured for seen in bracket]
    if any(seen.trust is not None for seen in bracket):
        return _unbent(bracket)
    estimate, information = combine(bracket, measured, rounds=2)
    around, spread = neighbours(estimate, information, bracket[0].period)
    used = []
    for seen in bracket:
        other, beyond = torch.zeros_like(seen.measured), torch.zeros_like(seen.measured)
        for shorter in bracket:
            is_shorter = shorter.exposure < SHORTER * seen.exposure
            other |= shorter.measured & is_shorter
            beyond |= shorter.saturated & is_shorter
        variance = seen.noise.variance(seen.limit.expand_as(seen.signal))
        doubt = torch.sqrt(variance + seen.exposure**2 * spread)
        near = seen.exposure * around + MARGIN * doubt > seen.limit
        own = seen.exposure * estimate + 2 * MARGIN * variance.sqrt() > seen.limit
        doubted = other & (near & own).any(dim=1, keepdim=True)
        full = seen.signal + 2 * MARGIN * variance.sqrt() > seen.limit
        used.append(seen.measured & ~doubted & ~(beyond & full.any(dim=1, keepdim=True)))
    return used


def _unbent(bracket: Sequence[Observation]) -> list[Bool[Tensor, "b 1 h w"]]:
    """Pictures' measured samples without those that are bent where a shorter one is not.

    A shorter one deep in the shadows, whose few codes have colours of their own, is no better.
    """
    straight = [s.measured if s.bent is None else s.measured & ~s.bent for s in bracket]
    clear = [
        s if o.trust is None else s & (o.trust > CLEAR)
        for s, o in zip(straight, bracket, strict=True)
    ]
    used = []
    for seen, own in zip(bracket, straight, strict=True):
        better = torch.zeros_like(own)
        for shorter, other in zip(bracket, clear, strict=True):
            better |= other & (shorter.exposure < SHORTER * seen.exposure)
        used.append(own | (seen.measured & ~better))
    return used
