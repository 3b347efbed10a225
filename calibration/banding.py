"""Banding: sines along the rows of dark frames, found above the rows' white noise."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, gammainccinv

from calibration.line_noise import LineNoise
from calibration.uncertainty import NORMAL_95, Figure, in_electrons
from isp.core.errors import CalibrationError

FALSE_ALARM = 1e-4  # chance that noise alone shows a band; per stack, not per frequency
MOST_BANDS = 4
FINER = 16  # steps between two frequencies of the transform, where a peak is looked for
LEAST_ROWS = 32
FIRST = 4  # cycles over the frame; slower ones cannot be told from a drift of the black level
ABOUT = 10  # frequencies to either side that make the floor of one, but for the nearest

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A sine A sin(2 pi f y + phi), phi another in each frame.

    frequency_cycles_per_row: f. amplitude_e: A. false_alarm: chance that white noise of the
    rows shows as much anywhere.
    """

    frequency_cycles_per_row: float
    amplitude_e: Figure
    amplitude_dn: float
    false_alarm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Banding:
    """The bands of a stack, strongest first, and the spectrum they were found in.

    frequency: cycles per row. power: mean over the frames, DN^2, white noise of variance s^2 is
    s^2. white_dn2: median of the spectrum. floor_dn2: at each frequency, the median beside it, no
    lower than the white noise; limit_dn2: what such noise stays below but in one of 10 000 stacks.
    """

    bands: tuple[Band, ...]
    frequency: Values
    power: Values
    white_dn2: float
    floor_dn2: Values
    limit_dn2: Values


def find_banding(row_signal: Values, gain_dn_per_e: Figure) -> Banding:
    """Look for bands in what rows share, frame by frame.

    row_signal: (L, h), DN, departures from the mean over the frames (`LineNoise.row_signal`).
    A band rises above the white noise, and above what is about it: a drift is no band. The
    frequency is where the summed power of least-squares sines is largest; the amplitude that
    power less the noise's. Phases count as even over the circle: that mean power of L frames is
    then known to one part in L, which the interval has.

    Raises CalibrationError for fewer than two frames, or fewer than 32 rows.

    Source: a periodogram's ordinates of white noise are exponential (Brockwell and Davis, Time
    Series, section 10.2), so the mean over L - 1 free frames follows a gamma law.
    """
    frames, rows = row_signal.shape
    if frames < 2 or rows < LEAST_ROWS:
        raise CalibrationError(
            f"banding needs two dark frames of {LEAST_ROWS} rows or more, got {frames} of {rows}"
        )
    free, left = frames - 1, row_signal
    found: list[tuple[float, float]] = []  # frequency, false alarm
    while True:
        power = _power(left)
        white, floor = _floor(power, free)
        power = power[FIRST:]
        ratio = power / np.maximum(floor, np.finfo(float).tiny)
        peak = int(ratio.argmax())
        alarm = float(min(len(power) * gammaincc(free, free * ratio[peak]), 1.0))
        if alarm > FALSE_ALARM or not white or len(found) == MOST_BANDS:
            break
        found.append((_refined(left, peak + FIRST), alarm))
        left = row_signal - _fitted(row_signal, [place for place, _ in found])
    # What is left without the bands is the noise about them.
    noises = [
        float(floor[min(max(round(place * rows) - FIRST, 0), len(floor) - 1)]) for place, _ in found
    ]
    bands = [
        _band(row_signal, place, alarm, [p for p, _ in found if p != place], noise, gain_dn_per_e)
        for (place, alarm), noise in zip(found, noises, strict=True)
    ]
    return Banding(
        bands=tuple(sorted(bands, key=lambda band: -band.amplitude_dn)),
        frequency=np.arange(FIRST, FIRST + len(power)) / rows,
        power=_power(row_signal)[FIRST:],
        white_dn2=white,
        floor_dn2=floor,
        limit_dn2=floor * float(gammainccinv(free, FALSE_ALARM / len(power))) / free,
    )


