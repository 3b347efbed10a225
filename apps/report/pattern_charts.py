"""Charts of fixed patterns and of the dark: histograms, spectra, banding, law, defects, shading."""

import numpy as np
from numpy.typing import NDArray

from apps.report.chart import Chart, Series
from calibration.banding import Banding
from calibration.defect_map import DefectMap
from calibration.iso_lines import IsoLines
from calibration.patterns import Pattern, Patterns
from calibration.read_noise import ReadNoiseLaw

KINDS = {"hot": 1, "cold": 0, "weak": 3, "strong": 5}  # place in the palette
DECADE = 10.0
WORDS = {"read_noise": "read noise", "row_noise": "row noise",
         "tukey_lambda_scale": "Tukey-lambda scale"}  # fmt: skip


def pattern_charts(prefix: str, patterns: Patterns) -> list[Chart]:
    """DSNU's and PRNU's histograms and spectra, the defect map and the shading."""
    charts = []
    for kind, pattern in (("dsnu", patterns.dark), ("prnu", patterns.response)):
        if pattern is not None:
            charts += [
                histogram(prefix, kind, pattern),
                accumulated(prefix, kind, pattern),
                spectra(prefix, kind, pattern),
            ]
    if patterns.defects is not None:
        charts.append(defect_places(prefix, patterns.defects, patterns.size))
    if patterns.shading is not None:
        charts.append(shading(prefix, patterns))
    return charts


def histogram(prefix: str, kind: str, pattern: Pattern) -> Chart:
    """Counts on a logarithmic axis, where a single photosite still shows."""
    counted = pattern.histogram
    beyond = counted.below + counted.above
    outside = f"; {beyond} photosites lie beyond" if beyond else ""
    centres = (counted.edges[1:] + counted.edges[:-1]) / 2
    shown = counted.normal >= 0.1
    return Chart(
        name=f"{prefix}{kind}_histogram",
        caption=f"{kind.upper()}: histogram of the mean image, beside a normal law of the same "
        f"robust deviation, {counted.robust_deviation:.4g} {pattern.unit}{outside}",
        x_label=f"departure from the median ({pattern.unit})",
        y_label="photosites in a bin",
        series=[
            Series("measured", counted.edges, counted.counts, "steps"),
            Series("normal", centres[shown], counted.normal[shown], "dashed"),
        ],
        log="y",
        y_limits=(0.5, float(max(counted.counts.max(), counted.normal.max())) * 2),
        alt="Histogram on a logarithmic axis beside a parabola, the normal law",
    )


def accumulated(prefix: str, kind: str, pattern: Pattern) -> Chart:
    """How many photosites are farther away than so much."""
    counted = pattern.histogram
    return Chart(
        name=f"{prefix}{kind}_accumulated",
        caption=f"{kind.upper()}: share of the photosites at least so far from the median",
        x_label=f"departure, either side ({pattern.unit})",
        y_label="photosites (%)",
        series=[Series("measured", counted.departures, counted.percent_beyond)],
        log="xy",
        alt="Share of photosites beyond a departure, falling; defects are the tail on the right",
    )


def spectra(prefix: str, kind: str, pattern: Pattern) -> Chart:
    """EMVA's spectrograms of rows and columns."""
    series = [
        Series("rows", pattern.rows.frequency, np.sqrt(pattern.rows.power)),
        Series("columns", pattern.columns.frequency, np.sqrt(pattern.columns.power)),
    ]
    ends = np.array([0.0, 0.5])
    for name, found, ink in (("rows", pattern.rows, 0), ("columns", pattern.columns, 1)):
        level = np.full(2, found.white**0.5)
        series.append(Series(f"{name}, white part", ends, level, "dashed", ink=ink))
    series.append(
        Series("noise left in the mean", ends, np.full(2, pattern.floor**0.5), "dashed", ink=6)
    )
    return Chart(
        name=f"{prefix}{kind}_spectrogram",
        caption=f"{kind.upper()}: spectrogram of the rows (what changes from column to column) "
        f"and of the columns; mean power over white: {pattern.rows.nonwhiteness:.3g} and "
        f"{pattern.columns.nonwhiteness:.3g}",
        x_label="frequency (cycles/photosite)",
        y_label=f"amplitude, white noise of s is s ({pattern.unit})",
        series=series,
        log=_log(pattern.rows.power**0.5, pattern.columns.power**0.5),
        alt="Amplitude of the pattern over spatial frequency, for rows and for columns",
    )


def banding_chart(prefix: str, banding: Banding) -> Chart:
    """Spectrum of what the rows share from frame to frame, and the noise that it rises above."""
    ends = banding.frequency[[0, -1]]
    return Chart(
        name=f"{prefix}banding",
        caption="Row noise and banding: spectrum of what a row shares, frame by frame; a band is "
        "what rises above the dashed limit, which noise passes in one of 10 000 stacks",
        x_label="frequency (cycles/row)",
        y_label="power (DN²)",
        series=[
            Series("rows of the darks", banding.frequency, banding.power),
            Series("white noise of the rows", ends, np.full(2, banding.white_dn2), "dashed", ink=6),
            Series("limit", banding.frequency, banding.limit_dn2, "dashed", ink=1),
        ],
        marks=[
            (f"{band.frequency_cycles_per_row:.4f}", band.frequency_cycles_per_row)
            for band in banding.bands
        ],
        log=_log(banding.power),
        alt="Power of the row noise over frequency, with its peaks marked",
    )


