"""What the room's own surfaces look like: plaster, boards, the cupboard, a picture.

Each function takes positions in metres and the light there (`room_light`), and gives
radiance, linear BT.709, 1.0 = 100 cd/m2. Patterns are sums of sines or hashed positions.
"""

from typing import Final

import numpy as np

from simulate.scenes import colour_checker, room
from simulate.scenes.room import Values, rgb
from simulate.scenes.room_light import smooth_step

GREY_WALL: Final = (0.300, 0.258, 0.210)  # grey paint in the lamp's light
GREY_WALL_AREA: Final = (0.12, 1.02, 0.80, 1.20)  # left, bottom, right, top on the back wall
SHADOW: Final = (5.0e-5, 4.6e-5, 4.2e-5)
# The open part of the cupboard's front: left, bottom, right, top; its shelf; its back.
RECESS: Final = (1.84, 0.98, 2.24, 1.84)
SHELF: Final = 1.38
RECESS_BACK: Final = 5.14
DOORS: Final = (
    (1.39, 0.98, 1.80, 1.84),
    (1.39, 0.10, 1.80, 0.90),
    (1.84, 0.10, 2.24, 0.90),
)
KNOB: Final = (1.765, 1.36)
CUPBOARD_PAINT: Final = (0.115, 0.165, 0.158)
CLOTH: Final = {
    "blue book": (0.035, 0.075, 0.20),
    "red book": (0.27, 0.028, 0.030),
    "pale book": (0.46, 0.40, 0.27),
}
CHART_LIGHT: Final = 0.60  # a perfect diffuser in the chart's place: 60 cd/m2


def hashed(a: Values, b: Values | float = 0.0) -> Values:
    """A number in 0..1 that looks random, from two whole numbers."""
    scrambled = np.sin(a * 12.9898 + b * 78.233 + 1.7) * 4373.1357
    return scrambled - np.floor(scrambled)


_LATTICE: Final = hashed(*np.meshgrid(np.arange(256.0), np.arange(256.0), indexing="ij"))


def smooth_noise(x: Values, y: Values) -> Values:
    """Hashed whole positions, interpolated: 0..1 with features of size 1, period 256."""
    left, low = np.floor(x), np.floor(y)
    u, v = x - left, y - low
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    column, row = left.astype(np.intp) & 255, low.astype(np.intp) & 255
    here = column * 256 + row
    right = ((column + 1) & 255) * 256 + row
    up = np.where(row == 255, -255, 1)
    numbers = _LATTICE.ravel()
    near = numbers[here] * (1 - u) + numbers[right] * u
    far = numbers[here + up] * (1 - u) + numbers[right + up] * u
    noise: Values = near * (1 - v) + far * v
    return noise


def blend(under: Values, over: Values | tuple[float, ...], part: Values) -> Values:
    """`over` where part is 1, `under` where it is 0."""
    return under + (np.asarray(over, dtype=np.float64) - under) * part[:, None]


def within(
    x: Values, y: Values, area: tuple[float, float, float, float], soft: float = 1e-6
) -> Values:
    """1 inside left, bottom, right, top, falling to 0 over `soft` metres outside."""
    left, bottom, right, top = area
    outside = np.maximum(np.maximum(left - x, x - right), np.maximum(bottom - y, y - top))
    return smooth_step(soft, 0, outside)


def boards(across: Values, along: Values, width: float, length: float, fine: float) -> Values:
    """Brightness (about 1) of laid boards: a tone for each, grain, dark joints."""
    row = np.floor(across / width)
    shifted = along / length + 0.37 * hashed(row, 3.0) + 0.5 * (row % 2)
    board = np.floor(shifted)
    tone = 0.78 + 0.44 * hashed(row, board)
    wander = 0.5 * np.sin(2.1 * along + 9 * tone) + 0.22 * np.sin(5.3 * along + 4 * row)
    rings = across * fine + 2.2 * wander + 40 * tone
    grain = 0.07 * np.sin(rings) + 0.05 * np.sin(2.7 * rings + 1.3 * along + board)
    grain = grain + 0.03 * np.sin(7.1 * rings - 3 * along)
    beside = np.minimum(across - row * width, (row + 1) * width - across)
    ahead = np.minimum(shifted - board, board + 1 - shifted) * length
    joint = smooth_step(0.0008, 0.0055, beside) * smooth_step(0.0008, 0.005, ahead)
    laid: Values = (tone + grain) * (0.30 + 0.70 * joint)
    return laid


