"""The two kernels of the fused sensor for a GPU, in Triton; they mirror the rows of the CPU form.

Imports without Triton: the kernels are then plain functions that nothing calls. Their launches
forbid the contraction of multiply-adds, so that float64 rounds as the chain of effects does; where
one is wanted it is written `fma`. Division and square root are the rounded ones: float32 then
differs from the CPU's only by which multiply-adds are contracted, which the doubtful bands cover.
"""

from typing import Any, no_type_check

from isp.core.kernels import functions as f
from isp.core.kernels import poisson_row as p
from simulate.fused.photosite_row import GAUSSIAN as GAUSSIAN_LAW
from simulate.fused.photosite_row import LOGISTIC as LOGISTIC_LAW

try:
    import triton.language as tl
    from triton import jit
    from triton.language import constexpr
except ImportError:  # CUDA builds of torch bring Triton, the CPU build does not
    constexpr: Any = float  # type: ignore[no-redef]

    @no_type_check
    def jit(kernel):
        """Leave a kernel as it is."""
        return kernel


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
GAUSSIAN, LOGISTIC = constexpr(GAUSSIAN_LAW), constexpr(LOGISTIC_LAW)
# 1.5 x 2^52: a float64 added to it and taken away again is rounded half to even.
ROUNDER = constexpr(6755399441055744.0)

# Columns of the tables that `simulate.fused.gpu` makes for each image.
ROW_OF_NUMBERS, ROW_OF_PLACES = constexpr(6), constexpr(6)
DARK_TIME, DARK_E, SCALE, SHAPE, SYSTEM_GAIN, LIMIT = (constexpr(i) for i in range(6))
KEY, FRAME, ITEM, LAW, FIRST_ROW, FIRST_BLOCK = (constexpr(i) for i in range(6))


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


@jit
@no_type_check
def stretch(height, width, chunks, SKIP: constexpr, BLOCKS: constexpr):
    """Image, row and columns of this program, and which columns exist: a stretch of one row."""
    program = tl.program_id(0)
    line = program // chunks
    x = (program % chunks) * (4 * BLOCKS) + tl.arange(0, 4 * BLOCKS) - SKIP
    return line // height, line % height, x, (x >= 0) & (x < width)


@jit
@no_type_check
def draw_words(places, image, y, chunks, STREAM: constexpr, BLOCKS: constexpr):
    """One word a photosite: a Philox block serves four neighbours (`isp.core.rng`)."""
    row = places + image * ROW_OF_PLACES
    line = (tl.load(row + FIRST_ROW) + y) << 16
    first = tl.load(row + FIRST_BLOCK) + (tl.program_id(0) % chunks) * BLOCKS
    c0 = (line | (first + tl.arange(0, BLOCKS))).to(tl.uint32)
    frame, item = tl.load(row + FRAME).to(tl.uint32), tl.load(row + ITEM).to(tl.uint32)
    w0, w1, w2, w3 = tl.philox(tl.load(row + KEY), c0, frame, STREAM, item)
    return tl.interleave(tl.interleave(w0, w2), tl.interleave(w1, w3))


