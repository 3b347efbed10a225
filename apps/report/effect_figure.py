"""Figures of one effect: maps of DN side by side on one grey scale, or curves."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from torch import Tensor

INKS = ("#222222", "#c1372f", "#2f62b5", "#2c8a4b")


def panels(
    titles: Sequence[str], maps: Sequence[Tensor], limits: tuple[float, float], size: float = 2.2
) -> Figure:
    """Maps (h, w), or (h, w, 3) in 0..1, side by side; limits: what is black and what white."""
    figure = Figure(figsize=(size * len(maps), size + 0.25), layout="constrained")
    for place, (title, values) in enumerate(zip(titles, maps, strict=True)):
        axes = figure.add_subplot(1, len(maps), place + 1)
        axes.imshow(
            values.numpy(), cmap="gray", vmin=limits[0], vmax=limits[1], interpolation="nearest"
        )
        axes.set_title(title, fontsize="small")
        axes.set_axis_off()
    return figure


def curves(x: Tensor, lines: Mapping[str, Tensor], x_label: str, y_label: str) -> Figure:
    """Lines over one axis, named in a legend."""
    figure = Figure(figsize=(6.4, 2.8), layout="constrained")
    axes = figure.add_subplot()
    for (name, y), ink in zip(lines.items(), INKS, strict=False):
        axes.plot(x.numpy(), y.numpy(), color=ink, linewidth=1.3, label=name)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.legend(frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure
