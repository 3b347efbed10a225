"""Charts of photon transfer: the curve, the fit, SNR, linearity and the dark of one ISO."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from apps.report.chart import Chart, Series, inks_of
from calibration.dark_times import LEAST_TIMES
from calibration.doubling import DarkWarming
from calibration.linearity import SHARES
from calibration.photon_transfer import FIT_SHARE, Transfer
from calibration.uncertainty import Figure
from isp.core.cfa import Cfa

Site = tuple[int, int]
Values = NDArray[np.float64]
POINTS = 120  # of a model's line


def site_names(cfa: Cfa, sites: Sequence[Site]) -> dict[Site, str]:
    """Name each site by its colour, and by its place where several have that colour."""
    colours = [cfa.pattern[row][column] for row, column in sites]
    return {
        site: "sensor" if cfa is Cfa.MONO or len(sites) == 1
        else colour if colours.count(colour) == 1 else f"{colour} {site[0]},{site[1]}"
        for site, colour in zip(sites, colours, strict=True)
    }  # fmt: skip


def transfer_charts(
    prefix: str, sites: Mapping[Site, Transfer], cfa: Cfa, prnu_percent: Figure
) -> list[Chart]:
    """All charts of a series, names beginning with the prefix; the dark's for two times or more."""
    names = site_names(cfa, list(sites))
    named = {names[site]: transfer for site, transfer in sites.items()}
    charts = [
        photon_transfer_curve(prefix, named, prnu_percent),
        mean_variance(prefix, named),
        residuals(prefix, named),
        snr(prefix, named),
        linearity(prefix, named),
        linearity_error(prefix, named),
    ]
    times = next(iter(sites.values())).dark_time_s
    return [*charts, dark_level(prefix, named)] if np.ptp(times) > 0 else charts


def photon_transfer_curve(
    prefix: str, named: Mapping[str, Transfer], prnu_percent: Figure
) -> Chart:
    """Noise over signal, both logarithmic: floor, slope 1/2 and slope 1."""
    series = [
        Series(name, each.signal_dn, np.sqrt(np.maximum(each.variance_dn2, 0)), "points", ink=ink)
        for name, each, ink in _inked(named)
    ]
    first = next(iter(named.values()))
    top = float(first.signal_dn[first.saturated])
    x = np.geomspace(min(max(top * 1e-4, 0.05), top / 10), top, POINTS)
    floor, gain = _value(first, "dark_deviation_dn"), _value(first, "system_gain_dn_per_e")
    shot = np.sqrt(gain * x)
    series += [
        Series("dark noise, slope 0", x, np.full_like(x, floor), "dashed", ink=6),
        Series("shot noise, slope 1/2", x, shot, "dashed", ink=4),
        Series("model, temporal", x, np.hypot(floor, shot), "line", ink=6),
    ]
    if prnu_percent.value is not None:
        pattern = x * prnu_percent.value / 100
        series.append(Series("fixed pattern, slope 1", x, pattern, "dashed", ink=5))
    return Chart(
        name=f"{prefix}photon_transfer",
        caption="Photon transfer curve: temporal noise of a pixel over the signal; the floor is "
        "the dark noise, the slope 1/2 the light's own noise, the slope 1 the fixed pattern",
        x_label="signal above the dark (DN)",
        y_label="noise, one deviation (DN)",
        series=series,
        log="xy",
        x_limits=(float(x[0]) * 0.8, top * 1.6),
        y_limits=(floor * 0.3 or 1e-2, float(shot[-1]) * 3),
        marks=[("saturation", top)],
        alt="Noise in DN rising with the signal: flat at the dark noise, then with slope one half",
    )


