"""The two kernels of the fused sensor for a GPU, in Triton; they mirror the rows of the CPU form.

Their launches forbid contracted multiply-adds, so that float64 rounds as the chain of effects does.
"""

from typing import no_type_check

from isp.core.kernels.gpu_language import constexpr, jit, tl
from simulate.fused.gpu_functions import logistic, normal, poisson, tukey_lambda
from simulate.fused.maps import GAUSSIAN as GAUSSIAN_LAW
from simulate.fused.maps import LOGISTIC as LOGISTIC_LAW

GAUSSIAN, LOGISTIC = constexpr(GAUSSIAN_LAW), constexpr(LOGISTIC_LAW)
# 1.5 x 2^52: a float64 added to it and taken away again is rounded half to even.
ROUNDER = constexpr(6755399441055744.0)

# Columns of the tables that `simulate.fused.gpu` makes for each image.
ROW_OF_NUMBERS, ROW_OF_PLACES = constexpr(6), constexpr(6)
DARK_TIME, DARK_E, SCALE, SHAPE, SYSTEM_GAIN, LIMIT = (constexpr(i) for i in range(6))
KEY, FRAME, ITEM, LAW, FIRST_ROW, FIRST_BLOCK = (constexpr(i) for i in range(6))


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
