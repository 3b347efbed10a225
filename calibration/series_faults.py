"""Levels of photon transfer that do not belong to one gain, one lamp and one linear sensor."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from calibration.fault import Fault
from calibration.photon_transfer import FIT_SHARE, Level, Transfer, photon_transfer
from calibration.uncertainty import Figure
from isp.core.errors import CalibrationError

FEW_GROUPS = 2  # of rows: no interval is looked at
DARKEST = 0.05  # of saturation, as in EMVA's linearity error
OFF_LINE = 0.02  # of the signal; the EMVA 1288 sets stay within 0.008
OTHER_SHOT = 0.2  # of the signal: no lamp drifts so; ISOs are a third of a stop (26 %) apart
OTHER_GAIN = 1.3  # upper slope over lower; real 8-bit converters and bent wells stay above 0.74
GAIN_SIGMAS = 5.0
LEAST_OF_HALF = 2

Values = NDArray[np.float64]


def site_transfers(levels: Sequence[Level]) -> Mapping[tuple[int, int], Transfer]:
    """Photon transfer of every site, without intervals; none where the levels give no gain."""
    rows, columns = levels[0].bright.period
    sites = [(row, column) for row in range(rows) for column in range(columns)]
    try:
        return {site: photon_transfer(levels, site=site, groups=FEW_GROUPS) for site in sites}
    except CalibrationError:
        return {}


def series_faults(iso: float, levels: Sequence[Level]) -> list[Fault]:
    """Judge the levels together: of every kind of fault the worst site's."""
    pixels = levels[0].bright.width * levels[0].bright.row_sums.shape[1]
    found = list(site_transfers(levels).items())
    if not found:
        return []
    ratios = [_slopes(each, pixels // len(found)) for _, each in found]
    ratio = max(ratios, key=lambda value: abs(np.log(value)))
    if not 1 / OTHER_GAIN <= ratio <= OTHER_GAIN:
        return [
            Fault(
                what=f"ISO {iso:g}: the variance rises {ratio:.2g} times as steeply over the "
                "signal in the upper half of the fit as in the lower: the frames have several "
                "gains (ISOs), or were changed by a program",
                remedy="shoot all flats and darks at one fixed ISO, raw",
                serious=True,
            )
        ]
    worst, time = max((_off_line(each) for _, each in found), key=lambda one: abs(one[0]))
    if abs(worst) <= OFF_LINE:
        return []
    said = f"ISO {iso:g}: the flats of {time:g} s lie {worst:+.1%} off the line over the exposure"
    if abs(worst) > OTHER_SHOT:
        return [
            Fault(
                what=f"{said}, so darks, or flats of another ISO or exposure, lie among them",
                remedy="take them out, and shoot that exposure again at the ISO of the others",
                serious=True,
            )
        ]
    return [
        Fault(
            what=f"{said}: the light drifts, the frames have several ISOs, or the sensor is not "
            "linear",
            remedy="let the lamp warm up and shoot all flats again, quickly, at one ISO and one "
            "aperture; if it stays, it is the sensor's linearity error",
        )
    ]


def _slopes(transfer: Transfer, pixels: int) -> float:
    """Variance over signal, of the upper half of the fit over the lower; 1 within the noise."""
    signal = transfer.signal_dn[transfer.fitted]
    excess = (transfer.variance_dn2 - transfer.dark_variance_dn2)[transfer.fitted]
    # A variance of n values is known within sqrt(2 / n) of itself, bright and dark.
    whole = transfer.variance_dn2 + transfer.dark_variance_dn2
    error = whole[transfer.fitted] * (2 / pixels) ** 0.5
    upper = signal > signal.max() / 2
    if min(upper.sum(), (~upper).sum()) < LEAST_OF_HALF:
        return 1.0
    (low, low_error), (high, high_error) = (
        (
            float((signal[half] * excess[half]).sum() / (signal[half] ** 2).sum()),
            float(np.hypot.reduce(signal[half] * error[half]) / (signal[half] ** 2).sum()),
        )
        for half in (~upper, upper)
    )
    if low <= 0 or high <= 0 or abs(high - low) < GAIN_SIGMAS * np.hypot(low_error, high_error):
        return 1.0
    return float(high / low)


def _off_line(transfer: Transfer) -> tuple[float, float]:
    """The largest departure from a line through 0, relative, and its exposure time.

    The line is the median of signal over exposure. Saturation takes signal away and so excuses a
    bright level below the line; nothing excuses one above.
    """
    signal, exposure = transfer.signal_dn, transfer.exposure
    top = signal[transfer.saturated]
    seen = transfer.fitted & (signal >= DARKEST * top)
    if not seen.any():
        return 0.0, 0.0
    line = float(np.median(signal[seen] / exposure[seen])) * exposure
    judged = line >= DARKEST * top
    away = np.where(judged, signal / np.where(judged, line, 1.0) - 1, 0.0)
    away[(line > FIT_SHARE * top) & (away < 0)] = 0.0
    worst = int(np.argmax(np.abs(away)))
    return float(away[worst]), float(transfer.exposure_time_s[worst])


def saturates(figures: Mapping[str, Figure]) -> bool:
    """Whether the brightest flat is saturated."""
    return figures["full_well_e"].value is not None
