"""An OECF step chart: grey patches in equal steps of density, on a ring around the centre.

On a ring every patch meets the same lens shading, which is why ISO 14524 arranges them so.
"""

import math
from typing import Final

import numpy as np
from jaxtyping import Float32

from isp.core.errors import UsageError
from simulate.scenes.card import Patches, card, card_regions
from simulate.scenes.region import (
    ANCHOR_CD_M2,
    BRIGHTEST_CD_M2,
    Region,
    Rgb,
    check_range,
    check_size,
)

RING_RADIUS: Final = 0.42  # of the picture's shorter side
PATCH_SHARE: Final = 0.92  # of the largest side at which upright squares on the ring stay apart
MAX_PATCHES: Final = 64


def oecf(
    height: int = 640,
    width: int = 960,
    *,
    patches: int = 20,
    contrast: float = 1e4,
    luminance: float = 100.0,
    surround: float = 0.18,
) -> Float32[np.ndarray, "h w 3"]:
    """Render the step chart, neutral in linear BT.709, 1.0 = ANCHOR_CD_M2.

    patches: how many, 2..64; the brightest is at the top, the darkest opposite to it, far from
        its glare, and between them steps go down the right and the left in turn.
    contrast: luminance of the brightest over the darkest, 1..1e6; the steps are equal in density,
        log10(contrast) / (patches - 1).
    luminance: of the brightest patch, cd/m2. surround: of the ground, as a part of it.

    Raises UsageError for a number out of range.

    Source: ISO 14524:2009 (patches in a circle, neutral ground). Equal density steps are ours:
    the standard's own follow a cube root, which leaves large gaps in the shadows.
    """
    placed = _patches(height, width, patches, contrast, luminance)
    check_range("surround", surround, 0, 1)
    return card(height, width, _grey(surround * luminance), placed)


def oecf_regions(
    height: int = 640,
    width: int = 960,
    *,
    patches: int = 20,
    contrast: float = 1e4,
    luminance: float = 100.0,
) -> dict[str, Region]:
    """Where `oecf` holds each patch exactly: "step 1" the brightest, and so on.

    A region's `luminance_cd_m2` is the patch's; patches below a pixel are left out.

    >>> [round(r.luminance_cd_m2, 3) for r in oecf_regions(patches=3, contrast=100).values()]
    [100.0, 10.0, 1.0]
    """
    return card_regions(_patches(height, width, patches, contrast, luminance))


def _patches(height: int, width: int, patches: int, contrast: float, luminance: float) -> Patches:
    check_size(height, width)
    if not 2 <= patches <= MAX_PATCHES:
        raise UsageError(f"an OECF chart has 2..{MAX_PATCHES} patches, got {patches}")
    check_range("contrast", contrast, 1, 1e6)
    check_range("luminance (cd/m2)", luminance, 0, BRIGHTEST_CD_M2)
    shorter = min(height, width)
    radius = RING_RADIUS * shorter
    # Two squares whose centres are a chord apart in any direction stay clear when their side is
    # below chord / sqrt 2; and a square stays inside the picture.
    chord = 2 * radius * math.sin(math.pi / patches)
    side = PATCH_SHARE * min(chord / math.sqrt(2), shorter * (1 - 2 * RING_RADIUS))
    placed = {}
    for index in range(patches):
        turn = (-1) ** (index + 1) * 2 * math.pi * ((index + 1) // 2) / patches
        x, y = width / 2 + radius * math.sin(turn), height / 2 - radius * math.cos(turn)
        rectangle = (x - side / 2, y - side / 2, x + side / 2, y + side / 2)
        density = math.log10(contrast) * index / (patches - 1)
        placed[f"step {index + 1}"] = rectangle, _grey(luminance * 10**-density)
    return placed


def _grey(luminance: float) -> Rgb:
    value = luminance / ANCHOR_CD_M2
    return value, value, value
