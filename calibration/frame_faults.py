"""Frames of one exposure that are not alike: light that flickers, frames that lie in between."""

import numpy as np
from numpy.typing import NDArray

from calibration.fault import Fault
from calibration.moments import Moments, mean_and_variance

FLICKER_SIGMAS = 5.0
SLIGHT = 0.005  # of the signal: drift that the formulas take out; more is not steady
UNSTEADY = 0.01  # of the signal, from which on an interval no longer holds the truth
OTHER_LIGHT = 0.5  # of the signal: no lamp flickers so, the frame is of something else
LEAK_SHARE = 0.002  # of the range from black to white
PASSING = 0.001  # of the range: the 8-bit EMVA set has frames 0.0006 apart in the dark
DRIFT_SHARE = 2 / 3  # of the means' variance; one whole wave of flicker gives a line 6/pi^2 of it
COPIED_STEP2 = 0.24  # within a row; below it the converter's step leaves frames alike by chance
SEEN_DN = 1.0  # a dark level passes by so much with the camera's warmth


def unsteady_light(
    iso: float, bright: Moments, dark_dn: float, range_dn: float, where: str
) -> list[Fault]:
    """Frames of one exposure must be equally bright, within their noise.

    dark_dn: mean of the darks. range_dn: from black to white; a dark level that passes by is told
    from light by it. where: the exposure in words.
    """
    means = bright.frame_means
    if bright.frames < 2:
        return []
    spread = float(means.max() - means.min())
    signal = abs(float(means.mean() - dark_dn))
    by_noise = FLICKER_SIGMAS * mean_error(bright) * 2**0.5
    if spread <= max(by_noise, SLIGHT * signal, PASSING * range_dn):
        return []
    if spread > OTHER_LIGHT * signal:
        return [
            Fault(
                what=f"ISO {iso:g}: the frames of {where} have means from {means.min():.0f} to "
                f"{means.max():.0f} DN, so a dark or a frame of another exposure lies among them",
                remedy="take it out, and shoot that exposure again",
                serious=True,
            )
        ]
    drifts = _line_share(means) > DRIFT_SHARE
    kind = "drifts" if drifts else "flickers"
    return [
        Fault(
            what=f"ISO {iso:g}: the light {kind} by {spread / max(signal, 1e-9):.1%} between "
            f"frames of {where}",
            remedy=("let the lamp warm up" if drifts else "take a lamp of direct current, or "
            "exposure times of whole mains periods (1/50 s, 1/60 s)")
            + ", and shoot that exposure again",
            serious=spread >= UNSTEADY * signal,
        )
    ]  # fmt: skip


def _line_share(means: NDArray[np.float64]) -> float:
    """Share of the variance of frame means that a line over their order explains.

    Free values are counted, so that a few frames in a row by chance are no line; two frames have
    none.
    """
    frames = len(means)
    if frames < 3:
        return 0.0
    left = 1 - float(np.corrcoef(means, np.arange(frames))[0, 1]) ** 2
    return 1 - left * (frames - 1) / (frames - 2)


def stray_darks(iso: float, dark: Moments, range_dn: float, where: str) -> list[Fault]:
    """Every dark of one exposure must have the mean of the others.

    range_dn: from black to white. where: the exposure in words.
    """
    means = dark.frame_means
    if dark.frames < 2:
        return []
    away = np.abs(means - np.median(means))
    allowed = max(LEAK_SHARE * range_dn, SEEN_DN, FLICKER_SIGMAS * mean_error(dark) * 2**0.5)
    strays = int((away > allowed).sum())
    if not strays:
        return []
    return [
        Fault(
            what=f"ISO {iso:g}: {strays} of the {dark.frames} frames of {where} lie up to "
            f"{away.max():.1f} DN off the others, so light fell on them or they are no darks",
            remedy="take flats out from among the darks, cover lens and viewfinder, and shoot "
            "these darks again",
            serious=True,
        )
    ]


def repeated_frames(iso: float, moments: Moments, where: str) -> list[Fault]:
    """A frame that is there twice: its noise counts as pattern, and no interval says so."""
    copies = copied_frames(moments)
    if copies is None:
        return []
    return [
        Fault(
            what=f"ISO {iso:g}: frames {copies[0]} and {copies[1]} of {where} are the same one",
            remedy="shoot the stack again, or leave the copies out: each frame once",
            serious=True,
        )
    ]


def copied_frames(moments: Moments) -> tuple[int, int] | None:
    """Numbers, from 1 on, of the first two frames that are one; None where each is its own.

    Noise makes the sums of all rows and all columns of two captures differ. Frames whose rows
    hold next to one value, black, white or of less noise than a step, may be alike by chance.
    """
    if not shows_noise(moments):
        return None
    seen: dict[bytes, int] = {}
    for number, key in enumerate(frame_keys(moments), start=1):
        first = seen.setdefault(key, number)
        if first != number:
            return first, number
    return None


def shows_noise(moments: Moments) -> bool:
    """Whether two captures of that exposure must differ."""
    return row_variance(moments) >= COPIED_STEP2 * max(moments.step, 1) ** 2


def frame_keys(moments: Moments) -> list[bytes]:
    """The sums of all rows and all columns of each frame, which no other capture has."""
    height, phases = moments.row_sums.shape[1:]
    of_phases, of_rows = (
        np.array([len(range(phase, across, count)) for phase in range(count)])
        for across, count in ((moments.width, phases), (height, moments.period[0]))
    )
    # Sums of codes are whole numbers, and what was taken off them is added without a loss.
    rows = moments.row_sums + moments.offset * of_phases
    columns = moments.column_sums + moments.offset * of_rows
    return [one.tobytes() + other.tobytes() for one, other in zip(rows, columns, strict=True)]


def row_variance(moments: Moments) -> float:
    """Variance within a row of a frame, DN^2; the median row's, for hot pixels are no noise."""
    phases = moments.period[1]
    pixels = np.array([len(range(phase, moments.width, phases)) for phase in range(phases)])
    squares = moments.row_squares / (moments.frames * pixels)
    return float(np.median(squares - ((moments.row_sums / pixels) ** 2).mean(0)))


def mean_error(moments: Moments) -> float:
    """Standard error of a frame's mean, DN, by pixels that are independent, or by its lines.

    Rows and columns that share noise leave more of it in the mean than pixels do.
    """
    height = moments.row_sums.shape[1]
    pixels = _whole_variance(moments) / (moments.width * height)
    rows = _line_variance(moments.row_sums.sum(2) / moments.width) / height
    columns = _line_variance(moments.column_sums.sum(2) / height) / moments.width
    return float(max(pixels, rows, columns) ** 0.5)


def _line_variance(means: NDArray[np.float64]) -> float:
    """Of lines about their mean over the frames; the median frame's, for one may be a stray.

    means: (L, lines).
    """
    away = means - means.mean(0)
    away -= away.mean(1, keepdims=True)
    of_frames: NDArray[np.float64] = away.var(1)
    return float(np.median(of_frames)) * len(means) / (len(means) - 1)


def _whole_variance(moments: Moments) -> float:
    rows, columns = moments.period
    sites = [(row, column) for row in range(rows) for column in range(columns)]
    return float(np.mean([max(mean_and_variance(moments, s, 2)[1][0], 0.0) for s in sites]))
