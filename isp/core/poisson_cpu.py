"""The exact Poisson quantile of `isp.core.poisson`, compiled for the CPU.

The same law by the same steps, one photosite at a time; tests hold the two equal in every draw.
"""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, no_type_check

import numpy as np
import torch
from numpy.typing import NDArray

from isp.core.kernels.compiled import compiled

SPLIT = 1 << 18  # draws below which a second thread does not pay


def in_threads(
    kernel: Callable[..., None],
    lam: NDArray[np.floating],
    words: NDArray[np.integer],
    constants: tuple[Any, ...],
) -> NDArray[np.floating]:
    """Exact Poisson quantiles of (w + 0.5) 2^-32, on as many threads as torch uses.

    kernel: `quantiles` for float64 rates, `isp.core.kernels.poisson_row.poisson_rows` for float32.
    lam, words: one-dimensional, of one length; rates >= 0.
    constants: the fitted polynomials of `isp.core.poisson` and the ends of their range.
    """
    counts = np.empty_like(lam)
    threads = max(1, min(torch.get_num_threads(), len(lam) // SPLIT))
    edges = np.linspace(0, len(lam), threads + 1).astype(int).tolist()
    parts = [slice(low, high) for low, high in pairwise(edges)]

    def run(part: slice) -> None:
        kernel(lam[part], words[part], counts[part], *constants)

    if threads == 1:
        run(parts[0])
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(run, parts))
    return counts


# compiled stands above no_type_check, so that run-time shape checks leave the kernels alone.


@compiled
@no_type_check
def quantiles(lam, words, counts, a, c0, low, high):
    """Counts of float64 rates, written to `counts`."""
    for i in range(lam.size):
        if lam[i] < 10.0:
            counts[i] = sum_from_bottom(lam[i], words[i])
        else:
            counts[i] = asymptotic(lam[i], words[i], a, c0, low, high)


@compiled
@no_type_check
def sum_from_bottom(lam, word):
    """Smallest n with F(n) >= u, adding up the probabilities."""
    u = (word + 0.5) * 2.0**-32
    p = math.exp(-lam)
    cdf = p
    n = 0
    while cdf < u and p > 0.0:
        n += 1
        p = p * (lam / n)
        cdf = cdf + p
    return float(n)


@compiled
@no_type_check
def asymptotic(lam, word, a, c0, low, high):
    """Giles' inverse, with the exact test where it comes close to an integer."""
    root = math.sqrt(lam)
    z = _normal(word)
    s = z / root
    if s <= low or s >= high:
        return sum_from_bottom(lam, word)
    t = (2 * s - (low + high)) / (high - low)
    x = lam + root * z * (1 + s / 6 + s * s * _polynomial(a, t)) + _polynomial(c0, t)
    x = x - 0.0218 / (x + 0.065 * lam)
    if x < 1:
        return sum_from_bottom(lam, word)
    nearest = np.rint(x)
    delta = 0.01 if lam < 30 else (1e-3 if lam < 100 else 5e-5)
    if abs(x - nearest) < delta:
        return _decide(nearest, lam, word)
    return math.floor(x)


@compiled
@no_type_check
def _polynomial(coefficients, t):
    value = coefficients[-1]
    for k in range(coefficients.size - 2, -1, -1):
        value = value * t + coefficients[k]
    return value


@compiled
@no_type_check
def _normal(word):
    """Wichura 1988, AS 241, PPND16; the farthest tail does not occur with 32-bit words."""
    centred = word - 2147483647.5
    q = centred * 2.0**-32
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = 2509.0809287301226727 * r + 33430.575583588128105
        top = (top * r + 67265.770927008700853) * r + 45921.953931549871457
        top = (top * r + 13731.693765509461125) * r + 1971.5909503065514427
        top = (top * r + 133.14166789178437745) * r + 3.387132872796366608
        below = 5226.495278852545925 * r + 28729.085735721942674
        below = (below * r + 39307.89580009271061) * r + 21213.794301586595867
        below = (below * r + 5394.1960214247511077) * r + 687.1870074920579083
        below = (below * r + 42.313330701600911252) * r + 1.0
        return q * top / below
    r = math.sqrt(-math.log((2147483648.0 - abs(centred)) * 2.0**-32)) - 1.6
    top = 7.7454501427834140764e-4 * r + 0.0227238449892691845833
    top = (top * r + 0.24178072517745061177) * r + 1.27045825245236838258
    top = (top * r + 3.64784832476320460504) * r + 5.7694972214606914055
    top = (top * r + 4.6303378461565452959) * r + 1.42343711074968357734
    below = 1.05075007164441684324e-9 * r + 5.475938084995344946e-4
    below = (below * r + 0.0151986665636164571966) * r + 0.14810397642748007459
    below = (below * r + 0.68976733498510000455) * r + 1.6763848301838038494
    below = (below * r + 2.05319162663775882187) * r + 1.0
    return math.copysign(top / below, q)


@compiled
@no_type_check
def _decide(m, lam, word):
    """Return m where F(m - 1) < u, else m - 1; compared in the smaller tail."""
    if word < 2147483648:
        is_m = _tail_sum(m - 1, lam, True) < (word + 0.5) * 2.0**-32
    else:
        is_m = _tail_sum(m, lam, False) > (4294967295 - word + 0.5) * 2.0**-32
    return m if is_m else m - 1


@compiled
@no_type_check
def _tail_sum(n, lam, downwards):
    term = 1.0
    total = 1.0
    k = 0
    while term > 1e-17 * total and term > 0.0:
        factor = max(n - k, 0.0) / lam if downwards else lam / (n + k + 1)
        term *= factor
        total += term
        k += 1
    return _pmf(n, lam) * total


@compiled
@no_type_check
def _pmf(n, lam):
    """Loader 2000: saddle-point expansion of the Poisson probability."""
    if n <= 0:
        return math.exp(-lam)
    exponent = -_stirling_error(n) - _deviance(n, lam)
    return math.exp(exponent) / math.sqrt(2 * math.pi * n)


@compiled
@no_type_check
def _stirling_error(n):
    if n > 15:
        nn = n * n
        return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / nn) / nn) / nn) / nn) / n
    return math.lgamma(n + 1) - (n + 0.5) * math.log(n) + n - 0.9189385332046727


@compiled
@no_type_check
def _deviance(n, lam):
    difference = n - lam
    v = difference / (n + lam)
    if abs(v) >= 0.1:
        return n * math.log(n / lam) - difference
    series = difference * v
    term = 2 * n * v
    for j in range(1, 12):
        term = term * v * v
        series = series + term / (2 * j + 1)
    return series
