"""A noise calibration as one HTML page: figures, charts with their numbers, and what is amiss."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from apps.noise_calibration import NoiseCalibration, figures_of
from apps.report.chart import Chart
from apps.report.given_charts import colour_chart, edge_chart, response_chart
from apps.report.pattern_charts import (
    banding_chart,
    iso_chart,
    law_charts,
    pattern_charts,
    shading_csv,
)
from apps.report.report import Report
from apps.report.transfer_charts import transfer_charts, warming_chart
from calibration.camera import of_sites
from calibration.noise import NoiseAtIso
from calibration.noise_model import choose_model
from calibration.noise_profile import noise_profile
from calibration.uncertainty import Figure
from isp.core.errors import UsageError
from isp.files.safe_write import refuse_output

MANY_DEFECTS = 12  # that are printed; the chart's data have all


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Files of other calibrations of the same camera, for the report."""

    response: Path | None = None
    colour: Path | None = None
    edge: Path | None = None

    def charts(self) -> dict[str, Chart]:
        """A chart of each by its heading.

        Raises FileError.
        """
        found = {}
        if self.response is not None:
            found["Response"] = response_chart(self.response)
        if self.colour is not None:
            found["Colour"] = colour_chart(self.colour)
        if self.edge is not None:
            found["Sharpness"] = edge_chart(self.edge)
        return found


def refuse_page(path: Path, *, force: bool) -> None:
    """Check, before any work, that the page may be written there.

    Raises UsageError for another ending than .html, OutputError.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{path}: a report is written as .html")
    refuse_output(path, force=force)


def noise_page(calibration: NoiseCalibration, given: dict[str, Chart] | None = None) -> Report:
    """Make the page; given: charts of other calibrations by heading."""
    captures = calibration.captures
    isos = ", ".join(f"{each.iso:g}" for each in calibration.found)
    isos += "" if captures.iso_stated else " (none stated)"
    page = Report(
        f"Noise of {calibration.profile.name}",
        f"{captures.cfa.name}, {captures.bit_depth} bits, ISO {isos}; {len(captures.stacks)} "
        "exposures. Every figure with its 95 % interval, EMVA 1288 release 4 where it has one.",
    )
    _add_faults(page, calibration.found)
    for each in calibration.found:
        _add_iso(page, calibration, each)
    lines = calibration.lines
    if len(calibration.found) > 1 and lines.lines:
        page.add_heading("Over the ISOs")
        iso_chart(lines).add_to(page)
    if calibration.taken:
        page.add_heading("Not measured here")
        page.add_table(["field of the profile", "from"], list(map(list, calibration.taken.items())))
    for heading, chart in (given or {}).items():
        page.add_heading(heading)
        chart.add_to(page)
    return page


def _add_faults(page: Report, found: Sequence[NoiseAtIso]) -> None:
    faults = [fault for each in found for fault in each.faults]
    if faults:
        page.add_heading("What is amiss with the captures")
        page.add_table(
            ["what", "what to shoot again"], [[fault.what, fault.remedy] for fault in faults]
        )


def _add_iso(page: Report, calibration: NoiseCalibration, at: NoiseAtIso) -> None:
    prefix, captures = f"iso{at.iso:g}_", calibration.captures
    page.add_heading(captures.iso_name(at.iso))
    page.add_table(
        ["quantity", "value", "95 % interval", "remark"],
        [_row(name, figure) for name, figure in figures_of(at).items()],
        "Figures of the sensor, all sites of the colour filters together",
    )
    page.add_subheading("Photon transfer")
    for chart in transfer_charts(prefix, at.sites, captures.cfa, of_sites(at.prnu)):
        chart.add_to(page)
    if at.warming is not None and at.warming.temperatures_c:
        warming_chart(prefix, at.warming).add_to(page)
    page.add_subheading("Noise of the reading")
    page.add_text(choose_model(at.law, at.lines, at.banding).sentence)
    if at.law is not None:
        for chart in law_charts(prefix, at.law):
            chart.add_to(page)
    if at.banding is not None:
        banding_chart(prefix, at.banding).add_to(page)
        _add_bands(page, at)
    _add_patterns(page, prefix, at)
    page.add_subheading("For a DNG")
    profile = noise_profile(at.sites, captures.cfa, captures.white_level_dn)
    page.add_table(
        ["colour", "S", "O"],
        [[name, f"{s:.6g}", f"{o:.6g}"] for name, (s, o) in profile.items()],
        "NoiseProfile: variance = S x + O, x from 0 at black to 1 at white",
    )


def _add_bands(page: Report, at: NoiseAtIso) -> None:
    assert at.banding is not None  # asked by the caller
    if not at.banding.bands:
        page.add_text("No band rises above the rows' noise.")
        return
    page.add_table(
        ["frequency (cycles/row)", "amplitude (e-)", "95 % interval", "chance that noise shows it"],
        [
            [
                f"{band.frequency_cycles_per_row:.5f}",
                *_row("", band.amplitude_e)[1:3],
                f"{band.false_alarm:.1g}" if band.false_alarm else "below 1e-300",
            ]
            for band in at.banding.bands
        ],
        "Bands",
    )


def _add_patterns(page: Report, prefix: str, at: NoiseAtIso) -> None:
    page.add_subheading("Fixed patterns")
    if at.patterns is None:
        page.add_text("No stack of darks is there that shows a fixed pattern.")
        return
    for chart in pattern_charts(prefix, at.patterns):
        if chart.name.endswith("dark_shading"):
            page.add_figure(
                chart.caption, chart.figure(), chart.alt, name=chart.name, data=chart.csv(),
                more={f"{chart.name}_map": shading_csv(at.patterns)},
            )  # fmt: skip
        else:
            chart.add_to(page)
    for reason in at.patterns.reasons:
        page.add_text(reason)
    defects = at.patterns.defects
    if defects is not None and defects.flaws:
        worst = sorted(defects.flaws, key=lambda flaw: -abs(flaw.departure))[:MANY_DEFECTS]
        page.add_table(
            ["row", "column", "kind", "departure"],
            [
                [flaw.row, flaw.column, flaw.kind, _departure(flaw.kind, flaw.departure)]
                for flaw in worst
            ],
            f"The {len(worst)} farthest of {len(defects.flaws)} defects",
        )


def _departure(kind: str, departure: float) -> str:
    return f"{departure:.4g} {'e-' if kind in ('hot', 'cold') else '%'}"


def _row(name: str, figure: Figure) -> list[str]:
    ends = [end for end in (figure.low, figure.high) if end is not None]
    interval = "\u00a0to\u00a0".join(f"{end:.5g}" for end in ends) if len(ends) == 2 else ""
    value = "-" if figure.value is None else f"{figure.value:.5g}"
    return [name, value, interval, figure.reason]
