"""Charts of patterns show what was measured: counts, spectra, places, the law, the map."""

import numpy as np
import pytest

from apps.noise_calibration import NoiseCalibration
from apps.report.pattern_charts import (
    banding_chart,
    histogram,
    iso_chart,
    law_charts,
    pattern_charts,
    shading_csv,
)
from calibration.iso_lines import IsoLine, IsoLines
from calibration.noise_lines import noise_line
from calibration.patterns import Patterns
from tests.calibration.written_captures import HOT, WEAK


@pytest.fixture
def patterns(calibrated: NoiseCalibration) -> Patterns:
    found = calibrated.found[0].patterns
    assert found is not None
    return found


def test_a_histogram_has_every_photosite_or_says_how_many_lie_beyond(patterns: Patterns) -> None:
    chart = histogram("", "dsnu", patterns.dark)

    counted = patterns.dark.histogram
    beyond = counted.below + counted.above
    assert np.sum(chart.series[0].y) + beyond == 96 * 96
    assert f"{beyond} photosites lie beyond" in chart.caption
    assert beyond >= 1  # the hot one


def test_defects_are_drawn_where_they_are(patterns: Patterns) -> None:
    chart = next(c for c in pattern_charts("", patterns) if c.name == "defects")

    places = {series.name: (series.y[0], series.x[0]) for series in chart.series}  # type: ignore[index]
    assert places == {"hot (1)": HOT, "weak (1)": WEAK}


def test_the_map_of_the_shading_is_whole(patterns: Patterns) -> None:
    lines = shading_csv(patterns).splitlines()

    assert lines[0] == "row,column,block_dn,map_dn"
    assert len(lines) == 1 + 24 * 24
    last = [float(value) for value in lines[-1].split(",")]
    assert last[:2] == [93.5, 93.5]
    assert last[3] == pytest.approx(patterns.shading.fitted_dn[-1, -1], rel=1e-6)


def test_the_best_shape_is_where_the_misfit_is_least(calibrated: NoiseCalibration) -> None:
    law = calibrated.found[0].law
    assert law is not None

    ppcc, plot = law_charts("", law)

    least = float(ppcc.series[0].x[int(np.argmin(ppcc.series[0].y))])  # type: ignore[index]
    assert abs(ppcc.marks[0][1] - least) <= 0.025  # one step of the shapes
    assert [series.name for series in plot.series] == ["Tukey lambda", "Gaussian", "diagonal"]


def test_the_spectrum_of_the_rows_is_drawn_with_its_limit(calibrated: NoiseCalibration) -> None:
    banding = calibrated.found[0].banding
    assert banding is not None

    chart = banding_chart("", banding)

    power, limit = np.asarray(chart.series[0].y), np.asarray(chart.series[2].y)
    assert (power < limit).all()
    assert chart.marks == []


def test_lines_over_gain_name_their_slopes_and_the_switch() -> None:
    gains, sigmas = (1.0, 2.0, 4.0), (3.0, 6.0, 12.0)
    line = IsoLine(
        quantity="read_noise", branch=1, isos=(100, 200, 400), gains_dn_per_e=gains,
        sigmas_dn=sigmas, line=noise_line(gains, sigmas),
    )  # fmt: skip

    chart = iso_chart(IsoLines(lines=(line,), switch_iso=100.0))

    assert chart.series[0].name == "read noise, high gain"
    assert chart.series[1].name.startswith("slope 1.000")
    assert "switches at ISO 100" in chart.caption
    np.testing.assert_allclose(chart.series[1].y, [3, 12])
