"""From camera RGB to codes: matrices, tone curve, transfer curve, a row at a time, compiled.

A row holds three channels, `GREEN` apart, and each channel PAIRS pixels of two kinds. Curves are
computed, not looked up: arithmetic vectorises, and serves codes of 8 and 16 bits and floats alike.
"""

from typing import no_type_check

import numpy as np

from isp.core.kernels.compiled import approximate, inlined
from isp.fused.curves import FILMIC, OPEN, REINHARD, SRGB
from isp.fused.malvar_rows import BLUE, GREEN
from isp.fused.mosaic_rows import F

ZERO, HALF, ONE = F(0), F(0.5), F(1)
SLOPE, KNEE = F(12.92), F(0.0031308)
# 1.055 x^(1 / 2.4) - 0.055 = P(x^(1 / 4)) on KNEE..1, within 3.3e-7 before rounding; P(1) = 1.
P0, P1, P2, P3, P4, P5, P6, P7 = (F(v) for v in (
    -0.05846860632300377, 0.12390869110822678, 1.4594568014144897, -1.1490291357040405,
    1.1959954500198364, -0.8838467597961426, 0.38606712222099304, -0.07408356666564941,
))  # fmt: skip


@inlined
@no_type_check
def encode_srgb(x):
    """`isp.core.transfer.encode_srgb` of a float32 in 0..1, within 6e-7, and never above 1."""
    q = np.sqrt(np.sqrt(x))
    shoulder = ((((((P7 * q + P6) * q + P5) * q + P4) * q + P3) * q + P2) * q + P1) * q + P0
    return shoulder if x > KNEE else SLOPE * x


@inlined
@no_type_check
def cut(x):
    """The nearest number in 0..1."""
    return min(max(x, ZERO), ONE)


@inlined
@no_type_check
def code(x, top):
    """The nearest code of a number in 0..1; a half goes up."""
    return np.int32(x * top + HALF)


@approximate
@no_type_check
def turn_row(rgb, n, m):
    """Multiply n pixels by a matrix of nine, in place."""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    for i in range(n):
        r, g, b = rgb[i], rgb[GREEN + i], rgb[BLUE + i]
        rgb[i] = m0 * r + m1 * g + m2 * b
        rgb[GREEN + i] = m3 * r + m4 * g + m5 * b
        rgb[BLUE + i] = m6 * r + m7 * g + m8 * b


@approximate
@no_type_check
def filmic_row(rgb, n, numbers):
    """`isp.stages.tone.filmic` on each channel of n pixels, in place.

    numbers: what multiplies x^2 and x above the line and below, the constants beside them, what is
    taken away, the bias, and what makes white 1.
    """
    square, above, alone_above, below, alone_below, less, bias, scale = (
        numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6],
        numbers[7],
    )  # fmt: skip
    for channel in range(3):
        part = rgb[channel * GREEN :]
        for i in range(n):
            x = bias * max(part[i], ZERO)
            over = x * (square * x + above) + alone_above
            part[i] = (over / (x * (square * x + below) + alone_below) - less) * scale


@approximate
@no_type_check
def reinhard_row(rgb, n, numbers):
    """`isp.stages.tone.reinhard2002` on n pixels, in place: three weights, 1 / white^2.

    It scales a pixel, so it may as well come before the matrix, with weights of camera RGB.
    """
    w0, w1, w2, per_white_squared = numbers[0], numbers[1], numbers[2], numbers[3]
    for i in range(n):
        r, g, b = rgb[i], rgb[GREEN + i], rgb[BLUE + i]
        luminance = max(w0 * r + w1 * g + w2 * b, ZERO)
        scale = (ONE + luminance * per_white_squared) / (ONE + luminance)
        rgb[i] = r * scale
        rgb[GREEN + i] = g * scale
        rgb[BLUE + i] = b * scale


@approximate
@no_type_check
def tone_row(rgb, n, tone, matrix, numbers):
    """The tone curve of that name on n pixels, in place; the matrix before it where it needs one.

    numbers: see the curve.
    """
    if tone == FILMIC:
        turn_row(rgb, n, matrix)
        filmic_row(rgb, n, numbers)
    elif tone == REINHARD:
        reinhard_row(rgb, n, numbers)


@approximate
@no_type_check
def encode_row(rgb, n, m, curve):
    """Multiply n pixels by a matrix, cut them to 0..1 and apply a transfer curve, in place."""
    turn_row(rgb, n, m)
    if curve == SRGB:
        for i in range(n):
            rgb[i] = encode_srgb(cut(rgb[i]))
            rgb[GREEN + i] = encode_srgb(cut(rgb[GREEN + i]))
            rgb[BLUE + i] = encode_srgb(cut(rgb[BLUE + i]))
    elif curve != OPEN:
        for i in range(n):
            rgb[i] = cut(rgb[i])
            rgb[GREEN + i] = cut(rgb[GREEN + i])
            rgb[BLUE + i] = cut(rgb[BLUE + i])


@approximate
@no_type_check
def code_row(rgb, n, m, curve, top, codes):
    """As `encode_row`, rounded to codes 0..top; `codes` has the layout of `rgb`."""
    m0, m1, m2, m3, m4, m5, m6, m7, m8 = m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8]
    if curve == SRGB:
        for i in range(n):
            r, g, b = rgb[i], rgb[GREEN + i], rgb[BLUE + i]
            codes[i] = code(encode_srgb(cut(m0 * r + m1 * g + m2 * b)), top)
            codes[GREEN + i] = code(encode_srgb(cut(m3 * r + m4 * g + m5 * b)), top)
            codes[BLUE + i] = code(encode_srgb(cut(m6 * r + m7 * g + m8 * b)), top)
    else:
        for i in range(n):
            r, g, b = rgb[i], rgb[GREEN + i], rgb[BLUE + i]
            codes[i] = code(cut(m0 * r + m1 * g + m2 * b), top)
            codes[GREEN + i] = code(cut(m3 * r + m4 * g + m5 * b), top)
            codes[BLUE + i] = code(cut(m6 * r + m7 * g + m8 * b), top)
