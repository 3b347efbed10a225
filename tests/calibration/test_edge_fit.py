"""A slanted edge is found where it runs, on any grid of photosites, and only where there is one."""

import math

import numpy as np
import pytest

from calibration.edge_fit import SURE_PX, crosses_lines, fit_edge
from isp.core.cfa import Cfa
from isp.core.errors import CalibrationError
from isp.core.rng import Draws, Effect, normal
from tests.calibration.drawn_edge import Reals, drawn_edge

ALL = np.ones((120, 100), bool)


def test_a_drawn_edge_is_found_at_its_angle_and_place() -> None:
    edge = fit_edge(
        drawn_edge(120, 100, tilt_deg=5.0, sigma_px=0.6, offset_px=3.25),
        ALL, order=1, half_width=100.0,
    )  # fmt: skip

    # Pixel centres are integers, so the centre of 120 x 100 is at row 59.5, column 49.5.
    assert edge.columns_at(59.5) == pytest.approx(49.5 + 3.25, abs=1e-4)
    assert edge.tilt_deg == pytest.approx(5.0, abs=1e-3)
    assert edge.polarity == 1.0
    assert edge.residual_px < 1e-3
    assert len(edge.lines) == 120


def test_distance_is_measured_along_the_normal() -> None:
    edge = fit_edge(
        drawn_edge(120, 100, tilt_deg=20.0, sigma_px=0.6), ALL, order=1, half_width=100.0
    )

    across = edge.distance(np.array([59.5]), np.array([49.5 + 10]))

    assert across[0] == pytest.approx(10 * math.cos(math.radians(20)), abs=1e-3)


def test_a_bent_edge_is_followed_by_a_polynomial_and_not_by_a_line() -> None:
    rows = np.arange(120.0)
    bend = 2.0 * ((rows - 59.5) / 60) ** 2
    straight = drawn_edge(120, 140, tilt_deg=6.0, sigma_px=1.0)
    columns = np.arange(140.0)
    bent = np.stack(
        [np.interp(columns - b, columns, line) for b, line in zip(bend, straight, strict=True)]
    )
    bent = bent[:, 20:120]

    line = fit_edge(bent, ALL, order=1, half_width=100.0)
    curve = fit_edge(bent, ALL, order=2, half_width=100.0)

    truth = 49.5 + (rows - 59.5) * math.tan(math.radians(6)) + bend
    assert np.abs(curve.columns_at(rows) - truth).max() < 0.01
    # A parabola of 2 px is at most 4/3 px from its best line, at the ends.
    assert np.abs(line.columns_at(rows) - truth).max() == pytest.approx(4 / 3, rel=0.05)


@pytest.mark.parametrize("channel", range(3), ids=list("RGB"))
@pytest.mark.parametrize("cfa", [Cfa.RGGB, Cfa.QUAD_RGGB, Cfa.XTRANS], ids=lambda c: c.name)
def test_the_photosites_of_one_colour_are_enough(cfa: Cfa, channel: int) -> None:
    """Sparse lines scatter by aliasing, so 200 of them; the ends stay within a tenth of a pixel."""
    sites = (cfa.colour_map(200, 160) == channel).numpy()
    drawn = np.where(sites, drawn_edge(200, 160, tilt_deg=5.0, sigma_px=0.6), 99.0)

    edge = fit_edge(drawn, sites, order=1, half_width=160.0)

    ends = np.array([0.0, 199.0])
    truth = 79.5 + (ends - 99.5) * math.tan(math.radians(5))
    assert np.abs(edge.columns_at(ends) - truth).max() < SURE_PX


@pytest.mark.parametrize("tilt", [-40.0, -10.0, 5.0, 30.0])
def test_rows_cross_a_steep_edge_and_columns_a_flat_one(tilt: float) -> None:
    steep = drawn_edge(100, 100, tilt_deg=tilt, sigma_px=0.6)

    assert crosses_lines(steep, np.ones_like(steep, bool))
    assert not crosses_lines(steep.T, np.ones_like(steep, bool))
    assert crosses_lines(1 - steep, np.ones_like(steep, bool))


def test_a_fit_to_noisy_lines_is_unsure_as_far_as_theory_says() -> None:
    """The centroid of a Hann window's white noise has a variance that can be written down."""
    noise, half = 0.02, 20.0
    drawn = drawn_edge(120, 100, tilt_deg=5.0, sigma_px=0.6, dark=0.0, bright=1.0)
    words = Draws(seed=3, effect=Effect.READ).words(120, 100)

    edge = fit_edge(drawn + noise * normal(words)[0, 0].numpy(), ALL, order=1, half_width=half)

    # Moment of differences = sum of noise x derivative of (x w(x)) over unit steps.
    x = np.arange(-half, half + 1)
    moment = (x + 0.5) * (0.5 + 0.5 * np.cos(np.pi * (x + 0.5) / half))
    expected = noise * math.sqrt((np.diff(moment) ** 2).sum())
    # 120 lines estimate a deviation to 1 / sqrt(240); five of these standard errors.
    assert edge.residual_px == pytest.approx(expected, rel=5 / math.sqrt(240))


def noise_of(height: int, width: int) -> Reals:
    return normal(Draws(seed=11, effect=Effect.READ).words(height, width))[0, 0].numpy()


def disc() -> Reals:
    y, x = np.indices((120, 100))
    return ((y - 60) ** 2 + (x - 50) ** 2 < 900) * 1.0


@pytest.mark.parametrize(
    ("picture", "complaint"),
    [
        (np.ones((120, 100)), "no edge crosses"),
        (noise_of(120, 100), "unsure"),
        (disc(), "no edge crosses"),
        (np.indices((120, 100)).sum(0) // 10 % 2 * 1.0, "no edge crosses"),
        (
            drawn_edge(120, 100, tilt_deg=5, sigma_px=0.6, offset_px=-10)
            - drawn_edge(120, 100, tilt_deg=5, sigma_px=0.6, offset_px=12),
            "no edge crosses",
        ),
        (drawn_edge(15, 100, tilt_deg=5, sigma_px=0.6), "100 x 15"),
    ],
    ids=["even", "noise", "disc", "checkers", "bar", "too small"],
)
def test_what_is_no_edge_is_refused(picture: Reals, complaint: str) -> None:
    with pytest.raises(CalibrationError, match=complaint):
        fit_edge(picture, np.ones(picture.shape, bool), order=1, half_width=100.0)


def test_lines_that_the_edge_does_not_reach_are_left_out() -> None:
    """At 40 degrees the edge leaves a tall region at its sides."""
    tall = drawn_edge(200, 80, tilt_deg=40.0, sigma_px=0.6)

    edge = fit_edge(tall, np.ones((200, 80), bool), order=1, half_width=40.0)

    assert edge.tilt_deg == pytest.approx(40.0, abs=0.2)
    half_lines = 40 / math.tan(math.radians(40))
    assert edge.lines[0] > 99.5 - half_lines
    assert edge.lines[-1] < 99.5 + half_lines
