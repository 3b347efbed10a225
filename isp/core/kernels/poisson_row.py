"""Exact Poisson quantiles along a row: float32 arithmetic first, the exact CDF where it doubts.

A float32 form of the asymptotic inverse (from rate 10) or of the summed CDF (below) gives a count
and says where rounding could have moved it; there `isp.core.poisson_cpu` decides in float64.
The result equals `isp.core.poisson.quantile` in every integer.
"""

from typing import no_type_check

import numpy as np

from isp.core.kernels.compiled import approximate, compiled
from isp.core.kernels.functions import F, exp, normal
from isp.core.poisson_cpu import asymptotic, sum_from_bottom
from isp.core.poisson_series import SMALL_RATE

ROW = 1024  # photosites of one call at most
LONGEST_SUM = 62
ZERO, HALF, ONE, SIXTH = F(0), F(0.5), F(1), F(1 / 6)
PER_WORD, SWITCH = F(2.0**-32), F(SMALL_RATE)
RECIPROCALS = np.array([0.0] + [1 / k for k in range(1, LONGEST_SUM + 2)], dtype=np.float32)

# A(s) and c0(s) of `isp.core.poisson` in powers of s on its S_RANGE: least-squares fits of degree
# 8, weighted towards s = 0; s^3 A is off by 1.8e-6 and c0 by 1.6e-6 at most, before rounding.
S_LOW, S_HIGH = F(-0.6833), F(2.0599)
A0, A1, A2, A3, A4, A5, A6, A7, A8 = (F(v) for v in (
    -0.013888892717659473, 0.0037038533482700586, -0.0013302158331498504, 0.0005552674410864711,
    -0.00026146849268116057, 0.00014147533511277288, -7.138266664696857e-05,
    2.31694557442097e-05, -3.218835217921878e-06,
))  # fmt: skip
C0, C1, C2, C3, C4, C5, C6, C7, C8 = (F(v) for v in (
    0.3333333730697632, -0.027778955176472664, 0.008635880425572395, -0.003498322330415249,
    0.0016784323379397392, -0.0009554046555422246, 0.0005048909806646407,
    -0.00016829751257319003, 2.371501614106819e-05,
))  # fmt: skip
# Doubtful band around an integer: the error of the series within S_LOW..S_HIGH, at most 9e-5 below
# rate 100 and 2.7e-5 from there (the bands of CONVENTIONS section 5.3 hold beyond it too and are
# wider), and that of float32.
BAND_100, BAND = F(2e-4), F(6e-5)
ROUNDING, ROUNDING_PER_ROOT = F(2e-5), F(6e-6)
SUM_BAND = F(4e-6)  # thirty roundings of the sum and of its terms


@compiled
@no_type_check
def poisson_row(rate, words, n, counts, doubtful, work, a, c0, low, high):
    """Counts of `n` photosites, at most ROW.

    rate: float32, 0..2^24. words: uint32. counts: float32, written. doubtful: bool, and
    work: (6, ROW) float32 of room. a, c0, low, high: as `isp.core.poisson_cpu.quantiles`.
    """
    small = 0
    for i in range(n):
        small += rate[i] < SWITCH
    if small < n:
        _asymptotic(rate, words, n, counts, doubtful)
    if small == n:
        _summed(rate, words, n, counts, doubtful, work)
    elif small > 0:
        _some_summed(rate, words, n, counts, doubtful, work)
    for i in range(n):
        if doubtful[i]:
            lam, word = np.float64(rate[i]), np.int64(words[i])
            if rate[i] < SWITCH:
                counts[i] = sum_from_bottom(lam, word)
            else:
                counts[i] = asymptotic(lam, word, a, c0, low, high)


@compiled
@no_type_check
def poisson_rows(rate, words, counts, a, c0, low, high):
    """Counts of any number of photosites, `poisson_row` after `poisson_row`."""
    work, doubtful = np.empty((6, ROW), np.float32), np.empty(ROW, np.bool_)
    for start in range(0, rate.size, ROW):
        end = min(start + ROW, rate.size)
        poisson_row(
            rate[start:end], words[start:end], end - start, counts[start:end], doubtful, work,
            a, c0, low, high,
        )  # fmt: skip


@approximate
@no_type_check
def _asymptotic(rate, words, n, counts, doubtful):
    for i in range(n):
        lam = rate[i]
        z = normal(words[i])
        root = np.sqrt(lam)
        s = z * (ONE / root)
        a = (((((((A8 * s + A7) * s + A6) * s + A5) * s + A4) * s + A3) * s + A2) * s + A1) * s + A0
        c = (((((((C8 * s + C7) * s + C6) * s + C5) * s + C4) * s + C3) * s + C2) * s + C1) * s + C0
        step = root * z * (ONE + s * (SIXTH + s * a)) + c
        step = step - F(0.0218) / (step + lam * F(1.065))
        # The integers stay apart from the fractions, which float32 could not hold beside them.
        whole = np.floor(lam)
        x = (lam - whole) + step
        floor = np.floor(x)
        fraction = x - floor
        band = BAND_100 if lam < F(100) else BAND
        band += ROUNDING + ROUNDING_PER_ROOT * root
        counts[i] = whole + floor
        sure = (fraction >= band) & (fraction <= ONE - band) & (s > S_LOW) & (s < S_HIGH)
        doubtful[i] = not (sure & (whole + floor >= ONE))


@approximate
@no_type_check
def _summed(rate, words, n, counts, doubtful, work):
    p, cdf, u, near = work[0], work[1], work[2], work[3]
    for i in range(n):
        none = exp(-rate[i])
        p[i] = none
        cdf[i] = none
        u[i] = (F(words[i]) + HALF) * PER_WORD
        counts[i] = ZERO
        near[i] = ONE
    going = True
    k = 0
    while going and k < LONGEST_SUM:
        below_any = np.int32(0)
        reciprocal = RECIPROCALS[k + 1]
        for i in range(n):
            gap = cdf[i] - u[i]
            below = gap < ZERO
            near[i] = min(near[i], abs(gap))
            counts[i] += ONE if below else ZERO
            below_any |= np.int32(1) if below else np.int32(0)
            term = p[i] * rate[i] * reciprocal
            p[i] = term
            cdf[i] += term
        going = below_any != 0
        k += 1
    for i in range(n):
        # A sum that float32 leaves below u for ever ends near it, and so in doubt.
        doubtful[i] = near[i] < SUM_BAND


@compiled
@no_type_check
def _some_summed(rate, words, n, counts, doubtful, work):
    """The summed counts where the rate is small; the others stay as they are."""
    places = np.empty(n, np.int32)
    picked_words = np.empty(n, np.uint32)
    picked_doubt = np.empty(n, np.bool_)
    picked_rate, picked_counts = work[4], work[5]
    m = 0
    for i in range(n):
        places[m] = i
        m += rate[i] < SWITCH
    for j in range(m):
        picked_rate[j] = rate[places[j]]
        picked_words[j] = words[places[j]]
    _summed(picked_rate, picked_words, m, picked_counts, picked_doubt, work)
    for j in range(m):
        counts[places[j]] = picked_counts[j]
        doubtful[places[j]] = picked_doubt[j]
