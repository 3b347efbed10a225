"""Figures of a noise budget: SNR against exposure, and each term's share of the variance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from isp.core.errors import FrameError

# Tol's bright scheme: told apart by colour-blind readers.
LINES: Final = ("#4477aa", "#ee6677", "#228833", "#aa8800", "#66ccee", "#aa3377", "#555555")
# A term keeps its colour from figure to figure; others take the greys in turn.
FILLS: Final = {
    "shot": "#f2d6a2", "dark current shot": "#c9985a", "read": "#4477aa", "row": "#228833",
    "column": "#88ccaa", "banding": "#66ccee", "RTS": "#332288", "quantisation": "#999999",
    "PRNU": "#aa3377", "DSNU": "#ee6677", "dark current pattern": "#882255",
    "column gain": "#ccbb44", "column offset": "#777711", "row offset": "#ddaa88",
    "RTS offset": "#6699cc",
}  # fmt: skip
GREYS: Final = ("#444444", "#8a8a8a", "#222222", "#b0b0b0")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SnrCurve:
    """One line of `snr_curves`: rising exposure, SNR of temporal noise and of all noise."""

    label: str
    exposure: NDArray[np.float64]
    snr: NDArray[np.float64]
    total_snr: NDArray[np.float64]


def snr_curves(curves: Sequence[SnrCurve], unit: str) -> Figure:
    """SNR in dB against exposure: all noise as a line, temporal noise dashed, saturation a dot.

    unit: of the exposure, as the axis says it. Lines at SNR 1 and 10.
    """
    if not curves or any(curve.exposure.size == 0 for curve in curves):
        raise FrameError("an SNR figure takes one curve or more, none of them empty")
    figure = Figure(figsize=(7.5, 4.8), layout="constrained")
    axes = figure.add_subplot()
    for index, curve in enumerate(curves):
        ink = LINES[index % len(LINES)]
        all_db, temporal_db = 20 * np.log10(curve.total_snr), 20 * np.log10(curve.snr)
        style = "-" if index < len(LINES) else "-."
        axes.semilogx(
            curve.exposure, all_db, color=ink, linewidth=1.8, linestyle=style, label=curve.label
        )
        if not np.allclose(all_db, temporal_db, atol=0.02):
            axes.semilogx(curve.exposure, temporal_db, "--", color=ink, linewidth=1.1)
        axes.plot(curve.exposure[-1:], all_db[-1:], "o", color=ink, markersize=4.5)
    for level, name in ((0, "SNR 1"), (20, "SNR 10")):
        axes.axhline(level, color="#888888", linewidth=0.8, zorder=0)
        axes.annotate(
            name, (1, level), xycoords=("axes fraction", "data"), ha="right", va="bottom",
            fontsize="small", color="#666666",
        )  # fmt: skip
    axes.plot([], [], "--", color="#777777", linewidth=1.1, label="temporal noise only")
    axes.plot([], [], "o", color="#777777", markersize=4.5, label="saturation")
    axes.set_xlabel(f"exposure ({unit})")
    axes.set_ylabel("SNR (dB)")
    axes.legend(loc="upper left", fontsize="small", frameon=False)
    _tidy(axes)
    return figure


def variance_shares(
    electrons: ArrayLike, shares: Mapping[str, ArrayLike], marks: Mapping[str, float] | None = None
) -> Figure:
    """Each term's share of the variance (%) over the mean signal, stacked.

    electrons: rising mean signal, e-. shares: 0..1 at each, by term, from the bottom up.
    marks: signals in e- to point out, by name.
    """
    signal = np.asarray(electrons, np.float64)
    layers = {name: 100 * np.asarray(share, np.float64) for name, share in shares.items()}
    if not layers or any(layer.shape != signal.shape for layer in layers.values()):
        raise FrameError("each share has one value for each signal")
    figure = Figure(figsize=(7.5, 3.8), layout="constrained")
    axes = figure.add_subplot()
    inks = [FILLS.get(name, GREYS[i % len(GREYS)]) for i, name in enumerate(layers)]
    axes.stackplot(signal, *layers.values(), labels=list(layers), colors=inks, linewidth=0)
    for name, place in (marks or {}).items():
        axes.axvline(place, color="#222222", linewidth=0.8, linestyle=":")
        axes.annotate(
            name, (place, 1.0), xycoords=("data", "axes fraction"), ha="center", va="bottom",
            fontsize="small", color="#444444",
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlim(signal[0], signal[-1])
    axes.set_ylim(0, 100)
    axes.set_xlabel("mean signal (e-)")
    axes.set_ylabel("share of the variance (%)")
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(
        handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.01, 0.5),
        fontsize="small", frameon=False,
    )  # fmt: skip
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure


def _tidy(axes: object) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)  # type: ignore[attr-defined]  # matplotlib is untyped here
    axes.grid(True, color="#dddddd", linewidth=0.6)  # type: ignore[attr-defined]  # as above
    axes.set_axisbelow(True)  # type: ignore[attr-defined]  # as above
