"""The fused development for a GPU, in Triton: each pixel from the thirteen photosites around it.

Imports without Triton: all are then plain functions that nothing calls.
"""

from typing import no_type_check

from isp.core.kernels.gpu_language import constexpr, jit, tl
from isp.fused import colour_rows as c
from isp.fused.borders import MARGIN as MARGIN_COLUMNS
from isp.fused.curves import FILMIC as FILMIC_TONE
from isp.fused.curves import OPEN as OPEN_CURVE
from isp.fused.curves import REINHARD as REINHARD_TONE
from isp.fused.curves import SRGB as SRGB_CURVE
from isp.fused.mosaic_rows import LARGEST as LARGEST_LIGHT

# A kernel sees globals only as constexpr. The coefficients are those of the CPU form.
FILMIC, REINHARD = constexpr(FILMIC_TONE), constexpr(REINHARD_TONE)
OPEN, SRGB = constexpr(OPEN_CURVE), constexpr(SRGB_CURVE)
P0, P1, P2, P3, P4, P5, P6, P7 = (
    constexpr(float(v)) for v in (c.P0, c.P1, c.P2, c.P3, c.P4, c.P5, c.P6, c.P7)
)
SLOPE, KNEE = constexpr(float(c.SLOPE)), constexpr(float(c.KNEE))
LARGEST, MARGIN = constexpr(float(LARGEST_LIGHT)), constexpr(MARGIN_COLUMNS)

# Columns of the table that `isp.fused.gpu` makes for each image.
COLUMNS = constexpr(35)
BLACK, SCALE, LEVEL, MATRIX, LAST, TONE = (constexpr(i) for i in (0, 4, 8, 9, 18, 27))


@jit
@no_type_check
def photosite(dn, near, row, y, x, width, inside):
    """Photosites x of row y, balanced, and cut where a clipped one is near."""
    site = (y & 1) * 2 + (x & 1)
    value = tl.load(dn + y * width + x, mask=inside, other=0).to(tl.float32)
    value = (value - tl.load(row + BLACK + site)) * tl.load(row + SCALE + site)
    if near is not None:
        cut = tl.load(near + y * width + x, mask=inside, other=0) != 0
        value = tl.where(cut, tl.minimum(value, tl.load(row + LEVEL)), value)
    return value


@jit
@no_type_check
def turned(at, r, g, b):
    """Colours multiplied by the matrix of nine that lies at `at`."""
    return (
        tl.load(at) * r + tl.load(at + 1) * g + tl.load(at + 2) * b,
        tl.load(at + 3) * r + tl.load(at + 4) * g + tl.load(at + 5) * b,
        tl.load(at + 6) * r + tl.load(at + 7) * g + tl.load(at + 8) * b,
    )


@jit
@no_type_check
def filmic(x, at):
    """`isp.fused.colour_rows.filmic_row` of one channel."""
    x = tl.load(at + 6) * tl.maximum(x, 0.0)
    over = x * (tl.load(at) * x + tl.load(at + 1)) + tl.load(at + 2)
    under = x * (tl.load(at) * x + tl.load(at + 3)) + tl.load(at + 4)
    return (over / under - tl.load(at + 5)) * tl.load(at + 7)


@jit
@no_type_check
def encoded(x, CURVE: constexpr):
    """`isp.fused.colour_rows.encode_row` of one channel, after the matrix."""
    if CURVE != OPEN:
        x = tl.minimum(tl.maximum(x, 0.0), 1.0)
    if CURVE == SRGB:
        q = tl.sqrt(tl.sqrt(x))
        high = ((((P7 * q + P6) * q + P5) * q + P4) * q + P3) * q + P2
        x = tl.where(x > KNEE, (high * q + P1) * q + P0, SLOPE * x)
    return x


