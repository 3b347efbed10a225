"""What the samples of a sensor can tell of the light at best: exact Fisher information."""

import math

import numpy as np
from scipy.stats import norm, poisson

TAIL = 12.0  # deviations that are summed over on each side


def photosite_information(
    expected_e: float,
    *,
    system_gain_dn_per_e: float,
    read_noise_e: float,
    black_level_dn: float,
    limit_dn: float,
) -> float:
    """Fisher information of one DN about its expected electrons, 1/e-^2.

    The DN is round(black + gain (Poisson(expected) + N(0, read^2))), and from limit_dn on, and at
    0 and below, all that is known is that it was there. The variance of an unbiased estimate from
    independent samples, whose expected electrons are a_i s, is at least 1 / sum a_i^2 I_i.

    With p(DN) = sum_k Poisson(k) P(DN | k), I = sum (dp/ds)^2 / p; of the Poisson law
    d/ds P(k; s) = P(k - 1; s) - P(k; s).

    Source: Cramer 1946, chapter 32.3; Rao 1945.

    >>> round(photosite_information(100.0, system_gain_dn_per_e=16.0, read_noise_e=0.05,
    ...     black_level_dn=64, limit_dn=1e9), 6)  # shot noise alone: 1 / 100
    0.01
    """
    spread = TAIL * math.sqrt(expected_e + 1) + 30
    k = np.arange(max(0, math.floor(expected_e - spread)), math.ceil(expected_e + spread) + 1)
    law = poisson.pmf(k, expected_e)
    slope = poisson.pmf(k - 1, expected_e) - law
    noise_dn = TAIL * system_gain_dn_per_e * read_noise_e + 2
    first = black_level_dn + system_gain_dn_per_e * k[0] - noise_dn
    last = black_level_dn + system_gain_dn_per_e * k[-1] + noise_dn
    edges = np.arange(max(0, math.floor(first)), min(limit_dn - 1, math.ceil(last)) + 1) + 0.5
    if not len(edges):
        return 0.0
    centre = black_level_dn + system_gain_dn_per_e * k[:, None]
    below = norm.cdf((edges[None] - centre) / (system_gain_dn_per_e * read_noise_e))
    cells = np.diff(below, axis=1, prepend=0.0, append=1.0)  # the two ends are one cell each
    chance, change = law @ cells, slope @ cells
    seen = chance > 1e-300
    return float((change[seen] ** 2 / chance[seen]).sum())
