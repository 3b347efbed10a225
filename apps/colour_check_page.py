"""The colour check as a page or a picture: the chart, its patches beside the reference, a table."""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from apps.colour_check import CONDITIONS, ColourCheck, Patches
from apps.report.report import Cell, Report
from calibration.colour_checker import COLUMNS, NAMES, ROWS, Values, reference_linear
from isp.core.errors import UsageError
from isp.files.png_bytes import png_bytes
from isp.files.safe_write import safe_write

SWATCH = 72  # pixels of a patch in the picture
INNER = 20  # margin of what was measured inside the reference
LEGEND = 44  # height of the lines below the patches
DPI, TEXT = 100, 8
OUTLINE = (255, 0, 200)
TITLES = {
    "as_shot": "White balance of the file",
    "chart": "White balance of the chart's middle greys",
}
SUFFIXES = (".html", ".png")


def write_check(check: ColourCheck, output: Path, *, force: bool = False) -> None:
    """Write a page (.html), or the picture of the patches under the chart's balance (.png).

    Raises UsageError for another suffix, OutputError.
    """
    refuse_suffix(output)
    if output.suffix.lower() == ".html":
        report_of(check).write(output, force=force)
        return
    picture = with_legend(check.results["chart"])
    with safe_write(output, force=force) as place:
        place.write_bytes(png_bytes(picture))


def refuse_suffix(output: Path) -> None:
    """Check the name of the output.

    Raises UsageError for what is neither .html nor .png.
    """
    if output.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{output}: a colour check is written as {' or '.join(SUFFIXES)}")


def report_of(check: ColourCheck) -> Report:
    """The whole check as a page."""
    report = Report(f"Colour of {check.source}", f"{check.camera}: a ColorChecker, patch by patch")
    report.add_text(CONDITIONS[0].upper() + CONDITIONS[1:] + ".")
    how = "found" if check.found else "pointed out"
    report.add_picture(f"The chart as it was {how}, and the windows that were averaged",
                       outlined(check), "the developed picture around the chart")  # fmt: skip
    for name, result in check.results.items():
        report.add_heading(TITLES[name])
        report.add_text(sentence(result))
        report.add_picture(
            "Outside: the reference. Inside: as developed.", patch_picture(result.linear),
            f"24 patches, {TITLES[name].lower()}, before the matrix",
        )  # fmt: skip
        report.add_table(("patch", "ΔE00 as developed", "ΔE00 after the 3x3 matrix"),
                         _rows(result))  # fmt: skip
    return report


def sentence(result: Patches) -> str:
    """The result of one balance in a line."""
    told = result.record()
    before, after = told["delta_e_2000"], told["delta_e_2000_after_matrix"]
    return (
        f"{TITLES[result.balance]} ({', '.join(f'{g:.4g}' for g in result.gains)}): "
        f"ΔE00 mean {before['mean']:.2f}, 95 % {before['p95']:.2f}, max {before['max']:.2f} "
        f"({NAMES[int(np.nanargmax(result.before))]}); after a 3x3 matrix mean "
        f"{after['mean']:.2f}, max {after['max']:.2f} ({NAMES[int(np.nanargmax(result.after))]}); "
        f"exposure matched by {np.log2(result.exposure):+.2f} EV"
    )


def patch_picture(linear: Values) -> NDArray[np.uint8]:
    """24 squares of reference colour with the given colour inside, (h, w, 3) sRGB."""
    picture = np.zeros((ROWS * SWATCH, COLUMNS * SWATCH, 3), np.uint8)
    for index, (wanted, got) in enumerate(zip(reference_linear(), linear, strict=True)):
        row, column = divmod(index, COLUMNS)
        square = picture[row * SWATCH : (row + 1) * SWATCH, column * SWATCH : (column + 1) * SWATCH]
        square[:] = _codes(wanted)
        square[INNER:-INNER, INNER:-INNER] = _codes(got)
    return picture


def with_legend(result: Patches) -> NDArray[np.uint8]:
    """The patches with each one's colour difference on it, and below what is shown, (h, w, 3)."""
    patches = patch_picture(result.linear)
    height, width = patches.shape[0] + LEGEND, patches.shape[1]
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    for index, value in enumerate(result.before):
        row, column = divmod(index, COLUMNS)
        place = (column + 0.5) * SWATCH / width, 1 - (row + 0.5) * SWATCH / height
        told = f"{value:.1f}" if np.isfinite(value) else "not\nmeasured"
        figure.text(*place, told, color="white", fontsize=TEXT, ha="center", va="center",
                    path_effects=[withStroke(linewidth=2, foreground="black")])  # fmt: skip
    lines = (
        "Outside: the chart's reference colour. Inside: as developed.",
        f"Numbers: ΔE00. {TITLES[result.balance]}.",
    )
    for line, text in enumerate(lines):
        figure.text(8 / width, 1 - (patches.shape[0] + 12 + 20 * line) / height, text,
                    fontsize=TEXT, va="center")  # fmt: skip
    canvas.draw()
    drawn = np.asarray(canvas.buffer_rgba())[..., :3].astype(np.float64)
    # The patches keep their codes: of the drawing only the numbers lie over them.
    figure.set_facecolor("black")
    canvas.draw()
    dark = np.asarray(canvas.buffer_rgba())[..., :3].astype(np.float64)
    see_through = (drawn - dark) / 255
    below = np.full((height, width, 3), 255.0)
    below[: patches.shape[0]] = patches
    return np.rint(np.clip(dark + see_through * below, 0, 255)).astype(np.uint8)


def outlined(check: ColourCheck) -> NDArray[np.uint8]:
    """The picture around the chart, each window outlined."""
    picture = check.picture.copy()
    height, width = picture.shape[:2]
    windows = check.chart.windows((height, width))
    for left, top, right, bottom in windows:
        for row in (top, bottom - 1):
            picture[row, left:right] = OUTLINE
        for column in (left, right - 1):
            picture[top:bottom, column] = OUTLINE
    margin = int(check.chart.pitch)
    left, top = np.maximum(windows[:, :2].min(axis=0) - margin, 0)
    right, bottom = windows[:, 2:].max(axis=0) + margin
    return np.ascontiguousarray(picture[top:bottom, left:right])


def _codes(linear: Values) -> NDArray[np.uint8]:
    light = np.clip(linear, 0, 1)
    code = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * code), dtype=np.uint8)


def _rows(result: Patches) -> list[list[Cell]]:
    return [
        [name, *("not measured" if not np.isfinite(v) else float(v) for v in values)]
        for name, *values in zip(NAMES, result.before, result.after, strict=True)
    ]
