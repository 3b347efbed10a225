"""A page that shows two developments side by side: pictures, histograms, numbers."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from apps.diff.comparison import Difference, Numbers
from apps.diff.diffing import Comparison, Watch
from apps.diff.words import summary, verdict
from apps.preview import preview
from apps.report.figures import INKS
from apps.report.report import Picture, Report
from isp.core.frame import Frame

WIDEST = 640  # pixels of a picture on the page
HEADERS = (
    "stage", "domain", "max", "mean", "relative", "PSNR (dB)", "ΔE00 mean", "ΔE00 95 %", "ΔE00 max",
    "measured (%)", "verdict",
)  # fmt: skip


def add_stops(report: Report) -> Watch:
    """Return a watch that adds each stop's pictures and histogram to the page."""

    def watch(difference: Difference, first: Frame | None, second: Frame | None) -> None:
        report.add_heading(f"{difference.label} ({difference.domain})")
        report.add_text(verdict(difference))
        report.add_pictures(_pictures(difference, first, second))
        report.add_figure(
            "How often each value occurs (logarithmic)",
            value_histogram(first, second),
            f"histogram of the values after {difference.label}",
        )

    return watch


def add_numbers(report: Report, comparison: Comparison) -> None:
    """Add the table of all stops, over all pixels and over those that both sides measured."""
    report.add_heading("In numbers")
    report.add_text(summary(comparison))
    if comparison.error is not None:
        return
    for caption, pick in (
        ("All pixels", lambda stop: stop.everywhere),
        ("Pixels that both sides measured", lambda stop: stop.measured),
    ):
        report.add_table(HEADERS, _rows(comparison.stops, pick), caption)


def small(pixels: NDArray[np.uint8], widest: int = WIDEST) -> NDArray[np.uint8]:
    """A picture no wider or higher than `widest`: means over whole blocks of pixels."""
    factor = -(-max(pixels.shape[:2]) // widest)
    if factor == 1:
        return pixels
    height, width = (side // factor for side in pixels.shape[:2])
    blocks = pixels[: height * factor, : width * factor].astype(np.float32)
    means = blocks.reshape(height, factor, width, factor, -1).mean(axis=(1, 3))
    return np.ascontiguousarray(np.rint(means).astype(np.uint8))


def value_histogram(first: Frame | None, second: Frame | None, bins: int = 200) -> Figure:
    """Values of both sides in common bins: the first filled, the second as a line.

    Values that are not finite have no bin.
    """
    held = [(label, f) for label, f in (("first", first), ("second", second)) if f is not None]
    values = [f.data.detach().cpu().numpy() for _, f in held]
    finite = np.concatenate([v[np.isfinite(v)] for v in values])
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    edges = np.linspace(low, high if high > low else low + 1, bins + 1)
    figure = Figure(figsize=(8, 3), layout="constrained")
    axes = figure.add_subplot()
    for (label, _), array in zip(held, values, strict=True):
        names = "RGB" if array.shape[1] == 3 else "Y" * array.shape[1]
        for channel, name in enumerate(names):
            counts = np.histogram(array[:, channel], edges)[0]
            is_first = label == "first"
            axes.stairs(
                counts, edges, fill=is_first, color=INKS.get(name, "#444444"),
                alpha=0.25 if is_first else 1.0, label=f"{label} {name}",
            )  # fmt: skip
    axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("value")
    axes.set_ylabel("pixels in a bin")
    axes.legend(fontsize="small", frameon=False, ncols=2)
    return figure


def _pictures(difference: Difference, first: Frame | None, second: Frame | None) -> list[Picture]:
    """Both sides and their difference; one picture where they are equal."""
    numbers = difference.everywhere
    if numbers is not None and numbers.max_abs == 0 and first is not None:
        return [Picture("both", small(preview(first)), f"the frame after {difference.label}")]
    sides = (("first", difference.first, first), ("second", difference.second, second))
    pictures = [
        Picture(f"{side}: {name}", small(preview(frame)), f"the {side} side's frame after {name}")
        for side, name, frame in sides
        if frame is not None
    ]
    if first is not None and second is not None and numbers is not None:
        pictures.append(_apart(first, second, numbers))
    return pictures


def _apart(first: Frame, second: Frame, numbers: Numbers) -> Picture:
    """The first image's largest difference over its channels, white where it is largest.

    What is not finite is white too.
    """
    each = (first.data[0] - second.data[0]).abs().amax(dim=0).cpu().numpy()
    known = np.isfinite(each)
    is_whole = math.isfinite(numbers.max_abs)
    most = numbers.max_abs if is_whole else float(each[known].max(initial=0.0))
    share = np.where(known, np.clip(each / (most or 1.0), 0, 1), 1.0)
    grey = np.rint(255 * share).astype(np.uint8)
    caption = f"difference: black is 0, white is {most:.4g}{'' if is_whole else ' or not finite'}"
    return Picture(caption, small(grey[..., None].repeat(3, axis=2)), "where the two sides differ")


def _rows(
    stops: Sequence[Difference], pick: Callable[[Difference], Numbers | None]
) -> list[list[str | int | float]]:
    rows: list[list[str | int | float]] = []
    for stop in stops:
        numbers = pick(stop)
        cells = (
            [""] * 7
            if numbers is None
            else [
                _cell(getattr(numbers, name))
                for name in ("max_abs", "mean_abs", "relative", "psnr_db", "delta_e_mean",
                             "delta_e_p95", "delta_e_max")
            ]
        )  # fmt: skip
        share = "" if stop.measured_fraction is None else f"{100 * stop.measured_fraction:.4g}"
        word = "departs" if stop.departs else "" if stop.everywhere is None else "within"
        rows.append([stop.label, stop.domain, *cells, share, word])
    return rows


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
