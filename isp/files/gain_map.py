"""Gain maps: how many stops brighter the HDR rendition is than the SDR picture, as 8-bit codes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import FrameError

OFFSET = 1 / 64  # both renditions', so that black has a finite ratio
LEAST_HEADROOM = 1 / 16  # stops; a reader divides by it
CODES = 255

Three = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class GainMapFacts:
    """How codes of a map become gains; stops (log2) throughout, one number a channel.

    least, most: gains of the codes 0 and 255. gamma: code / 255 = unit ** gamma.
    base_offset, alternate_offset: added to SDR and HDR light before the ratio.
    base_headroom, alternate_headroom: of displays that show the base, and the full gain.
    channels: 1 or 3 of the map.

    Raises FrameError for numbers that make no map.
    """

    least: Three
    most: Three
    gamma: Three = (1.0, 1.0, 1.0)
    base_offset: Three = (OFFSET, OFFSET, OFFSET)
    alternate_offset: Three = (OFFSET, OFFSET, OFFSET)
    base_headroom: float = 0.0
    alternate_headroom: float = 1.0
    channels: int = 3

    def __post_init__(self) -> None:
        """Check that the map can be undone."""
        numbers = np.array([self.least, self.most, self.gamma, self.base_offset,
                            self.alternate_offset])  # fmt: skip
        headrooms = np.array([self.base_headroom, self.alternate_headroom])
        if not (np.isfinite(numbers).all() and np.isfinite(headrooms).all()):
            raise FrameError("a gain map's numbers are finite")
        if (numbers[0] > numbers[1]).any() or (numbers[2] <= 0).any():
            raise FrameError("a gain map's gains rise, and its gamma is positive")
        if self.base_headroom == self.alternate_headroom or (headrooms < 0).any():
            raise FrameError("a gain map's headrooms differ and are not negative")


def make_gain_map(
    base: NDArray[np.float64],
    alternate: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    channels: int = 3,
    gamma: float = 1.0,
) -> tuple[NDArray[np.uint8], GainMapFacts]:
    """Return the codes (h, w, channels) of a map and what they mean.

    base: (h, w, 3) linear SDR light as a reader decodes it, 1.0 its white. alternate: HDR light
        in the same primaries, 1.0 the same white, not negative. weights: of R, G, B in luminance,
        for a map of one channel.
    The gains of codes 0 and 255 are the least and the largest of the picture.

    Source: ISO 21496-1:2025, section 5; Adobe, Gain map specification 1.0 (2023).
    """
    if channels == 1:
        base, alternate = base @ weights[:, None], alternate @ weights[:, None]
    gain = np.log2((alternate + OFFSET) / (base + OFFSET))
    least, most = gain.min(axis=(0, 1)), gain.max(axis=(0, 1))
    span = np.where(most > least, most - least, 1.0)
    code = np.rint(((gain - least) / span) ** gamma * CODES).astype(np.uint8)
    peak = float(alternate.max())
    facts = GainMapFacts(
        least=_three(least),
        most=_three(most),
        gamma=(gamma, gamma, gamma),
        alternate_headroom=max(float(np.log2(peak)) if peak > 0 else 0.0, LEAST_HEADROOM),
        channels=channels,
    )
    return code, facts


def apply_gain_map(
    base: NDArray[np.float64],
    code: NDArray[np.uint8] | NDArray[np.float64],
    facts: GainMapFacts,
    headroom: float | None = None,
) -> NDArray[np.float64]:
    """Return HDR light (h, w, 3), 1.0 the base's white.

    code: (h, w, 1) or (h, w, 3). headroom: of the display, in stops; None: all that is there.

    Source: ISO 21496-1:2025, section 6: HDR = (SDR + k_base) 2^(G W) - k_alternate.
    """
    span = facts.alternate_headroom - facts.base_headroom
    shown = facts.alternate_headroom if headroom is None else headroom
    weight = float(np.clip((shown - facts.base_headroom) / span, 0, 1))
    unit = (code / CODES) ** (1 / np.array(facts.gamma))
    least, most = np.array(facts.least), np.array(facts.most)
    gain = least + (most - least) * unit
    lit = (base + np.array(facts.base_offset)) * np.exp2(gain * weight)
    return np.asarray(lit - np.array(facts.alternate_offset))


def _three(values: NDArray[np.float64]) -> Three:
    red, green, blue = np.broadcast_to(values, 3).tolist()
    return red, green, blue