def mean_variance(prefix: str, named: Mapping[str, Transfer]) -> Chart:
    """Variance over signal, both linear, and the line whose slope is the gain."""
    series, tops = [], []
    for name, each, ink in _inked(named):
        excess = each.variance_dn2 - each.dark_variance_dn2
        series.append(Series(name, each.signal_dn, excess, "points", ink=ink))
        top = float(each.signal_dn[each.saturated])
        end = np.array([0.0, top * FIT_SHARE])
        gain = _value(each, "system_gain_dn_per_e")
        series.append(Series(f"{name}: {gain:.5g} DN/e-", end, gain * end, "line", ink=ink))
        tops.append(top)
    return Chart(
        name=f"{prefix}mean_variance",
        caption="Mean and variance: the slope of the line, fitted up to 70 % of saturation, is "
        "the system gain",
        x_label="signal above the dark (DN)",
        y_label="variance above the dark (DN²)",
        series=series,
        marks=[("70 %", max(tops) * FIT_SHARE)],
        alt="Variance rising in a straight line with the signal until saturation, then falling",
    )


def residuals(prefix: str, named: Mapping[str, Transfer]) -> Chart:
    """What the points leave beside the line, in percent of it."""
    series = []
    for name, each, ink in _inked(named):
        used = each.fitted & (each.signal_dn > 0)
        line = _value(each, "system_gain_dn_per_e") * each.signal_dn[used]
        excess = (each.variance_dn2 - each.dark_variance_dn2)[used]
        series.append(
            Series(name, each.signal_dn[used], 100 * (excess / line - 1), "points", ink=ink)
        )
    return Chart(
        name=f"{prefix}mean_variance_residuals",
        caption="Residuals of that fit; a bend says that the response is not linear",
        x_label="signal above the dark (DN)",
        y_label="variance off the line (%)",
        series=series,
        alt="Residuals of the variance in percent, scattered about 0",
    )


def snr(prefix: str, named: Mapping[str, Transfer]) -> Chart:
    """Signal over temporal noise, and the root of the electrons that it cannot pass."""
    series = []
    for name, each, ink in _inked(named):
        lit = (each.signal_dn > 0) & (each.variance_dn2 > 0) & (each.exposure > 0)
        lit &= np.arange(len(lit)) <= each.saturated
        ratio = each.signal_dn[lit] / np.sqrt(each.variance_dn2[lit])
        series.append(Series(name, each.exposure[lit], ratio, "points", ink=ink))
    first = next(iter(named.values()))
    gain, floor = _value(first, "system_gain_dn_per_e"), _value(first, "dark_deviation_dn")
    top = float(first.exposure[first.saturated])
    per_exposure = float(first.signal_dn[first.saturated]) / top / gain
    x = np.geomspace(top * 1e-4, top, POINTS)
    electrons = per_exposure * x
    series += [
        Series("ideal, root of the electrons", x, np.sqrt(electrons), "dashed", ink=6),
        Series("model", x, electrons / np.sqrt(electrons + (floor / gain) ** 2), "line", ink=6),
    ]
    return Chart(
        name=f"{prefix}snr",
        caption="Signal to noise over exposure, beside the square root of the electrons",
        x_label=_exposure_label(first),
        y_label="signal / temporal noise",
        series=series,
        log="xy",
        x_limits=(float(x[0]), top * 1.5),
        alt="Signal to noise ratio rising with exposure, meeting its ideal in bright light",
    )


def linearity(prefix: str, named: Mapping[str, Transfer]) -> Chart:
    """Signal over exposure, and the line whose departures are the linearity error."""
    first = next(iter(named.values()))
    series = []
    for name, each, ink in _inked(named):
        series.append(Series(name, each.exposure, each.signal_dn, "points", ink=ink))
        used = _judged(each)
        if used.sum() >= 3:
            end = np.array([0.0, float(each.exposure[each.saturated])])
            slope, start = _line(each.exposure[used], each.signal_dn[used])
            series.append(Series(f"{name}, line", end, slope * end + start, "line", ink=ink))
    return Chart(
        name=f"{prefix}linearity",
        caption="Linearity: the signal over exposure, and EMVA's line through 5 to 95 % of "
        "saturation",
        x_label=_exposure_label(first),
        y_label="signal above the dark (DN)",
        series=series,
        alt="Signal rising in a straight line with exposure until it saturates",
    )


