"""Figures of an effect keep one grey scale and name their lines."""

import torch

from apps.report.effect_figure import curves, panels


def test_maps_stand_side_by_side_on_one_grey_scale() -> None:
    figure = panels(["a", "b"], [torch.zeros(3, 4), torch.full((3, 4), 9.0)], (-1, 5))

    assert [axes.get_title() for axes in figure.axes] == ["a", "b"]
    assert [axes.images[0].get_clim() for axes in figure.axes] == [(-1, 5), (-1, 5)]


def test_curves_are_drawn_over_one_axis_and_named() -> None:
    x = torch.arange(3.0)

    figure = curves(x, {"up": x, "down": -x}, "across", "along")

    axes = figure.axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["up", "down"]
    assert axes.lines[1].get_ydata().tolist() == [0, -1, -2]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("across", "along")
