"""Float32 quantiles in Triton: those of `isp.core.kernels`, function by function.

Imports without Triton: all are then plain functions that nothing calls. Launches forbid contracted
multiply-adds; where one is wanted it is written `fma`. Division and square root are the rounded
ones: results then differ from the CPU's only by which multiply-adds are contracted, which the
doubtful bands cover.
"""

from typing import no_type_check

from isp.core.kernels import functions as f
from isp.core.kernels import poisson_row as p
from isp.core.kernels.gpu_language import constexpr, jit, tl

# A kernel sees globals only as constexpr. The coefficients and bands are those of the CPU form.
LN2, LN2_HIGH, LN2_LOW = (constexpr(float(v)) for v in (f.LN2, f.LN2_HIGH, f.LN2_LOW))
LOG2_E, PER_WORD, SIXTH = (constexpr(float(v)) for v in (f.LOG2_E, f.PER_WORD, p.SIXTH))
L0, L1, L2, L3, L4, L5, L6, L7 = (
    constexpr(float(v)) for v in (f.L0, f.L1, f.L2, f.L3, f.L4, f.L5, f.L6, f.L7)
)
E0, E1, E2, E3, E4 = (constexpr(float(v)) for v in (f.E0, f.E1, f.E2, f.E3, f.E4))
N0, N1, N2, N3, N4 = (constexpr(float(v)) for v in (f.N0, f.N1, f.N2, f.N3, f.N4))
D1, D2, D3 = (constexpr(float(v)) for v in (f.D1, f.D2, f.D3))
A0, A1, A2, A3, A4, A5, A6, A7, A8 = (
    constexpr(float(v)) for v in (p.A0, p.A1, p.A2, p.A3, p.A4, p.A5, p.A6, p.A7, p.A8)
)
C0, C1, C2, C3, C4, C5, C6, C7, C8 = (
    constexpr(float(v)) for v in (p.C0, p.C1, p.C2, p.C3, p.C4, p.C5, p.C6, p.C7, p.C8)
)
S_LOW, S_HIGH, SWITCH = (constexpr(float(v)) for v in (p.S_LOW, p.S_HIGH, p.SWITCH))
BAND_100, BAND, SUM_BAND = (constexpr(float(v)) for v in (p.BAND_100, p.BAND, p.SUM_BAND))
ROUNDING, ROUNDING_PER_ROOT = (constexpr(float(v)) for v in (p.ROUNDING, p.ROUNDING_PER_ROOT))
LONGEST_SUM = constexpr(p.LONGEST_SUM)


@jit
@no_type_check
def quartic(x, c4, c3, c2, c1, c0):
    """A polynomial of degree 4, by fused multiply-adds."""
    return tl.fma(tl.fma(tl.fma(tl.fma(x, c4, c3), x, c2), x, c1), x, c0)


@jit
@no_type_check
def octic(x, c8, c7, c6, c5, c4, c3, c2, c1, c0):
    """A polynomial of degree 8, by fused multiply-adds."""
    high = quartic(x, c8, c7, c6, c5, c4)
    return tl.fma(tl.fma(tl.fma(tl.fma(high, x, c3), x, c2), x, c1), x, c0)


@jit
@no_type_check
def log(x):
    """`isp.core.kernels.functions.log`."""
    bits = x.to(tl.int32, bitcast=True)
    exponent = (bits - 0x3F3504F3) >> 23
    y = (bits - (exponent << 23)).to(tl.float32, bitcast=True) - 1.0
    high = quartic(y, L7, L6, L5, L4, L3)
    series = tl.fma(tl.fma(tl.fma(high, y, L2), y, L1), y, L0)
    return tl.fma(exponent.to(tl.float32), LN2, tl.fma(y * y, tl.fma(y, series, -0.5), y))


@jit
@no_type_check
def exp_minus_power(x):
    """(2^n, e^x - 2^n) for the n nearest to x / ln 2, |x| up to 87."""
    n = tl.floor(tl.fma(x, LOG2_E, 0.5))
    r = tl.fma(n, -LN2_LOW, tl.fma(n, -LN2_HIGH, x))
    series = tl.fma(r * r, tl.fma(r, quartic(r, E4, E3, E2, E1, E0), 0.5), r)
    power = ((n.to(tl.int32) + 127) << 23).to(tl.float32, bitcast=True)
    return power, power * series


@jit
@no_type_check
def exp(x):
    """`isp.core.kernels.functions.exp`."""
    power, rest = exp_minus_power(x)
    return power + rest