def linearity_error(prefix: str, named: Mapping[str, Transfer]) -> Chart:
    """Departure from the straight line of small relative errors, 5 to 95 % of saturation."""
    first = next(iter(named.values()))
    series = []
    for name, each, ink in _inked(named):
        used = _judged(each)
        x, y = each.exposure[used], each.signal_dn[used]
        error = np.zeros(0) if len(y) < 3 else _line_error(x, y)
        series.append(Series(name, x if len(y) >= 3 else x[:0], error, "points", ink=ink))
    return Chart(
        name=f"{prefix}linearity_error",
        caption="Linearity error, from 5 to 95 % of saturation; its ends are LE min and LE max",
        x_label=_exposure_label(first),
        y_label="signal off the line (%)",
        series=series,
        alt="Departure of the signal from a straight line in percent",
    )


def dark_level(prefix: str, named: Mapping[str, Transfer]) -> Chart:
    """Mean of the darks over exposure time, and its line by least squares."""
    series = []
    for name, each, ink in _inked(named):
        x, y = _each_dark(each)
        series.append(Series(name, x, y, "points", ink=ink))
        if len(np.unique(x)) >= LEAST_TIMES:
            slope, start = np.polyfit(x, y, 1)
            ends = np.array([float(x.min()), float(x.max())])
            told = f"{name}: {slope:.3g} DN/s"
            series.append(Series(told, ends, slope * ends + start, "line", ink=ink))
    return Chart(
        name=f"{prefix}dark_level",
        caption="Dark current: the level of the darks over exposure time; its slope over the gain "
        "is the dark current",
        x_label="exposure time (s)",
        y_label="mean of the dark (DN)",
        series=series,
        alt="Mean dark level in DN over exposure time in seconds",
    )


def warming_chart(prefix: str, warming: DarkWarming) -> Chart:
    """Dark current over temperature, and the line of its doubling."""
    x = np.array(warming.temperatures_c)
    figures = warming.currents_e_per_s
    y = np.array([figure.value or np.nan for figure in figures])
    ends = [
        np.array([np.nan if end is None else end for end in column])
        for column in zip(*((f.low, f.high) for f in figures), strict=True)
    ]
    series = [
        Series("dark current and its interval", x, y, "band", low=ends[0], high=ends[1]),
        Series("measured", x, y, "points", ink=0),
    ]
    step = warming.doubling_temperature_k.value
    if step is not None:
        middle = float(np.log2(y[y > 0]).mean()) - float(x[y > 0].mean()) / step
        series.append(Series(f"doubles every {step:.3g} K", x, 2 ** (middle + x / step), ink=1))
    return Chart(
        name=f"{prefix}dark_current_temperature",
        caption="Dark current over temperature",
        x_label="temperature (°C)",
        y_label="dark current (e-/s)",
        series=series,
        log="y",
        alt="Dark current in electrons a second rising exponentially with temperature",
    )


def _inked(named: Mapping[str, Transfer]) -> list[tuple[str, Transfer, int | str]]:
    """Each site with its name and the ink of its colour."""
    inks = inks_of(list(named))
    return [(name, each, ink) for (name, each), ink in zip(named.items(), inks, strict=True)]


def _judged(transfer: Transfer) -> NDArray[np.bool_]:
    """The levels that linearity is judged by."""
    low, high = (share * transfer.signal_dn[transfer.saturated] for share in SHARES)
    used: NDArray[np.bool_] = (transfer.signal_dn >= low) & (transfer.signal_dn <= high)
    return used


def _each_dark(transfer: Transfer) -> tuple[Values, Values]:
    """Time and level of every dark once: one that serves several flats is one point."""
    times, first = np.unique(transfer.dark_time_s, return_index=True)
    return times, transfer.dark_mean_dn[first]


def _line(x: Values, y: Values) -> tuple[float, float]:
    """Slope and start of EMVA's line: weights 1 / y^2, which make relative errors count alike."""
    slope, start = np.polyfit(x, y, 1, w=1 / y)
    return float(slope), float(start)


def _line_error(x: Values, y: Values) -> Values:
    """Percent of EMVA's line."""
    slope, start = _line(x, y)
    line = slope * x + start
    error: Values = 100 * (y - line) / line
    return error


def _exposure_label(transfer: Transfer) -> str:
    return "photons per pixel" if transfer.in_photons else "exposure time (s)"


def _value(transfer: Transfer, name: str) -> float:
    return transfer.figures[name].value or 0.0
