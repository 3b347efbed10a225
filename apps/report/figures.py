"""Figures for reports: histograms in stops, noise curves, masks laid over a picture."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from isp.core.errors import FrameError

# Ink for channels by name; others take the greys in turn.
INKS: Final = {"R": "#c1372f", "G": "#2c8a4b", "B": "#2f62b5"}
GREYS: Final = ("#444444", "#8a8a8a", "#222222", "#b0b0b0")
STYLES: Final = ("-", "--", "-.", ":")

CLIPPED: Final = (255, 0, 200)  # magenta
UNMEASURED: Final = (0, 225, 255)  # cyan
GENERATED: Final = (255, 225, 0)  # yellow
COVER: Final = 0.75  # how much of the picture a mask's colour hides


def stops_histogram(
    channels: Mapping[str, ArrayLike],
    measured: Mapping[str, ArrayLike] | None = None,
    *,
    darkest_stop: float = -16.0,
    bins_per_stop: int = 8,
) -> Figure:
    """Share of pixels per eighth of a stop, in stops relative to white (1.0 = stop 0).

    channels: linear values by name, any shape; zeros and below cannot be drawn and are
        counted in the legend, values darker than `darkest_stop` fall in the first bin.
    measured: boolean masks by the same names; the measured part is filled, its share of all
        pixels is in the legend.
    """
    values = {name: np.asarray(channel, np.float64).ravel() for name, channel in channels.items()}
    if not values or any(channel.size == 0 for channel in values.values()):
        raise FrameError("a histogram takes one channel or more, none of them empty")
    brightest = max(float(channel.max()) for channel in values.values())
    last = max(1.0, np.ceil(np.log2(brightest))) if brightest > 0 else 1.0
    edges = np.linspace(darkest_stop, last, int((last - darkest_stop) * bins_per_stop) + 1)

    figure = Figure(figsize=(8, 3.6), layout="constrained")
    axes = figure.add_subplot()
    for index, (name, channel) in enumerate(values.items()):
        counts = np.ones(channel.size, dtype=bool)
        if measured is not None:
            counts = np.broadcast_to(np.asarray(measured[name], dtype=bool).ravel(), channel.shape)
        ink = INKS.get(name, GREYS[index % len(GREYS)])
        lit = channel > 0
        label = f"{name}: {100 * counts.mean():.4g} % measured"
        if not lit.all():
            label += f", {100 * (1 - lit.mean()):.2g} % at or below 0"
        everywhere = _shares(channel[lit], edges, channel.size)
        kept = _shares(channel[lit & counts], edges, channel.size)
        axes.stairs(kept, edges, fill=True, color=ink, alpha=0.18)
        style = STYLES[index % len(STYLES)]
        axes.stairs(everywhere, edges, color=ink, linewidth=1.4, linestyle=style, label=label)
    axes.axvline(0, color="#555555", linewidth=0.8)
    axes.set_xlim(darkest_stop, last)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("stops relative to white")
    axes.set_ylabel("pixels in a bin (%)")
    axes.legend(loc="upper left", fontsize="small", frameon=False)
    _tidy(axes)
    return figure


def _shares(values: NDArray[np.float64], edges: NDArray[np.float64], size: int) -> ArrayLike:
    stops = np.clip(np.log2(values), edges[0], edges[-1])
    return 100 * np.histogram(stops, edges)[0] / size


def noise_curve(
    mean_dn: ArrayLike,
    variance_dn2: ArrayLike,
    *,
    model_mean_dn: ArrayLike,
    model_variance_dn2: ArrayLike,
    label: str = "measured",
) -> Figure:
    """Measured noise as points over a model's line, both axes logarithmic.

    mean_dn: means above black, DN; variance_dn2: temporal variances there, DN squared.
    model_mean_dn, model_variance_dn2: the line, drawn in the order of its means.
    Points at or below 0 have no place on the axes and are left out; the legend says how many.
    """
    mean, variance = (np.asarray(v, np.float64).ravel() for v in (mean_dn, variance_dn2))
    line_mean, line = (
        np.asarray(v, np.float64).ravel() for v in (model_mean_dn, model_variance_dn2)
    )
    if mean.size != variance.size or line_mean.size != line.size:
        raise FrameError(
            f"each mean has one variance: got {mean.size} and {variance.size} measured,"
            f" {line_mean.size} and {line.size} in the model"
        )
    drawn = (mean > 0) & (variance > 0)
    order = np.argsort(line_mean)
    order = order[(line_mean[order] > 0) & (line[order] > 0)]
    left_out = int((~drawn).sum())
    suffix = f" ({left_out} at or below 0 left out)" if left_out else ""

    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.loglog(
        mean[drawn], variance[drawn], "o", color="#2f62b5", markersize=3.2, alpha=0.65,
        markeredgewidth=0, label=label + suffix,
    )  # fmt: skip
    axes.loglog(line_mean[order], line[order], color="#c1372f", linewidth=1.6, label="model")
    axes.set_xlabel("mean above black (DN)")
    axes.set_ylabel("variance (DN²)")
    axes.legend(loc="upper left", fontsize="small", frameon=False)
    _tidy(axes)
    return figure


def _tidy(axes: object) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)  # type: ignore[attr-defined]  # matplotlib is untyped here
    axes.grid(True, color="#dddddd", linewidth=0.6)  # type: ignore[attr-defined]  # as above
    axes.set_axisbelow(True)  # type: ignore[attr-defined]  # as above


def mask_overlay(
    picture: ArrayLike,
    *,
    measured: ArrayLike | None = None,
    clipped: ArrayLike | None = None,
    generated: ArrayLike | None = None,
) -> NDArray[np.uint8]:
    """Paint the masks over an 8-bit picture (h, w, 3).

    Clipped pixels turn magenta, unmeasured ones that are not clipped cyan; generated ones get
    yellow hatching, so that what lies below still shows. Masks are boolean, (h, w); None for
    a mask with nothing to paint.
    """
    picture = np.asarray(picture)
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise FrameError(
            f"masks are laid over 8-bit (h, w, 3), got {picture.dtype} {picture.shape}"
        )
    size = picture.shape[:2]
    lost = _mask("clipped", clipped, size, default=False)
    kept = _mask("measured", measured, size, default=True)
    made = _mask("generated", generated, size, default=False)
    painted = picture.astype(np.float64)
    for mask, colour in ((lost, CLIPPED), (~kept & ~lost, UNMEASURED)):
        painted[mask] += COVER * (np.array(colour) - painted[mask])
    period = max(6, round(max(size) / 120))
    rows, columns = np.indices(size)
    painted[made & ((rows + columns) % period < period / 3)] = GENERATED
    return np.rint(painted).astype(np.uint8)


def _mask(
    name: str, mask: ArrayLike | None, size: tuple[int, ...], *, default: bool
) -> NDArray[np.bool_]:
    if mask is None:
        return np.full(size, default)
    mask = np.asarray(mask)
    if mask.dtype != np.bool_ or mask.shape != size:
        raise FrameError(
            f"the mask {name} is boolean {size} like the picture, got {mask.dtype} {mask.shape}"
        )
    return mask
