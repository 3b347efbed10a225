"""Camera sheets for readers: text for a terminal, figures, a page, and files of each."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from apps.camera_sheet import CameraSheet, record
from apps.report.report import Report
from apps.report.snr_figure import SnrCurve, snr_curves, variance_shares
from isp.core.errors import UsageError
from isp.files.safe_write import refuse_output, safe_write

PNG_DPI = 150
# A row's label and the figure's name.
ROWS = (
    ("system gain (DN/e-)", "system_gain_dn_per_e"),
    ("dark noise, temporal (e-)", "dark_noise_e"),
    ("absolute sensitivity, SNR 1 (e-)", "absolute_sensitivity_e"),
    ("absolute sensitivity (photons)", "absolute_sensitivity_photons"),
    ("SNR10 (e-)", "snr10_e"),
    ("SNR10 (photons)", "snr10_photons"),
    ("SNR10 (lux s)", "snr10_lux_s"),
    ("SNR10 with fixed pattern (e-)", "snr10_total_e"),
    ("saturation capacity (e-)", "saturation_capacity_e"),
    ("saturated by", "limited_by"),
    ("SNR max (dB)", "snr_max_db"),
    ("SNR max with fixed pattern (dB)", "snr_max_total_db"),
    ("dynamic range (dB)", "dynamic_range_db"),
    ("dynamic range (stops)", "dynamic_range_stops"),
)

Table = tuple[list[str], list[list[str]]]


def figures_table(sheets: Sequence[CameraSheet]) -> Table:
    """Header and rows: one row a figure, one column a sheet."""
    rows = [
        [label, *(_shown(getattr(sheet.figures, name)) for sheet in sheets)] for label, name in ROWS
    ]
    return ["", *(sheet.label for sheet in sheets)], rows


def budget_table(sheet: CameraSheet) -> Table:
    """Header and rows: SNR, and each term's share of the variance in percent, at each level."""
    table = sheet.table
    header = ["mean signal (e-)", *(_shown(float(e)) for e in table.electrons)]
    rows = [
        ["SNR, temporal", *(_shown(float(v)) for v in table.snr)],
        ["SNR, with fixed pattern", *(_shown(float(v)) for v in table.total_snr)],
    ]
    rows += [
        [f"{name} (%)", *(f"{100 * v:.2f}" for v in share)] for name, share in table.shares.items()
    ]
    return header, rows


def _shown(value: str | float | None) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.4g}" if value < 1e4 else f"{value:.0f}"


def lines(sheets: Sequence[CameraSheet]) -> list[str]:
    """The sheets as text for a terminal."""
    first = sheets[0].figures
    said = [f"ISO {first.iso:g}, {first.exposure_time_s:g} s, {sheets[0].illuminant}"]
    said += ["", *_columns(*figures_table(sheets))]
    for sheet in sheets:
        said += ["", f"{sheet.label}: share of the variance", *_columns(*budget_table(sheet))]
    assumed = {s.profile.name: s.profile.assumed for s in sheets if s.profile.assumed}
    said += [""] if assumed else []
    return said + [f"{name}: assumed, not measured: {', '.join(a)}" for name, a in assumed.items()]


def _columns(header: list[str], rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [header, *rows]
    ]


def snr_figure(sheets: Sequence[CameraSheet], *, in_lux: bool) -> Figure:
    """SNR against exposure, in lux seconds at the sensor or in photo-electrons."""
    curves = []
    for sheet in sheets:
        scale = (sheet.lux_s_per_e or math.nan) if in_lux else 1.0
        curves.append(
            SnrCurve(
                label=sheet.label,
                exposure=sheet.curve.electrons * scale,
                snr=sheet.curve.snr,
                total_snr=sheet.curve.total_snr,
            )
        )
    unit = f"lux s at the sensor, {sheets[0].illuminant}" if in_lux else "photo-electrons"
    return snr_curves(curves, unit)


def knows_lux(sheets: Sequence[CameraSheet]) -> bool:
    """Whether every sensor's electrons can be told in lux."""
    return all(sheet.lux_s_per_e is not None for sheet in sheets)


def refuse_sheet_output(path: Path, *, force: bool) -> None:
    """Check, before any work, that the sheets may be written there.

    Raises UsageError for another ending than .html, .png or .json, OutputError.
    """
    if path.suffix.lower() not in (".html", ".png", ".json"):
        raise UsageError(f"{path}: sheets are written as .html, .png or .json")
    refuse_output(path, force=force)


def write_sheets(path: Path, sheets: Sequence[CameraSheet], *, force: bool = False) -> None:
    """Write the sheets: a page (.html), the SNR figure (.png) or the numbers (.json).

    Raises UsageError for another ending, OutputError.
    """
    refuse_sheet_output(path, force=force)
    if path.suffix.lower() == ".html":
        report(sheets).write(path, force=force)
        return
    with safe_write(path, force=force) as place:
        if path.suffix.lower() == ".png":
            figure = snr_figure(sheets, in_lux=knows_lux(sheets))
            figure.savefig(place, format="png", dpi=PNG_DPI, metadata={"Software": None})
        else:
            text = json.dumps(record(sheets), indent=1, allow_nan=False)
            place.write_text(text + "\n", encoding="utf-8")


def report(sheets: Sequence[CameraSheet]) -> Report:
    """The page: figures of merit, SNR curves, and the budget of every sheet."""
    first = sheets[0].figures
    page = Report(
        "Noise as a budget",
        f"{', '.join(dict.fromkeys(s.profile.name for s in sheets))} at ISO {first.iso:g}, "
        f"{first.exposure_time_s:g} s, by the closed forms of EMVA 1288.",
    )
    page.add_heading("Figures of merit")
    page.add_table(*figures_table(sheets))
    page.add_heading("SNR against exposure")
    words = "SNR in dB rising with exposure, one line a camera, ending at saturation"
    if knows_lux(sheets):
        page.add_figure(
            "Same light on the sensor", snr_figure(sheets, in_lux=True), f"{words}; in lux seconds"
        )
    page.add_figure(
        "Same signal in the pixel", snr_figure(sheets, in_lux=False), f"{words}; in electrons"
    )
    for sheet in sheets:
        _add_budget(page, sheet)
    return page


def _add_budget(page: Report, sheet: CameraSheet) -> None:
    page.add_heading(f"Where the noise comes from: {sheet.label}")
    marks = {"SNR 1": sheet.figures.absolute_sensitivity_e}
    if sheet.figures.snr10_e is not None:
        marks["SNR 10"] = sheet.figures.snr10_e
    figure = variance_shares(sheet.curve.electrons, sheet.curve.shares, marks)
    page.add_figure("Share of the variance", figure, "Stacked shares of each noise term in percent")
    page.add_table(*budget_table(sheet))
    if sheet.profile.assumed:
        page.add_text(f"Assumed, not measured: {', '.join(sheet.profile.assumed)}.")