@jit
@no_type_check
def exp_minus_1(x):
    """`isp.core.kernels.functions.exp_minus_1`."""
    power, rest = exp_minus_power(x)
    return rest + (power - 1.0)


@jit
@no_type_check
def smaller_tail(word):
    """`isp.core.kernels.functions.smaller_tail`."""
    bits = word.to(tl.int32, bitcast=True)
    return ((bits ^ (bits >> 31)).to(tl.float32) + 0.5) * PER_WORD


@jit
@no_type_check
def signed(above, word):
    """A quantile from that of the upper tail: words of the upper half have the sign bit set."""
    return tl.where(word.to(tl.int32, bitcast=True) < 0, above, -above)


@jit
@no_type_check
def normal(word):
    """`isp.core.kernels.functions.normal`."""
    r = tl.sqrt_rn(-2.0 * log(smaller_tail(word)))
    over = tl.fma(tl.fma(tl.fma(r, D3, D2), r, D1), r, 1.0)
    return signed(tl.div_rn(quartic(r, N4, N3, N2, N1, N0), over), word)


@jit
@no_type_check
def tukey_lambda(word, shape):
    """`isp.core.kernels.functions.tukey_lambda`."""
    tail = smaller_tail(word)
    low, high = shape * log(tail), shape * log(1.0 - tail)
    return signed(tl.div_rn(exp_minus_1(high) - exp_minus_1(low), shape), word)


@jit
@no_type_check
def logistic(word):
    """`isp.core.kernels.functions.logistic`."""
    tail = smaller_tail(word)
    return signed(log(1.0 - tail) - log(tail), word)


@jit
@no_type_check
def asymptotic(rate, word):
    """Count of a rate from 10 up, and whether it is in doubt, as `poisson_row`."""
    z = normal(word)
    root = tl.sqrt_rn(rate)
    s = tl.div_rn(z, root)
    a = octic(s, A8, A7, A6, A5, A4, A3, A2, A1, A0)
    c = octic(s, C8, C7, C6, C5, C4, C3, C2, C1, C0)
    step = tl.fma(root * z, tl.fma(s, tl.fma(s, a, SIXTH), 1.0), c)
    step = step - tl.div_rn(0.0218, tl.fma(rate, 1.065, step))
    # The integers stay apart from the fractions, which float32 could not hold beside them.
    whole = tl.floor(rate)
    x = (rate - whole) + step
    floor = tl.floor(x)
    fraction = x - floor
    band = tl.where(rate < 100.0, BAND_100, BAND) + tl.fma(root, ROUNDING_PER_ROOT, ROUNDING)
    count = whole + floor
    sure = (fraction >= band) & (fraction <= 1.0 - band) & (s > S_LOW) & (s < S_HIGH)
    return count, (sure & (count >= 1.0)) == 0


@jit
@no_type_check
def summed(rate, word, wanted):
    """Count of a rate below 10, and whether it is in doubt, as `poisson_row`."""
    probability = exp(-rate)
    cdf = probability
    # A photosite that another formula serves is never below, and holds up no one.
    u = tl.where(wanted, (word.to(tl.float32) + 0.5) * PER_WORD, -1.0)
    count = tl.zeros_like(rate)
    near = tl.full(rate.shape, 1.0, tl.float32)
    going = tl.max(wanted.to(tl.int32), axis=0)
    k = 0
    while going > 0:
        gap = cdf - u
        below = gap < 0.0
        near = tl.minimum(near, tl.abs(gap))
        count += below.to(tl.float32)
        k += 1
        probability = probability * rate * tl.div_rn(1.0, k.to(tl.float32))
        cdf += probability
        going = tl.max(below.to(tl.int32), axis=0) * (k < LONGEST_SUM).to(tl.int32)
    # A sum that float32 leaves below u for ever ends near it, and so in doubt.
    return count, near < SUM_BAND


@jit
@no_type_check
def poisson(rate, word):
    """Count and whether it is in doubt: by either formula, and by both where a block needs both."""
    small = rate < SWITCH
    count = tl.zeros_like(rate)
    doubtful = rate < 0.0
    if tl.min(small.to(tl.int32), axis=0) == 0:
        count, doubtful = asymptotic(tl.maximum(rate, SWITCH), word)
    if tl.max(small.to(tl.int32), axis=0) > 0:
        few, doubt = summed(tl.minimum(tl.maximum(rate, 0.0), SWITCH), word, small)
        count = tl.where(small, few, count)
        doubtful = tl.where(small, doubt, doubtful)
    return count, doubtful | (rate < 0.0)
