"""All of a camera's noise at one ISO: photon transfer, patterns, lines, the law of the reading."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from calibration.banding import LEAST_ROWS, Banding, find_banding, without_bands
from calibration.capture_faults import faults_of
from calibration.captures import CaptureSet, Stack, as_warm_as, levels_of
from calibration.code_step import common_step
from calibration.dark_law import own_share
from calibration.dark_shading import smooth_left
from calibration.doubling import DarkWarming, dark_warming
from calibration.fault import Fault, reason_of
from calibration.levels import gather_levels, longest_of
from calibration.line_noise import LineNoise, line_noise, lines_not_told
from calibration.moments import Moments, gather, mean_and_variance
from calibration.nonuniformity import (
    LEAST_FRAMES,
    MeanImage,
    NonUniformity,
    dark_nonuniformity,
    missing_pattern,
    response_nonuniformity,
)
from calibration.patterns import Patterns, find_patterns
from calibration.photon_transfer import GROUPS, HIDDEN, Transfer, photon_transfer, pooled
from calibration.read_noise import ReadNoiseLaw, law_not_told, read_noise_law, residuals
from calibration.stack_faults import dark_stack_faults, flat_stack_faults
from calibration.steady_sites import steady_sites
from calibration.uncertainty import Figure
from isp.core.errors import CalibrationError

LAW_FRAMES = 16
LAW_VALUES = 1_000_000
Site = tuple[int, int]
Advance = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoiseAtIso:
    """What the captures of one ISO say.

    figures: of the sensor, all sites together; sites: per site of the colour filters, row-major.
    dsnu, prnu: of each site. own_noise_e: the read noise without what rows and columns share.
    lines, law, banding, patterns: None where no dark stack is there. warming: None where no
    capture says its temperature. faults: what the captures lack, none fatal.
    """

    iso: float
    figures: Mapping[str, Figure]
    sites: Mapping[Site, Transfer]
    dsnu: Mapping[Site, NonUniformity]
    prnu: Mapping[Site, NonUniformity]
    own_noise_e: Figure
    lines: LineNoise | None
    law: ReadNoiseLaw | None
    faults: tuple[Fault, ...]
    banding: Banding | None = None
    patterns: Patterns | None = None
    warming: DarkWarming | None = None


def measure_noise(
    captures: CaptureSet, iso: float, *, advance: Advance | None = None, groups: int = GROUPS
) -> NoiseAtIso:
    """Measure one ISO of a capture set, stack after stack.

    advance: called with the name of each stack. groups: of rows, for the intervals.

    Raises CalibrationError where the captures do not hold a gain, FileError for a file that
    cannot be read.
    """
    flats, all_darks = captures.at(iso)
    darks = as_warm_as(flats, all_darks)
    if not levels_of(flats):
        raise CalibrationError(f"ISO {iso:g}: no flat has the two frames that a variance needs")
    tell = advance or (lambda _: None)
    period = captures.cfa.period

    def moments(stack: Stack) -> Moments:
        tell(stack.name)
        return gather(stack.frames(), period=period, limit_dn=captures.white_level_dn)

    levels = gather_levels(flats, darks, moments)
    faults = list(_none_fatal(captures, faults_of(captures, iso, levels)))
    flat_stack, dark_stack = longest_of(flats), longest_of(darks)

    def of_darks(stack: Stack, dark: Moments) -> list[Fault]:
        return dark_stack_faults(captures, iso, stack, dark, levels)

    def of_flats(stack: Stack, flat: Moments) -> list[Fault]:
        return flat_stack_faults(captures, iso, stack, flat, levels)

    dark_moment, no_dark = _judged(
        captures, dark_stack, moments, of_darks, "darks of one exposure", faults
    )
    flat_moment, no_flat = _judged(captures, flat_stack, moments, of_flats, "flats", faults)
    sites = [(row, column) for row in range(period[0]) for column in range(period[1])]
    transfers = {site: photon_transfer(levels, site=site, groups=groups) for site in sites}
    figures = pooled(list(transfers.values()))
    gain = figures["system_gain_dn_per_e"]
    dsnu, prnu = {}, {}
    for site in sites:
        dark_image, flat_image = (_mean_image(each, site) for each in (dark_moment, flat_moment))
        dsnu[site] = (
            dark_nonuniformity(dark_image, gain) if dark_image else missing_pattern(no_dark)
        )
        prnu[site] = (
            response_nonuniformity(flat_image, dark_image)
            if flat_image and dark_image
            else missing_pattern("; ".join(filter(None, (no_flat, no_dark))))
        )
    lines, banding, patterns = None, None, None
    if dark_moment is not None:
        lines, banding = _lines_and_bands(dark_moment, gain)
        left = smooth_left(lines.row_signal)
        patterns = find_patterns(dark_moment, flat_moment, gain, left_dn2=left)
    if HIDDEN in figures["read_noise_e"].reason:
        dsnu = {site: _doubted(part) for site, part in dsnu.items()}
        lines = lines and replace(lines, row=_doubt(lines.row), column=_doubt(lines.column))
    law = None
    if dark_stack is not None and dark_moment is None:
        lines, law = lines_not_told(no_dark), law_not_told(no_dark)
    if dark_stack is not None and dark_moment is not None:
        tell(f"{dark_stack.name}, the law of its noise")
        step_dn = common_step([dark_moment, *(level.bright for level in levels)])
        law = _law(dark_stack, dark_moment, gain, step_dn)
    return NoiseAtIso(
        iso=iso,
        figures=figures,
        sites=transfers,
        dsnu=dsnu,
        prnu=prnu,
        own_noise_e=own_noise(figures["read_noise_e"], lines, banding),
        lines=lines,
        law=law,
        faults=tuple(dict.fromkeys(faults)),
        banding=banding,
        patterns=patterns,
        warming=_warming(all_darks, gain, moments),
    )


def _doubt(figure: Figure) -> Figure:
    """A figure of the dark where codes hide part of it: the number stays, and says so."""
    why = figure.reason or f"{HIDDEN}: codes hide part of what the dark holds, so it may be more"
    return replace(figure, reason=why)


def _doubted(part: NonUniformity) -> NonUniformity:
    return NonUniformity(
        total=_doubt(part.total),
        row=_doubt(part.row),
        column=_doubt(part.column),
        pixel=_doubt(part.pixel),
    )


def _lines_and_bands(dark: Moments, gain: Figure) -> tuple[LineNoise, Banding | None]:
    """Row and column noise, and the bands, whose share is taken off the row noise."""
    lines = line_noise(dark, gain)
    if lines.row_signal.shape[1] < LEAST_ROWS:
        return lines, None
    banding = find_banding(lines.row_signal, gain)
    return without_bands(lines, banding, gain), banding


def _warming(
    darks: tuple[Stack, ...], gain: Figure, moments: Callable[[Stack], Moments]
) -> DarkWarming | None:
    if len({dark.temperature_c for dark in darks} - {None}) < 2:
        return None
    return dark_warming(darks, gain, moments)


def own_noise(
    read_noise_e: Figure, lines: LineNoise | None, banding: Banding | None = None
) -> Figure:
    """The photosites' own part of the temporal dark noise: rows', columns' and bands' taken off."""
    if lines is None or read_noise_e.value is None:
        return read_noise_e
    shared = (lines.row.value or 0.0) ** 2 + (lines.column.value or 0.0) ** 2
    shared += sum(
        (band.amplitude_e.value or 0.0) ** 2 / 2 for band in (banding.bands if banding else ())
    )

    def less(value: float | None) -> float | None:
        return None if value is None else max(value**2 - shared, 0.0) ** 0.5

    return replace(
        read_noise_e,
        value=less(read_noise_e.value),
        low=less(read_noise_e.low),
        high=less(read_noise_e.high),
    )


def _none_fatal(captures: CaptureSet, faults: Sequence[Fault]) -> Sequence[Fault]:
    for fault in faults:
        if fault.fatal:
            raise CalibrationError(f"{captures.camera}: {fault}")
    return faults


def _judged(
    captures: CaptureSet,
    stack: Stack | None,
    moments: Callable[[Stack], Moments],
    judge: Callable[[Stack, Moments], list[Fault]],
    what: str,
    faults: list[Fault],
) -> tuple[Moments | None, str]:
    """Sums of a long stack, or why nothing may rest on it; its faults join the others."""
    if stack is None:
        return None, f"no stack of {LEAST_FRAMES} {what} is there"
    found = moments(stack)
    own = _none_fatal(captures, judge(stack, found))
    faults += own
    reason = reason_of(own)
    return (None, reason) if reason else (found, "")


def _mean_image(moments: Moments | None, site: Site) -> MeanImage | None:
    if moments is None:
        return None
    return MeanImage(
        image=moments.site_image(site),
        temporal_dn2=float(mean_and_variance(moments, site, 2)[1][0]),
        frames=moments.frames,
    )


def _law(stack: Stack, moments: Moments, gain: Figure, step_dn: int) -> ReadNoiseLaw:
    """The law of the pixels' own noise: row and column noise taken off, hot photosites left out."""
    mean = moments.mean_image
    assert mean is not None  # it was gathered just now
    taken = min(moments.frames, LAW_FRAMES)
    every = max(1, taken * mean.size // LAW_VALUES)
    steady = steady_sites(mean, moments.period)
    away = residuals(islice(stack.frames(), taken), mean, every=every, taken=steady)
    size = (mean.shape[0], mean.shape[1])
    deviation = float((away**2).mean() / own_share(moments.frames, size)) ** 0.5
    law = read_noise_law(
        away, frames=moments.frames, size=size, gain_dn_per_e=gain, deviation_dn=deviation,
        step_dn=step_dn,
    )  # fmt: skip
    return replace(law, left_out=1 - float(steady.mean()))