def floor(x: Values, z: Values, lit: Values) -> Values:
    """Oak boards that run away from the eye."""
    tone = boards(x, z, 0.135, 1.45, 95.0)
    warmth = 0.92 + 0.16 * hashed(np.floor(x / 0.135), 9.0)
    paint = np.stack([0.295 * tone, 0.172 * tone * warmth, 0.088 * tone * warmth**2], -1)
    return paint * lit


def rug(x: Values, z: Values) -> tuple[Values, Values]:
    """Colour of a woven rug (n, 3), and the part of each point (0..1) it covers."""
    inwards = np.minimum(0.95 - np.abs(x + 0.62), 0.52 - np.abs(z - 3.62))
    weave = 1 + 0.10 * np.sin(x * 420) * np.sin(z * 300)
    diamonds = np.abs((x * 4.5) % 1 - 0.5) + np.abs((z * 4.5) % 1 - 0.5)
    paint = np.tile([0.105, 0.030, 0.028], (x.size, 1))
    paint = blend(paint, (0.30, 0.235, 0.155), smooth_step(0.26, 0.24, diamonds))
    paint = blend(paint, (0.028, 0.045, 0.088), smooth_step(0.13, 0.11, diamonds))
    paint = blend(paint, (0.30, 0.235, 0.155), smooth_step(0.115, 0.11, inwards))
    paint = blend(paint, (0.028, 0.045, 0.088), smooth_step(0.095, 0.09, inwards))
    paint = blend(paint, (0.30, 0.235, 0.155), smooth_step(0.018, 0.014, inwards))
    return paint * weave[:, None], smooth_step(0, 0.004, inwards)


def plaster(x: Values, y: Values, lit: Values) -> Values:
    """The back wall with its skirting; one area is held to GREY_WALL exactly."""
    trowel = (
        1 + 0.025 * (smooth_noise(9 * x, 9 * y) - 0.5) + 0.02 * (smooth_noise(41 * x, 37 * y) - 0.5)
    )
    wall = rgb(0.56, 0.545, 0.52) * trowel[:, None] * lit
    wall = blend(wall, GREY_WALL, within(x, y, GREY_WALL_AREA, 0.25))
    skirting = smooth_step(0.118, 0.116, y)
    groove = 1 - 0.45 * smooth_step(0.006, 0.003, np.abs(y - 0.095))
    return blend(wall, rgb(0.66, 0.65, 0.62) * lit * groove[:, None], skirting)


def picture(x: Values, y: Values, lit: Values) -> Values:
    """A print of a sun over waves, drawn in fine lines, in a dark frame with a pale mount."""
    left, bottom, right, top = room.PICTURE
    inwards = np.minimum(np.minimum(x - left, right - x), np.minimum(y - bottom, top - y))
    u, v = (x - left) / (right - left), (y - bottom) / (right - left)
    paper = np.stack([0.62 - 0.25 * v, 0.52 - 0.12 * v, 0.40 + 0.05 * v], -1)
    from_sun = np.hypot(u - 0.62, v - 0.54)
    rays = 0.5 + 0.5 * np.cos(2 * np.pi * 62 * from_sun**1.25)
    paper = blend(paper, (0.50, 0.20, 0.085), rays * smooth_step(0.62, 0.15, from_sun) * 0.6)
    paper = blend(paper, (0.72, 0.16, 0.05), smooth_step(0.125, 0.122, from_sun))
    for k in range(6):
        crest = (
            0.43
            - 0.065 * k
            + 0.030 * np.sin(u * (7 + 2.3 * k) + 1.9 * k)
            + 0.012 * np.sin(19 * u + k)
        )
        below = smooth_step(0.0, 0.004, crest - v)
        lines = 0.5 + 0.5 * np.sin((crest - v) * (300 + 70 * k))
        tone = 0.42 - 0.055 * k
        wave = np.stack(
            [0.10 + 0.5 * tone * lines * 0.35, 0.5 * tone + 0.16 * lines, tone + 0.12 * lines], -1
        )
        paper = blend(paper, wave, below)
    paper = blend(
        np.tile([0.70, 0.68, 0.63], (x.size, 1)), paper, smooth_step(0.118, 0.120, inwards)
    )
    bevel = 0.7 + 0.5 * smooth_step(0.0, 0.03, inwards)
    wood = rgb(0.055, 0.034, 0.022) * bevel[:, None]
    return blend(wood, paper, smooth_step(0.036, 0.038, inwards)) * lit


def chart(x: Values, y: Values) -> Values:
    """The front of the ColorChecker: evenly lit, each patch its tabulated colour."""
    across = (x - room.CHART.low[0]) / room.CHART_PITCH
    down = (room.CHART.high[1] - y) / room.CHART_PITCH
    face = np.tile(colour_checker.BORDER, (x.size, 1))
    for name, (left, top, right, bottom) in colour_checker.patch_rectangles().items():
        inside = (across >= left) & (across <= right) & (down >= top) & (down <= bottom)
        face[inside] = colour_checker.PATCHES[name]
    return CHART_LIGHT * face