def law_charts(prefix: str, law: ReadNoiseLaw) -> list[Chart]:
    """The probability-plot correlation over the shape, and the probability plot."""
    if not len(law.shapes):
        return []
    shape = law.shape.value or 0.0
    reach = float(np.abs(law.tukey_quantiles).max())
    return [
        Chart(
            name=f"{prefix}tukey_lambda_ppcc",
            caption="Tukey lambda: how far the probability plot is from a straight line, for each "
            "shape; the lowest is taken",
            x_label="shape",
            y_label="1 - correlation of the probability plot",
            series=[
                Series("Tukey lambda", law.shapes, 1 - law.correlations),
                Series(
                    "Gaussian", law.shapes[[0, -1]],
                    np.full(2, 1 - law.gaussian_correlation), "dashed", ink=6,
                ),
            ],
            marks=[(f"{shape:.3f}", shape)],
            log="y",
            alt="Misfit over shape, with its least value at the shape that is taken",
        ),
        Chart(
            name=f"{prefix}probability_plot",
            caption="Probability plot of the read noise: on the diagonal where the law is right",
            x_label="quantile of the law (deviations)",
            y_label="quantile of the residuals (deviations)",
            series=[
                Series("Tukey lambda", law.tukey_quantiles, law.quantiles, "points"),
                Series("Gaussian", law.gaussian_quantiles, law.quantiles, "points"),
                Series("diagonal", [-reach, reach], [-reach, reach], "dashed", ink=6),
            ],
            alt="Quantiles of the residuals over those of two laws, beside the diagonal",
        ),
    ]  # fmt: skip


def _log(*drawn: NDArray[np.float64]) -> str:
    """A logarithmic axis only where the values span a decade; it has no ticks for less."""
    least, most = min(float(v.min()) for v in drawn), max(float(v.max()) for v in drawn)
    return "y" if least > 0 and most > DECADE * least else ""


def defect_places(prefix: str, defects: DefectMap, size: tuple[int, int]) -> Chart:
    """Where the listed photosites are."""
    series = []
    for kind, ink in KINDS.items():
        places = [(flaw.column, flaw.row) for flaw in defects.flaws if flaw.kind == kind]
        if places:
            x, y = zip(*places, strict=True)
            series.append(Series(f"{kind} ({len(places)})", x, y, "points", ink=ink))
    limits = defects.limits
    response = (
        "" if limits.response_percent is None else f", {limits.response_percent:.3g} % of response"
    )
    return Chart(
        name=f"{prefix}defects",
        caption=f"Defects: {len(defects.flaws)} photosites beyond {limits.dark_e:.4g} e- in the "
        f"dark{response}",
        x_label="column",
        y_label="row",
        series=series or [Series("none", [], [], "points")],
        x_limits=(-0.5, size[1] - 0.5),
        y_limits=(-0.5, size[0] - 0.5),
        equal=True,
        alt="Places of the defective photosites on the sensor",
    )


def shading(prefix: str, patterns: Patterns) -> Chart:
    """The smooth part of the dark along rows and columns, and what the blocks show."""
    found = patterns.shading
    assert found is not None  # asked by the caller
    blocks = len(found.blocks_dn)
    series = []
    for axis, name, ink in ((1, "down the rows", 0), (0, "along the columns", 1)):
        place = (np.arange(blocks) + 0.5) / blocks
        series += [
            Series(f"blocks, {name}", place, found.blocks_dn.mean(axis), "points", ink=ink),
            Series(f"map, {name}", place, found.fitted_dn.mean(axis), "line", ink=ink),
        ]
    return Chart(
        name=f"{prefix}dark_shading",
        caption=f"Dark shading: medians of {blocks} x {blocks} blocks and the smooth map through "
        f"them, averaged along either side; the map holds {100 * found.share:.3g} % of the "
        "blocks' variance",
        x_label="place on the sensor, 0 to 1",
        y_label="dark level about its mean (DN)",
        series=series,
        alt="Dark level over place on the sensor, along rows and along columns",
    )


def shading_csv(patterns: Patterns) -> str:
    """The whole map as text: row and column of each block's middle, block and map in DN."""
    found = patterns.shading
    assert found is not None  # asked by the caller
    height, width = patterns.size
    blocks = len(found.blocks_dn)
    lines = ["row,column,block_dn,map_dn"]
    for i in range(blocks):
        for j in range(blocks):
            row, column = (i + 0.5) * height / blocks - 0.5, (j + 0.5) * width / blocks - 0.5
            lines.append(
                f"{row:.1f},{column:.1f},{found.blocks_dn[i, j]:.7g},{found.fitted_dn[i, j]:.7g}"
            )
    return "\n".join(lines) + "\n"


def iso_chart(lines: IsoLines) -> Chart:
    """Noise in DN over gain, all ISOs, with the lines that are fitted to each conversion gain."""
    series = []
    for index, line in enumerate(lines.lines):
        name = WORDS[line.quantity] + (", high gain" if line.branch else "")
        series.append(Series(name, line.gains_dn_per_e, line.sigmas_dn, "points", ink=index))
        if line.line is not None:
            x = np.array(line.gains_dn_per_e)[[0, -1]]
            y = np.exp(line.line.intercept) * x**line.line.slope
            scatter = line.line.scatter
            told = "" if scatter is None else f", scatter {scatter:.2g}"
            series.append(Series(f"slope {line.line.slope:.3f}{told}", x, y, "line", ink=index))
    switch = "" if lines.switch_iso is None else f"; the gain switches at ISO {lines.switch_iso:g}"
    return Chart(
        name="noise_over_gain",
        caption=f"Noise over gain, all ISOs: log noise is a line in log gain{switch}",
        x_label="system gain (DN/e-)",
        y_label="noise, one deviation (DN)",
        series=series,
        log="xy",
        alt="Read and row noise over gain on logarithmic axes, with straight lines",
    )
