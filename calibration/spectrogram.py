"""Spectrograms of a fixed pattern: how much of it repeats, along the rows and along the columns."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import CalibrationError

LEAST_SIDE = 8

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spectrogram:
    """Mean power spectrum of all rows, or of all columns.

    frequency: cycles per photosite, from one cycle over the whole side to 0.5. power: in the
        pattern's unit squared; a white pattern of variance s^2 has s^2 at every frequency.
    white: the median, which a few lines do not move; what a pattern without order would have.
    """

    frequency: Values
    power: Values
    white: float

    @property
    def nonwhiteness(self) -> float:
        """Mean power over that of the white part; 1 for a pattern without order."""
        return float(self.power.mean() / self.white) if self.white > 0 else float("nan")


def spectrogram(pattern: Values, *, along: str) -> Spectrogram:
    """Return the spectrum of a pattern, its mean taken off.

    pattern: (h, w), any unit. along: "rows" for the spectrum of each row, averaged over the rows
        (what changes from column to column), or "columns".

    Raises CalibrationError for a side of fewer than 8 photosites.

    Source: EMVA 1288 release 3.1 and 4.0 linear, section 8 (spectrogram of rows and columns,
    discrete Fourier transform with 1 / sqrt(N)).

    >>> wave = np.tile(np.sin(2 * np.pi * 0.25 * np.arange(64)), (8, 1))
    >>> found = spectrogram(wave, along="rows")
    >>> float(found.frequency[found.power.argmax()]), round(float(found.power.max()), 6)
    (0.25, 16.0)
    """
    lines = pattern if along == "rows" else pattern.T
    length = lines.shape[1]
    if min(lines.shape) < LEAST_SIDE:
        raise CalibrationError(
            f"a spectrogram needs {LEAST_SIDE} x {LEAST_SIDE} photosites or more, got "
            f"{pattern.shape[1]} x {pattern.shape[0]}"
        )
    mean, total = float(pattern.mean()), np.zeros(length // 2 + 1)
    for part in np.array_split(lines, max(1, lines.size >> 20)):  # a megapixel at a time
        total += (np.abs(np.fft.rfft(part - mean, axis=1)) ** 2).sum(0)
    power = total[1:] / length / len(lines)
    return Spectrogram(
        frequency=np.arange(1.0, length // 2 + 1) / length,
        power=power,
        white=float(np.median(power)),
    )
