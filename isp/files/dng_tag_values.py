"""Values of a DNG's tags from a profile and a shot, as tifffile's extra tags take them."""

import re
from fractions import Fraction
from typing import Any

import numpy as np

from isp.core.cfa import Cfa
from isp.core.frame import Frame
from isp.core.illuminants import illuminant_xy
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.core.temperature import xy_to_cct
from isp.files.tiff_patch import ASCII, LONG, RATIONAL, SHORT, UNDEFINED, Entry

Tag = tuple[int, Any, int, Any, bool]  # code, type, count, value, write once

CODES = {"R": 0, "G": 1, "B": 2}  # CFAPattern
LIGHT_SOURCES = {"A": 17, "D50": 23, "D55": 20, "D65": 21, "D75": 22, "FL2": 14}  # EXIF
MATRIX_DENOMINATOR = 1_000_000
NEUTRAL_DENOMINATOR = 1_000_000_000
BLACK_DENOMINATOR = 256
MOST_ISO = 65535  # of ISOSpeedRatings; beyond it EXIF 2.3 uses RecommendedExposureIndex


def black_tags(profile: SensorProfile) -> list[Tag]:
    """BlackLevel per site with its repeat, as integers or, where fractional, as n/256."""
    levels = profile.black_level_dn
    rows, columns = profile.cfa.period
    if len(set(levels)) == 1 and not profile.cfa.is_bayer:
        rows, columns, levels = 1, 1, levels[:1]
    count = rows * columns
    dims: Tag = (50713, 3, 2, (rows, columns), True)
    if all(float(v).is_integer() for v in levels):
        return [dims, (50714, 4, count, tuple(int(v) for v in levels), True)]
    pairs = [n for v in levels for n in (round(v * BLACK_DENOMINATOR), BLACK_DENOMINATOR)]
    return [dims, (50714, "2I", count, tuple(pairs), True)]


def table_tags(profile: SensorProfile) -> list[Tag]:
    """LinearizationTable: the DN of each stored code; nothing where codes are DN."""
    table = profile.linearization_table_dn
    return [(50712, 3, len(table), table, True)] if table else []


def pattern_tags(cfa: Cfa) -> list[Tag]:
    """The CFA's tags; a monochrome sensor has none (its photometric says LinearRaw)."""
    if cfa == Cfa.MONO:
        return []
    codes = bytes(CODES[c] for row in cfa.pattern for c in row)
    return [
        (33421, 3, 2, cfa.period, True),  # CFARepeatPatternDim
        (33422, 1, len(codes), codes, True),  # CFAPattern
        (50710, 1, 3, bytes([0, 1, 2]), True),  # CFAPlaneColor
        (50711, 3, 1, 1, True),  # CFALayout: rectangular
    ]


def colour_tags(shot: Shot, profile: SensorProfile) -> list[Tag]:
    """AsShotNeutral, and the matrices of the lowest and the highest colour temperature.

    Forward matrices are written where both lights have them.
    """
    tags: list[Tag] = []
    if shot.white_balance is not None and profile.cfa != Cfa.MONO:
        neutral = 1 / shot.white_balance[0].double().cpu().numpy()
        scaled = np.rint(neutral / neutral.max() * NEUTRAL_DENOMINATOR)
        pairs = [int(n) for v in scaled for n in (v, NEUTRAL_DENOMINATOR)]
        tags.append((50728, "2I", 3, tuple(pairs), True))
    known = [
        m for m in profile.colour_matrices
        if m.illuminant in LIGHT_SOURCES and np.shape(m.xyz_to_camera) == (3, 3)
    ]  # fmt: skip
    known.sort(key=lambda m: xy_to_cct(illuminant_xy(m.illuminant)))
    ends = known[:1] + known[1:][-1:]
    for number, entry in enumerate(ends):
        flat = np.rint(entry.calibrated * MATRIX_DENOMINATOR).ravel()
        pairs = [int(n) for v in flat for n in (v, MATRIX_DENOMINATOR)]
        tags.append((50721 + number, "2i", 9, tuple(pairs), True))
        tags.append((50778 + number, 3, 1, LIGHT_SOURCES[entry.illuminant], True))
    # A forward matrix of one light alone would be taken for both; and one of the camera's kind
    # does not go with a ColorMatrix that has the body's own calibration in it.
    whole = all(m.forward and m.calibration is None for m in ends)
    for number, entry in enumerate(ends if whole else []):
        flat = np.rint(np.asarray(entry.forward) * MATRIX_DENOMINATOR).ravel()
        pairs = [int(n) for v in flat for n in (v, MATRIX_DENOMINATOR)]
        tags.append((50964 + number, "2i", 9, tuple(pairs), True))
    return tags


def is_merged(frame: Frame) -> bool:
    """Whether the frame is a merge of several, whose noise is no single shot's."""
    return any(name == "merge" for name, _ in frame.history)


def is_denoised(frame: Frame) -> bool:
    """Whether a network took noise out of the frame, which has no longer its shot's."""
    return any(name == "exposure_diffusion" for name, _ in frame.history)


def is_simulated(frame: Frame) -> bool:
    """Whether our own sensor took the frame, whose converter has one gain for all colours."""
    return any(name == "read_out" for name, _ in frame.history)


def exif_entries(shot: Shot) -> list[Entry]:
    """The EXIF IFD: exposure time, f-number, ISO, time; nothing for what is not known."""
    entries = []
    for tag, value in ((33434, shot.exposure_time_s), (33437, shot.f_number)):
        if value is not None and float(value[0]) > 0:
            entries.append(Entry(tag=tag, kind=RATIONAL, values=rational(float(value[0]))))
    if shot.iso is not None:
        iso = round(float(shot.iso[0]))
        entries.append(Entry(tag=34855, kind=SHORT, values=[min(iso, MOST_ISO)]))
        if iso > MOST_ISO:
            entries.append(Entry(tag=34864, kind=SHORT, values=[2]))  # SensitivityType
            entries.append(Entry(tag=34866, kind=LONG, values=[iso]))
    time = exif_time(shot.time)
    if time is not None:
        entries.append(Entry(tag=36867, kind=ASCII, values=[*time.encode(), 0]))
    if entries:
        entries.append(Entry(tag=36864, kind=UNDEFINED, values=list(b"0232")))  # ExifVersion
    return entries


def rational(value: float) -> tuple[int, int]:
    """Return the simplest fraction within a part in a million, in 32 bits.

    >>> rational(0.016666668), rational(2.8), rational(30.0)
    ((1, 60), (14, 5), (30, 1))
    """
    for digits in range(10):
        fraction = Fraction(value).limit_denominator(10**digits)
        if abs(float(fraction) - value) <= 1e-6 * value:
            break
    return min(fraction.numerator, 2**32 - 1), fraction.denominator


def exif_time(time: str | None) -> str | None:
    """Return a time in EXIF's form, from that or from ISO 8601; None for any other.

    >>> exif_time("2024-05-06T07:08:09")
    '2024:05:06 07:08:09'
    """
    found = re.match(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d:\d\d:\d\d)", time or "")
    return None if found is None else "{}:{}:{} {}".format(*found.groups())
