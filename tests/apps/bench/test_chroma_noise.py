"""Colour noise is scored apart from luma, and the filters that are compared keep luma."""

import numpy as np
import pytest

from apps.bench.chroma_noise import (
    LUMINANCE,
    _joined,
    _split,
    differences,
    methods,
    near_edges,
    page,
    scores,
)


def noisy_grey() -> tuple[np.ndarray, np.ndarray]:
    truth = np.full((64, 64, 3), 0.3)
    return truth, truth + np.random.default_rng(4).normal(0, 0.02, truth.shape)


def test_what_is_split_is_joined_again() -> None:
    encoded = np.random.default_rng(1).random((5, 4, 3))

    np.testing.assert_allclose(_joined(*_split(encoded)), encoded, atol=1e-12)


def test_a_grey_error_is_one_of_luma_alone() -> None:
    from apps.bench.metrics.delta_e import linear_from_srgb

    truth = linear_from_srgb(np.full((32, 32, 3), 0.5))
    brighter = linear_from_srgb(np.full((32, 32, 3), 0.51))

    luma, chroma = scores(brighter, truth)

    assert luma == pytest.approx(40.0, abs=1e-3)  # -20 log10(0.01)
    assert chroma > 100


def test_every_method_takes_colour_noise_from_a_grey() -> None:
    truth, seen = noisy_grey()
    table = {name: scores(method(seen), truth) for name, method in methods().items()}

    noisy = table.pop("noisy")
    assert len(table) == 10
    strong = {k: v for k, v in table.items() if not k.endswith(" 3")}  # OpenCV's least takes little
    assert min(chroma for _, chroma in strong.values()) > noisy[1] + 3
    assert all(abs(luma - noisy[0]) < 1 for luma, _ in table.values())
    assert LUMINANCE.sum() == pytest.approx(1)


def test_only_pixels_near_a_step_of_colour_are_near_an_edge() -> None:
    # A step of luma alone at column 10, and one of colour between the columns 29 and 30.
    truth = np.full((20, 50, 3), 0.2)
    truth[:, 10:] = 0.5
    truth[:, 30:] = (0.6, 0.2, 0.1)

    near = near_edges(truth)

    # Both neighbours of the columns 29 and 30 lie on either side, and 2 pixels around them count.
    assert bool((near == ((np.arange(50) >= 27) & (np.arange(50) <= 32))).all())


def test_a_wrong_colour_at_the_edge_alone_counts_there_more_than_over_all() -> None:
    truth = np.full((40, 40, 3), 0.2)
    truth[:, 20:] = (0.6, 0.2, 0.1)
    wrong = truth.copy()
    wrong[:, 19] = (0.3, 0.2, 0.1)

    over_all, at_edges = differences(wrong, truth)

    # Of the 24 columns inside the border six are near the edge.
    assert at_edges == pytest.approx(4 * over_all)
    assert differences(truth, truth) == (0, 0)


def test_the_page_has_the_means_of_every_row() -> None:
    table = {"noisy": [(30.0, 20.0, 3.0, 5.0), (34.0, 22.0, 2.0, 4.5)]}

    text = page(table, "python -m apps.bench.chroma_noise")

    assert "The middle of 2 photographs" in text
    assert "| noisy | 32.00 | 21.00 | 2.50 | 4.75 |" in text
