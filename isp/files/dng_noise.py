"""A DNG's NoiseProfile: pairs of slope and offset out of a profile's readings, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from isp.core.cfa import Cfa
from isp.core.errors import ProfileError
from isp.core.noise_table import NoiseRow, reading_of
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.files.dng_tag_values import CODES, Tag

SAME_ISO = 1e-6


def noise_tags(
    shot: Shot, profile: SensorProfile, light: float = 1.0, *, one_gain: bool = False
) -> list[Tag]:
    """NoiseProfile at the shot's ISO, where the profile knows it.

    A pair for each of red, green and blue where the profile has a reading of that ISO whose
    colours differ; else one for all. light: the linear value that the file calls white.
    one_gain: the photosites have the profile's one gain, whatever its colours have.

    Source: DNG 1.7.1, NoiseProfile: S = K / (W - B), O = (K^2 sigma_d^2 + 1/12) / (W - B)^2.
    """
    if shot.iso is None or not profile.readings:
        return []
    try:
        noise = profile.at_iso(shot.iso[:1])
    except ProfileError:
        return []  # an ISO that the profile does not cover: the tag is optional
    blacks, white = profile.black_level_dn, profile.white_level_dn
    gain = float(noise.system_gain_dn_per_e[0])
    read_dn = gain * float(noise.read_deviation_e[0])
    parts = [(gain, read_dn**2 + 1 / 12, white - float(np.mean(blacks)))]
    own = {} if one_gain else _channels_at(profile, float(shot.iso[0]))
    if set(own) == set(CODES):
        parts = [(*own[c], _span(white, blacks, profile.cfa, c)) for c in CODES]
    numbers = [
        number
        for k, dark_dn2, span in parts
        for number in (k / (span * light), dark_dn2 / (span * light) ** 2)
    ]
    return [(51041, 12, len(numbers), tuple(numbers), True)]


def pairs_tag(pairs: Sequence[tuple[float, float]], light: float = 1.0) -> list[Tag]:
    """NoiseProfile of slopes and offsets of sensor white; nothing of none. light: see `noise_tags`.

    >>> pairs_tag([(0.5, 0.25)], 2.0)
    [(51041, 12, 2, (0.25, 0.0625), True)]
    """
    numbers = tuple(n for slope, offset in pairs for n in (slope / light, offset / light**2))
    return [(51041, 12, len(numbers), numbers, True)] if numbers else []


def _channels_at(profile: SensorProfile, iso: float) -> dict[str, tuple[float, float]]:
    """Gain and dark variance, DN^2, of each colour that a reading of this ISO tells."""
    for reading in profile.readings:
        if abs(reading.iso / iso - 1) <= SAME_ISO and reading.channel_noise:
            return {channel: (k, dn**2) for channel, k, dn in reading.channel_noise}
    return {}


def noise_reading(facts: Mapping[str, Any], white_dn: float, cfa: Cfa) -> tuple[Reading, ...]:
    """Gain and read noise at the shot's ISO: green's, with every colour's where they differ.

    facts: of the tags; `noise_profile` holds one pair, or those of red, green and blue.

    Source: DNG 1.7.1, NoiseProfile; variance = S x + O with x = (DN - black) / (white - black).
    """
    values, iso = facts.get("noise_profile"), facts.get("iso")
    if not values or not iso:
        return ()
    blacks = facts["black_level_dn"]
    pairs = list(zip(values[::2], values[1::2], strict=False))
    slope, offset = pairs[1] if len(pairs) >= len(CODES) else pairs[0]
    try:
        reading = reading_of(
            NoiseRow(iso=iso, slope=slope, offset=offset), white_dn - float(np.mean(blacks))
        )
    except ProfileError:  # a file whose noise makes no sense says nothing of its noise
        return ()
    sound = all(0 < slope < np.inf and abs(offset) < np.inf for slope, offset in pairs)
    coloured = len(pairs) == len(CODES) and set(CODES) == set(cfa.channels)
    if not (sound and coloured and len(set(pairs)) > 1):
        return (reading,)
    spans = [_span(white_dn, blacks, cfa, channel) for channel in CODES]
    channels = tuple(
        (channel, slope * span, max(offset, 0.0) ** 0.5 * span)
        for channel, (slope, offset), span in zip(CODES, pairs, spans, strict=True)
    )
    return (replace(reading, channel_noise=channels),)


def _span(white_dn: float, blacks: Sequence[float], cfa: Cfa, channel: str) -> float:
    """White less the mean black of a colour's photosites."""
    channels = [c for row in cfa.pattern for c in row]
    own = [black for black, c in zip(blacks, channels, strict=True) if c == channel]
    return white_dn - float(np.mean(own))
