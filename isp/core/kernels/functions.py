"""Logarithm, exponential and normal quantile in float32, branch-free so that they vectorise.

The coefficients are least-squares fits at Chebyshev points; the tests hold their errors against
scipy. Nothing exact rests on them: what they give is either noise, or tested by the exact CDF.
"""

from typing import Any, no_type_check

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from isp.core.kernels.compiled import inlined

F, I = np.float32, np.int32  # noqa: E741 -- the widths are the point of these loops

HALF, ONE, TWO = F(0.5), F(1.0), F(2.0)
LN2, LOG2_E = F(0.6931471805599453), F(1.4426950408889634)
LN2_HIGH, LN2_LOW = F(0.693359375), F(-2.12194440e-4)  # their sum is ln 2 beyond float32
PER_WORD = F(2.0**-32)

# ln(1 + y) = y - y^2/2 + y^3 P(y) on sqrt(1/2)..sqrt(2), within 8.4e-9 before rounding.
L0, L1, L2, L3, L4, L5, L6, L7 = (F(v) for v in (
    0.333333283662796, -0.25000298023223877, 0.20001475512981415, -0.16642241179943085,
    0.14201922714710236, -0.12972022593021393, 0.12714573740959167, -0.08105510473251343,
))  # fmt: skip
# e^x - 1 = x + x^2 (1/2 + x P(x)) on -ln(2)/2..ln(2)/2, within 3.3e-10 before rounding.
E0, E1, E2, E3, E4 = (F(v) for v in (
    0.1666666716337204, 0.041666556149721146, 0.008333311416208744, 0.0013926178216934204,
    0.00019890743715222925,
))  # fmt: skip
# -ndtri(p) = N(r) / D(r) with r = sqrt(-2 ln p), p in 2^-33..1/2, within 4.8e-8 before rounding.
N0, N1, N2, N3, N4 = (F(v) for v in (
    -3.195159673690796, -7.62632417678833, 3.3551530838012695, 4.042384147644043,
    0.4813753664493561,
))  # fmt: skip
D1, D2, D3 = (F(v) for v in (5.342574596405029, 4.063246726989746, 0.4810941219329834))


@intrinsic
@no_type_check
def bits_of(typing_context: Any, value: Any):  # noqa: D103 -- named for what it does
    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), generate


@intrinsic
@no_type_check
def float_of(typing_context: Any, bits: Any):  # noqa: D103 -- named for what it does
    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), generate


@inlined
@no_type_check
def log(x):
    """Natural logarithm of a normal positive float32."""
    bits = bits_of(x)
    exponent = (bits - I(0x3F3504F3)) >> I(23)  # of the power of two nearest in ratio
    y = float_of(bits - (exponent << I(23))) - ONE
    p = ((((((L7 * y + L6) * y + L5) * y + L4) * y + L3) * y + L2) * y + L1) * y + L0
    return y + (y * y) * (y * p - HALF) + F(exponent) * LN2


@inlined
@no_type_check
def exp_parts(x):
    """A power of two, and e^r - 1 of the rest r, within ln(2)/2 of 0: e^x = power (1 + p)."""
    n = np.floor(x * LOG2_E + HALF)
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    p = r + (r * r) * (HALF + r * ((((E4 * r + E3) * r + E2) * r + E1) * r + E0))
    return float_of((I(n) + I(127)) << I(23)), p


@inlined
@no_type_check
def exp(x):
    """e^x for |x| up to 87."""
    power, p = exp_parts(x)
    return power * p + power


@inlined
@no_type_check
def exp_minus_1(x):
    """e^x - 1 for |x| up to 87; small results keep their digits."""
    power, p = exp_parts(x)
    return power * p + (power - ONE)


@inlined
@no_type_check
def smaller_tail(word):
    """Probability of the smaller tail at a word: (min(w, 2^32 - 1 - w) + 1/2) 2^-32."""
    bits = I(word)
    return (F(bits ^ (bits >> I(31))) + HALF) * PER_WORD


@inlined
@no_type_check
def normal(word):
    """Standard normal quantile of (w + 1/2) 2^-32, within 6e-7 + 3e-7 |z|."""
    r = np.sqrt(-TWO * log(smaller_tail(word)))
    above = ((((N4 * r + N3) * r + N2) * r + N1) * r + N0) / (((D3 * r + D2) * r + D1) * r + ONE)
    return above if I(word) < I(0) else -above


@inlined
@no_type_check
def tukey_lambda(word, shape):
    """Tukey-lambda quantile of (w + 1/2) 2^-32 for a shape that is not 0."""
    tail = smaller_tail(word)
    low, high = shape * log(tail), shape * log(ONE - tail)
    above = (exp_minus_1(high) - exp_minus_1(low)) / shape
    return above if I(word) < I(0) else -above


@inlined
@no_type_check
def logistic(word):
    """Tukey-lambda quantile of shape 0: ln(p / (1 - p))."""
    tail = smaller_tail(word)
    above = log(ONE - tail) - log(tail)
    return above if I(word) < I(0) else -above
