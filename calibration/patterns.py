"""All that the mean images of dark and flat stacks show: spectra, histograms, shading, defects."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.dark_shading import DarkShading, dark_shading
from calibration.defect_map import DefectMap, find_defects
from calibration.moments import Moments, mean_and_variance
from calibration.pattern_histogram import PatternHistogram, pattern_histogram
from calibration.spectrogram import Spectrogram, spectrogram
from calibration.uncertainty import Figure
from isp.core.errors import CalibrationError

Plane = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """A fixed pattern as spectra and a histogram; e- in the dark, percent of the response.

    rows: spectrum of the rows, columns: of the columns. floor: the power that the noise left in
    the mean of the frames has by itself.
    """

    unit: str
    rows: Spectrogram
    columns: Spectrogram
    histogram: PatternHistogram
    floor: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patterns:
    """What the stacks of one ISO hold; None, or a reason, where it cannot be told.

    size: height and width of a frame.
    """

    size: tuple[int, int]
    dark: Pattern
    response: Pattern | None
    shading: DarkShading | None
    defects: DefectMap | None
    reasons: tuple[str, ...]


def find_patterns(
    dark: Moments, flat: Moments | None, gain_dn_per_e: Figure, *, left_dn2: float = 0.0
) -> Patterns:
    """Look at the mean dark image, and at the response where a stack of flats is there.

    dark, flat: with their mean images. Every site of the colour filters is taken about its own
    mean, and its response relative to it. left_dn2: see `dark_shading`.

    Raises CalibrationError for images without 8 rows and columns.
    """
    assert dark.mean_image is not None  # the caller kept it
    gain = gain_dn_per_e.value or 1.0
    dark_e = _about_sites(dark.mean_image, dark.period) / gain
    noise_e = _temporal(dark) ** 0.5 / gain
    response, relative, noise_percent = None, None, None
    if flat is not None and flat.mean_image is not None:
        light = flat.mean_image - dark.mean_image
        relative = 100 * _relative(light, flat.period)
        noise_percent = 100 * _temporal(flat) ** 0.5 / float(light.mean())
        left = noise_percent**2 / flat.frames + (100 * noise_e * gain / light.mean()) ** 2 / (
            dark.frames
        )
        response = _pattern(relative, "%", left, 0.0)
    shading, defects, reasons = None, None, []
    try:
        shading = dark_shading(dark_e * gain, gain_dn_per_e, left_dn2=left_dn2)
    except CalibrationError as error:
        reasons.append(str(error))
    try:
        # The lens and the lamp darken corners smoothly: that is no photosite's fault.
        flattened = None if relative is None else relative - _smooth(relative)
        defects = find_defects(
            dark_e, flattened, frame_noise_e=noise_e, frame_noise_percent=noise_percent
        )
    except CalibrationError as error:
        reasons.append(str(error))
    return Patterns(
        size=(dark_e.shape[0], dark_e.shape[1]),
        dark=_pattern(dark_e, "e-", noise_e**2 / dark.frames, 1 / dark.frames / gain),
        response=response,
        shading=shading,
        defects=defects,
        reasons=tuple(reasons),
    )


def _pattern(plane: Plane, unit: str, floor: float, step: float) -> Pattern:
    return Pattern(
        unit=unit,
        rows=spectrogram(plane, along="rows"),
        columns=spectrogram(plane, along="columns"),
        histogram=pattern_histogram(plane, step=step),
        floor=float(floor),
    )


def _about_sites(image: Plane, period: tuple[int, int]) -> Plane:
    about = np.empty_like(image)
    for row in range(period[0]):
        for column in range(period[1]):
            site = slice(row, None, period[0]), slice(column, None, period[1])
            about[site] = image[site] - image[site].mean()
    return about


def _relative(image: Plane, period: tuple[int, int]) -> Plane:
    relative = np.empty_like(image)
    for row in range(period[0]):
        for column in range(period[1]):
            site = slice(row, None, period[0]), slice(column, None, period[1])
            mean = image[site].mean()
            if not mean > 0:
                raise CalibrationError("the flat is no brighter than the dark")
            relative[site] = image[site] / mean - 1
    return relative


def _smooth(plane: Plane) -> Plane | float:
    """The smooth part of the response; none where the image is too small for it."""
    try:
        return dark_shading(plane, Figure(value=1.0, low=1.0, high=1.0)).map_dn(*plane.shape)
    except CalibrationError:
        return 0.0


def _temporal(moments: Moments) -> float:
    sites = [(r, c) for r in range(moments.period[0]) for c in range(moments.period[1])]
    return float(np.mean([max(mean_and_variance(moments, s, 2)[1][0], 0.0) for s in sites]))