@jit
@no_type_check
def demosaicked(dn, near, row, row_of, column_of, y, x, width, inside, SHIFT: constexpr):
    """Pixels x of row y: the even rows' colour, green, the odd rows' colour; the photosite."""
    a2, a1, b1, b2 = (
        tl.load(row_of + y), tl.load(row_of + y + 1), tl.load(row_of + y + 3),
        tl.load(row_of + y + 4),
    )  # fmt: skip
    at = column_of + x + MARGIN
    l2, l1 = tl.load(at - 2, mask=inside, other=0), tl.load(at - 1, mask=inside, other=0)
    r1, r2 = tl.load(at + 1, mask=inside, other=0), tl.load(at + 2, mask=inside, other=0)
    here = photosite(dn, near, row, y, x, width, inside)
    above = photosite(dn, near, row, a1, x, width, inside)
    above += photosite(dn, near, row, b1, x, width, inside)
    beside = photosite(dn, near, row, y, l1, width, inside)
    beside += photosite(dn, near, row, y, r1, width, inside)
    far_above = photosite(dn, near, row, a2, x, width, inside)
    far_above += photosite(dn, near, row, b2, x, width, inside)
    far_beside = photosite(dn, near, row, y, l2, width, inside)
    far_beside += photosite(dn, near, row, y, r2, width, inside)
    diagonal = photosite(dn, near, row, a1, l1, width, inside)
    diagonal += photosite(dn, near, row, a1, r1, width, inside)
    diagonal += photosite(dn, near, row, b1, l1, width, inside)
    diagonal += photosite(dn, near, row, b1, r1, width, inside)
    # Malvar's figure 2, in eighths, as `isp.fused.malvar_rows`.
    far = far_above + far_beside
    green = 0.5 * here + 0.25 * (above + beside) - 0.125 * far
    across = 0.75 * here + 0.25 * diagonal - 0.1875 * far
    both = 0.625 * here - 0.125 * diagonal
    along_row = both + 0.5 * beside - 0.125 * far_beside + 0.0625 * far_above
    along_column = both + 0.5 * above - 0.125 * far_above + 0.0625 * far_beside
    is_green = ((x + y + SHIFT) & 1) == 1
    own = tl.where(is_green, along_row, here)
    other = tl.where(is_green, along_column, across)
    even = (y & 1) == 0
    first, last = tl.where(even, own, other), tl.where(even, other, own)
    return first, tl.where(is_green, here, green), last, here


@jit
@no_type_check
def render_pixels(
    dn, near, row_of, column_of, table, strange, out, height, width, chunks, top,
    SHIFT: constexpr, TONE_CURVE: constexpr, CURVE: constexpr, PLANES: constexpr,
    BLOCK: constexpr,
):  # fmt: skip
    """A stretch of BLOCK pixels of one row, from DN to codes (b, h, w, 3) or floats (b, 3, h, w).

    dn: (b, h, w). near: bytes, (b, h, w), or None. row_of, column_of: int32, see
    `isp.fused.borders`. table: (b, COLUMNS) float32. strange: int32, set to 1 by any value that is
    no number or too large. PLANES: whether `out` is floats.
    """
    program = tl.program_id(0)
    line = program // chunks
    image, y = line // height, line % height
    x = (program % chunks) * BLOCK + tl.arange(0, BLOCK)
    inside = x < width
    row = table + image * COLUMNS
    first = image.to(tl.int64) * height * width
    if near is not None:
        near += first
    r, g, b, here = demosaicked(
        dn + first, near, row, row_of, column_of, y, x, width, inside, SHIFT
    )
    odd = inside & ((tl.abs(here) <= LARGEST) == 0)
    tl.store(strange + 0 * x, 1, mask=odd)
    if TONE_CURVE == FILMIC:
        r, g, b = turned(row + MATRIX, r, g, b)
        r, g, b = filmic(r, row + TONE), filmic(g, row + TONE), filmic(b, row + TONE)
    if TONE_CURVE == REINHARD:
        weights = row + TONE
        luminance = tl.load(weights) * r + tl.load(weights + 1) * g + tl.load(weights + 2) * b
        luminance = tl.maximum(luminance, 0.0)
        factor = (1.0 + luminance * tl.load(weights + 3)) / (1.0 + luminance)
        r, g, b = r * factor, g * factor, b * factor
    r, g, b = turned(row + LAST, r, g, b)
    r, g, b = encoded(r, CURVE), encoded(g, CURVE), encoded(b, CURVE)
    if PLANES:
        plane = height.to(tl.int64) * width
        at = out + 3 * first + y * width + x
        tl.store(at, r, mask=inside)
        tl.store(at + plane, g, mask=inside)
        tl.store(at + 2 * plane, b, mask=inside)
    else:
        at = out + 3 * (first + y * width + x)
        kind = out.dtype.element_ty
        tl.store(at, (r * top + 0.5).to(tl.int32).to(kind), mask=inside)
        tl.store(at + 1, (g * top + 0.5).to(tl.int32).to(kind), mask=inside)
        tl.store(at + 2, (b * top + 0.5).to(tl.int32).to(kind), mask=inside)