@jit
@no_type_check
def draw_electrons(
    light, gain, dark_map, numbers, places, counts, doubtful, words,
    height, width, chunks, light_step, gain_step, dark_step, cap,
    HAS_DARK: constexpr, STREAM: constexpr, SKIP: constexpr, BLOCKS: constexpr,
):  # fmt: skip
    """Electrons freed in each photosite, and which of them the exact CDF must decide.

    light, gain, dark_map: (b or 1, h, w), a `step` of 0 for one that serves all; None for none.
    numbers, places: tables of the images, (b, ...), float64 and int64.
    counts: float32, written; in doubt it holds the rate instead, -1 for one that is no rate.
    doubtful: bool, written. words: int32, written only in doubt. SKIP: photosites of the first
    block that lie left of the tile. BLOCKS: of four photosites, in a program.
    """
    image, y, x, inside = stretch(height, width, chunks, SKIP, BLOCKS)
    row = numbers + image * ROW_OF_NUMBERS
    wide, start = image.to(tl.int64), y.to(tl.int64) * width
    mean = tl.load(light + wide * light_step + start + x, mask=inside, other=20.0)
    value = mean.to(tl.float64)
    if gain is not None:
        factor = tl.load(gain + wide * gain_step + start + x, mask=inside, other=1.0)
        value = value * factor.to(tl.float64)
    if dark_map is not None:
        dark = tl.load(dark_map + wide * dark_step + start + x, mask=inside, other=0.0)
        value = value + dark.to(tl.float64) * tl.load(row + DARK_TIME)
    elif HAS_DARK:
        value = value + tl.load(row + DARK_E)
    rate = value.to(tl.float32)
    rate = tl.where(rate >= 0.0, tl.minimum(rate, cap), -1.0)
    word = draw_words(places, image, y, chunks, STREAM, BLOCKS)
    count, doubt = poisson(rate, word)
    at = (wide * height) * width + start + x
    tl.store(counts + at, tl.where(doubt, rate, count), mask=inside)
    tl.store(doubtful + at, doubt, mask=inside)
    tl.store(words + at, word.to(tl.int32, bitcast=True), mask=inside & doubt)


@jit
@no_type_check
def read_electrons(
    dn, offset, rows_e, columns_e, column_gain, black, numbers, places, measured, clipped,
    height, width, chunks, period, offset_step, rows_step, columns_step, black_step, well, top,
    NOISE_IS_GAINED: constexpr, STREAM: constexpr, SKIP: constexpr, BLOCKS: constexpr,
):  # fmt: skip
    """Counts to DN, in place, and masks; float64 before the rounding.

    dn: (b, h, w), counts before. offset: (b or 1, h, w) or None. rows_e: (b or 1, h).
    columns_e: (b or 1, w). column_gain: (w,) or None. black: (b or 1, period, w).
    """
    image, y, x, inside = stretch(height, width, chunks, SKIP, BLOCKS)
    row = numbers + image * ROW_OF_NUMBERS
    wide, start = image.to(tl.int64), y.to(tl.int64) * width
    word = draw_words(places, image, y, chunks, STREAM, BLOCKS)
    scale, shape = tl.load(row + SCALE).to(tl.float32), tl.load(row + SHAPE).to(tl.float32)
    law = tl.load(places + image * ROW_OF_PLACES + LAW)
    if law == GAUSSIAN:
        deviation = normal(word)
    elif law == LOGISTIC:
        deviation = logistic(word)
    else:
        deviation = tukey_lambda(word, shape)
    lines = tl.load(rows_e + wide * rows_step + y) + tl.load(
        columns_e + wide * columns_step + x, mask=inside, other=0.0
    )
    noise = tl.fma(deviation, scale, lines).to(tl.float64)
    at = (wide * height) * width + start + x
    held = tl.minimum(tl.load(dn + at, mask=inside, other=0.0), well)
    signal = held.to(tl.float64)
    if offset is not None:
        signal += tl.load(offset + wide * offset_step + start + x, mask=inside, other=0.0)
    if NOISE_IS_GAINED:
        signal += noise
    if column_gain is not None:
        signal *= tl.load(column_gain + x, mask=inside, other=1.0).to(tl.float64)
    if not NOISE_IS_GAINED:
        signal += noise
    site = wide * black_step + (y % period) * width + x
    level = tl.load(black + site, mask=inside, other=0.0).to(tl.float64)
    level += tl.load(row + SYSTEM_GAIN) * signal
    level = tl.minimum(tl.maximum(level, 0.0), top)
    code = ((level + ROUNDER) - ROUNDER).to(tl.float32)
    lost = (code >= tl.load(row + LIMIT).to(tl.float32)) | (code <= 0.0) | (held >= well)
    tl.store(dn + at, code, mask=inside)
    tl.store(clipped + at, lost, mask=inside)
    tl.store(measured + at, lost == 0, mask=inside)