def without_bands(lines: LineNoise, banding: Banding, gain_dn_per_e: Figure) -> LineNoise:
    """Take the bands' share off the row noise, so that it does not count twice."""
    gain = gain_dn_per_e.value
    if not banding.bands or lines.row.value is None or not gain:
        return lines
    shared = sum(band.amplitude_dn**2 for band in banding.bands) / 2 / gain**2

    def less(value: float | None) -> float | None:
        return None if value is None else max(value**2 - shared, 0.0) ** 0.5

    row = lines.row
    return replace(
        lines, row=replace(row, value=less(row.value), low=less(row.low), high=less(row.high))
    )


def _power(signal: Values) -> Values:
    """Mean over the frames of the squared transform, unbiased for the mean taken off."""
    frames, rows = signal.shape
    squares = np.abs(np.fft.rfft(signal, axis=1)[:, : (rows + 1) // 2]) ** 2
    power: Values = squares.sum(0) / rows / (frames - 1)
    return power


def _floor(power: Values, free: int) -> tuple[float, Values]:
    """The white noise, and the floor of each frequency: rows that drift have more of the slow.

    The higher of the medians to its left and right, so that a slope is no peak.
    """
    # Median over that of the gamma law: the mean, which peaks do not pull up.
    ratio = float(gammainccinv(free, 0.5)) / free
    white = float(np.median(power)) / ratio
    floor = []
    for place in range(FIRST, len(power)):
        sides = power[max(place - ABOUT, 1) : place - 1], power[place + 2 : place + ABOUT + 1]
        floor.append(max(float(np.median(side)) for side in sides if len(side)))
    return white, np.maximum(np.array(floor) / ratio, white)


def _columns(rows: int, frequencies: Sequence[float]) -> Values:
    y = 2 * np.pi * np.arange(rows)
    waves = [wave for f in frequencies for wave in (np.cos(f * y), np.sin(f * y))]
    return np.stack([np.ones(rows), *waves], 1)


def _fitted(signal: Values, frequencies: Sequence[float]) -> Values:
    columns = _columns(signal.shape[1], frequencies)
    weights = np.linalg.lstsq(columns, signal.T, rcond=None)[0]
    fitted: Values = (columns @ weights).T
    return fitted


def _refined(signal: Values, index: int) -> float:
    """The frequency of most power about one of the transform's, a parabola between fine steps."""
    rows = signal.shape[1]
    tried = (index + np.arange(-FINER, FINER + 1) / FINER) / rows
    held = np.array([(_fitted(signal, [f]) ** 2).sum() for f in tried])
    best = int(np.clip(held.argmax(), 1, len(tried) - 2))
    low, middle, high = held[best - 1 : best + 2]
    bend = low - 2 * middle + high
    shift = 0.0 if bend == 0 else float(np.clip(0.5 * (low - high) / bend, -1, 1))
    return float(tried[best] + shift * (tried[1] - tried[0]))


def _band(
    signal: Values, place: float, alarm: float, others: Sequence[float], floor: float, gain: Figure
) -> Band:
    frames, rows = signal.shape
    without = signal - _fitted(signal, others) if others else signal
    columns = _columns(rows, [place])
    weights = np.linalg.lstsq(columns, without.T, rcond=None)[0][1:]  # (2, L)
    noise = 2 * floor * 2 / rows  # of a squared amplitude: two weights of variance 2 s^2 / h
    square = max(float((weights**2).sum()) / (frames - 1) - noise, 0.0)
    # Noise across the sine, and that L phases leave a mean of their own.
    error = np.hypot((2 * square * noise / frames + noise**2 / frames) ** 0.5, square / frames)
    low, high = (max(square + sign * NORMAL_95 * error, 0.0) ** 0.5 for sign in (-1, 1))
    figure = Figure(value=square**0.5, low=low, high=high)
    return Band(
        frequency_cycles_per_row=place,
        amplitude_e=in_electrons(figure, gain),
        amplitude_dn=square**0.5,
        false_alarm=alarm,
    )