def cupboard_front(x: Values, y: Values, lit: Values) -> Values:
    """Painted boards with panelled doors and a knob; lit from above, so lower bevels gleam."""
    strokes = 1 + 0.05 * (smooth_noise(5 * x, 70 * y) - 0.5)
    shade = np.ones(x.size)
    for left, bottom, right, top in DOORS:
        sides = np.stack([x - left, right - x, y - bottom, top - y])
        inwards = sides.min(axis=0)
        shade *= 1 - 0.72 * smooth_step(0.007, 0.003, np.abs(inwards))
        bevel = smooth_step(0.050, 0.053, inwards) * smooth_step(0.080, 0.077, inwards)
        shade *= 1 + bevel * np.array([-0.16, 0.10, 0.30, -0.30])[sides.argmin(axis=0)]
    paint = rgb(*CUPBOARD_PAINT) * (strokes * shade)[:, None]
    knob = smooth_step(0.0165, 0.0155, np.hypot(x - KNOB[0], y - KNOB[1]))
    gleam = smooth_step(0.006, 0.002, np.hypot(x - KNOB[0] + 0.004, y - KNOB[1] - 0.006))
    return (blend(paint, (0.50, 0.36, 0.13), knob) + 0.9 * gleam[:, None]) * lit


def recess(slope_x: Values, slope_y: Values, lit: Values) -> Values:
    """The open cupboard: light dies a little way in; SHADOW on its upper back."""
    left, bottom, right, top = RECESS
    front = room.CUPBOARD.low[2]
    z = np.full(slope_x.shape, RECESS_BACK)
    eye_x, eye_y, _ = room.EYE
    for slope, wall, begins in (
        (slope_x, left - eye_x, front),
        (slope_x, right - eye_x, front),
        (slope_y, bottom - eye_y, front),
        (slope_y, top - eye_y, front),
        (slope_y, SHELF - eye_y, front + 0.16),
    ):
        reached = wall / np.where(np.abs(slope) < 1e-9, 1e-9, slope)
        z = np.where((reached > begins) & (reached < z), reached, z)
    x, y = eye_x + slope_x * z, eye_y + slope_y * z
    wood = rgb(0.16, 0.14, 0.12) * (1 + 0.2 * np.sin(160 * x + 3 * np.sin(9 * y)))[:, None]
    fade = 0.40 * np.exp(-(z - front) / 0.055)
    sides = lit * wood * fade[:, None] + rgb(*SHADOW)
    tone = np.where(y > SHELF, 1.0, _jars(x, y))
    back = rgb(*SHADOW) * tone[:, None]
    return np.where((z > RECESS_BACK - 1e-6)[:, None], back, sides)


def _jars(x: Values, y: Values) -> Values:
    """Faint shapes on the lower shelf, 0.6 to 2 times the shadow."""
    tone = 0.75 + 0.15 * np.sin(2 * np.pi * x / 0.055)
    for centre, half, height, bright in ((2.065, 0.04, 0.24, 1.9), (2.165, 0.045, 0.17, 1.5)):
        inside = within(x, y, (centre - half, 0.9, centre + half, RECESS[1] + height), 0.006)
        round_off = np.sqrt(np.maximum(1 - ((x - centre) / (half + 0.006)) ** 2, 0.05))
        stripes = 1 + 0.12 * np.sin(2 * np.pi * y / 0.03)
        tone = tone + (bright * round_off * stripes - tone) * inside
    return tone


def books(box: room.Box, face: int, x: Values, y: Values, lit: Values) -> Values:
    """Three cloth bindings; the spines look into the room, two bands of gilt on each."""
    weave = 1 + 0.06 * np.sin(x * 900) * np.sin(y * 1100)
    paint = rgb(*CLOTH[box.name]) * weave[:, None]
    if face == 4:
        u = (x - box.low[0]) / (box.high[0] - box.low[0])
        v = (y - box.low[1]) / (box.high[1] - box.low[1])
        rounded = 0.62 + 0.38 * np.sqrt(np.maximum(1 - (2 * v - 1) ** 2, 0))
        gilt = smooth_step(0.012, 0.008, np.abs(np.abs(u - 0.5) - 0.36))
        letters = hashed(np.floor(u * 46)) > 0.32
        title = within(u, v, (0.30, 0.36, 0.66, 0.62), 0.01) * letters
        paint = blend(paint, (0.52, 0.38, 0.14), np.maximum(gilt, 0.85 * title)) * rounded[:, None]
    return paint * lit
