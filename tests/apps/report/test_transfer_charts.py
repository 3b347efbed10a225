"""Charts of photon transfer draw the measured points and the lines of the measured figures."""

import numpy as np
import pytest

from apps.noise_calibration import NoiseCalibration
from apps.report.transfer_charts import (
    dark_level,
    linearity,
    linearity_error,
    photon_transfer_curve,
    residuals,
    site_names,
    snr,
    transfer_charts,
    warming_chart,
)
from calibration.camera import of_sites
from calibration.uncertainty import Figure, not_measured
from isp.core.cfa import Cfa

BAYER = [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_sites_are_named_by_colour_and_twins_by_place() -> None:
    assert site_names(Cfa.RGGB, BAYER) == dict(
        zip(BAYER, ["R", "G 0,1", "G 1,0", "B"], strict=True)
    )
    assert site_names(Cfa.MONO, [(0, 0)]) == {(0, 0): "sensor"}


def test_slopes_are_a_half_and_one(calibrated: NoiseCalibration) -> None:
    (transfer,) = calibrated.found[0].sites.values()

    chart = photon_transfer_curve("", {"sensor": transfer}, Figure(value=2.0))

    lines = {series.name: series for series in chart.series}
    for name, slope in (("dark noise, slope 0", 0), ("shot noise, slope 1/2", 0.5),
                        ("fixed pattern, slope 1", 1)):  # fmt: skip
        x, y = np.log(lines[name].x), np.log(lines[name].y)
        assert np.polyfit(x, y, 1)[0] == pytest.approx(slope, abs=1e-9)
    assert "fixed pattern, slope 1" not in {
        series.name
        for series in photon_transfer_curve("", {"s": transfer}, not_measured("few")).series
    }


def test_the_ends_of_the_linearity_error_are_the_figures(calibrated: NoiseCalibration) -> None:
    (transfer,) = calibrated.found[0].sites.values()

    (series,) = linearity_error("", {"sensor": transfer}).series

    figures = transfer.figures
    assert np.min(series.y) == pytest.approx(figures["linearity_error_min_percent"].value)
    assert np.max(series.y) == pytest.approx(figures["linearity_error_max_percent"].value)


def test_the_line_of_the_dark_level_has_the_dark_current(calibrated: NoiseCalibration) -> None:
    (transfer,) = calibrated.found[0].sites.values()

    points, line = dark_level("", {"sensor": transfer}).series

    assert points.style == "points"
    slope = np.ptp(line.y) / np.ptp(line.x)
    figures = transfer.figures
    current = figures["dark_current_e_per_s"].value * figures["system_gain_dn_per_e"].value
    assert slope == pytest.approx(current)


def test_the_line_of_linearity_is_what_its_error_departs_from(calibrated: NoiseCalibration) -> None:
    (transfer,) = calibrated.found[0].sites.values()

    points, line = linearity("", {"sensor": transfer}).series

    (error,) = linearity_error("", {"sensor": transfer}).series
    on_line = np.interp(error.x, line.x, line.y)
    signal = np.interp(error.x, points.x, points.y)
    np.testing.assert_allclose(100 * (signal / on_line - 1), error.y, atol=1e-9)


def test_snr_stays_below_its_ideal_and_residuals_about_0(calibrated: NoiseCalibration) -> None:
    (transfer,) = calibrated.found[0].sites.values()

    points, ideal, model = snr("", {"sensor": transfer}).series
    assert (np.asarray(model.y) < np.asarray(ideal.y)).all()
    at = np.interp(points.x, model.x, model.y)
    # A variance of 2 x 9216 values is known to 1 %, and so the SNR to 0.5 %; saturation apart.
    np.testing.assert_allclose(np.asarray(points.y)[:-1], at[:-1], rtol=0.05)
    (left,) = residuals("", {"sensor": transfer}).series
    assert np.abs(left.y).max() < 8


def test_every_chart_is_named_by_its_iso(calibrated: NoiseCalibration) -> None:
    at = calibrated.found[0]
    charts = transfer_charts("iso100_", at.sites, Cfa.MONO, of_sites(at.prnu))

    assert len({chart.name for chart in charts}) == len(charts) == 7
    assert all(chart.name.startswith("iso100_") for chart in charts)


def test_the_line_of_the_warming_passes_its_points(calibrated: NoiseCalibration) -> None:
    warming = calibrated.found[0].warming
    assert warming is not None

    _, points, line = warming_chart("", warming).series

    np.testing.assert_allclose(line.y, points.y, rtol=0.1)
