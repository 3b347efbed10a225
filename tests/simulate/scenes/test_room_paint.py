"""Paints and patterns give the colours they are asked for."""

import numpy as np
import pytest

from simulate.scenes import room
from simulate.scenes.colour_checker import BORDER, PATCHES
from simulate.scenes.room_paint import (
    CHART_LIGHT,
    GREY_WALL,
    GREY_WALL_AREA,
    SHADOW,
    blend,
    boards,
    chart,
    hashed,
    plaster,
    recess,
    smooth_noise,
    within,
)


def test_noise_equals_the_hash_at_whole_positions_and_stays_within_it() -> None:
    x, y = np.array([0.0, 7.0, 255.0, 256.0]), np.array([0.0, 255.0, 3.0, 0.0])

    np.testing.assert_allclose(smooth_noise(x, y), hashed(x % 256, y % 256))

    fine = smooth_noise(np.linspace(-40, 40, 4001), np.linspace(9, 2, 4001))
    assert fine.min() >= 0
    assert fine.max() <= 1
    assert np.abs(np.diff(fine)).max() < 0.05


def test_a_blend_is_exact_at_both_ends() -> None:
    mixed = blend(np.full((3, 3), 0.25), (1.0, 2.0, 4.0), np.array([0.0, 1.0, 0.5]))

    assert mixed.tolist() == [[0.25] * 3, [1.0, 2.0, 4.0], [0.625, 1.125, 2.125]]


def test_an_area_is_full_inside_and_fades_outside() -> None:
    inside = within(np.array([0.5, 1.0, 1.05, 1.2]), np.full(4, 0.5), (0, 0, 1, 1), 0.1)

    assert inside.tolist() == pytest.approx([1, 1, 0.5, 0])


def test_boards_are_near_one_and_darker_in_the_joint() -> None:
    across = np.linspace(0.02, 0.12, 400)
    plank = boards(across, np.full(400, 0.4), 0.14, 1.4, 90.0)
    joint = boards(np.zeros(1), np.full(1, 0.4), 0.14, 1.4, 90.0)

    assert 0.6 < plank.mean() < 1.4
    assert joint[0] < 0.5 * plank.mean()


def test_the_wall_is_exactly_grey_in_its_area_whatever_the_light() -> None:
    left, bottom, right, top = GREY_WALL_AREA
    x, y = np.linspace(left, right, 9), np.linspace(bottom, top, 9)

    wall = plaster(x, y, np.full((9, 3), 0.7))

    np.testing.assert_array_equal(wall, np.tile(GREY_WALL, (9, 1)))


def test_the_chart_has_its_first_patch_at_the_upper_left_in_a_dark_border() -> None:
    left, top = room.CHART.low[0], room.CHART.high[1]
    pitch = room.CHART_PITCH
    x = np.array([left + 0.75 * pitch, left + 0.1 * pitch])
    y = np.array([top - 0.75 * pitch, top - 0.1 * pitch])

    face = chart(x, y)

    np.testing.assert_allclose(face, CHART_LIGHT * np.array([PATCHES["dark skin"], BORDER]))


def test_light_dies_inside_the_cupboard() -> None:
    deep = recess(np.array([0.41]), np.array([0.03]), np.ones((1, 3)))
    edge = recess(np.array([2.235 / 4.73]), np.array([0.03]), np.ones((1, 3)))

    np.testing.assert_array_equal(deep, [SHADOW])
    assert edge.min() > 100 * max(SHADOW)
