"""Light in the room follows the form factors and shadows it claims."""

import numpy as np
import pytest
from scipy.integrate import dblquad

from simulate.scenes import room
from simulate.scenes.room_light import (
    SKYLIGHT,
    SUN,
    SUNLIGHT,
    blocked,
    light,
    panes,
    round_map,
    smooth_step,
    sunlight,
)


def test_a_smooth_step_rises_and_falls() -> None:
    at = np.array([-1.0, 0.0, 0.5, 1.0, 2.0])

    assert smooth_step(0, 1, at).tolist() == [0, 0, 0.5, 1, 1]
    assert smooth_step(1, 0, at).tolist() == [1, 1, 0.5, 0, 0]


def test_bars_stop_the_light_and_panes_let_it_through() -> None:
    left, bottom, right, top = room.WINDOW
    x = np.array([left + 0.3, (left + right) / 2, left - 0.1])
    y = np.full(3, (bottom + top) / 2 - 0.2)

    assert panes(x, y, 1e-3).tolist() == [1, 0, 0]


def test_the_table_shades_what_is_below_it() -> None:
    below = np.array([[[0.7, 0.1, 3.4]]])
    above, beside = np.array([[[0.7, 2.5, 3.4]]]), np.array([[[0.7, 0.1, 4.5]]])

    assert blocked(below, above).tolist() == [[1.0]]
    assert blocked(below, beside).tolist() == [[0.0]]


def test_skylight_on_the_floor_follows_the_windows_form_factor() -> None:
    x, z = -1.2, 3.0
    left, bottom, right, top = room.WINDOW

    def form(y: float, across: float) -> float:
        dx, dz = across - x, 5.19 - z
        square = dx**2 + y**2 + dz**2
        return y * dz / (np.pi * square**2)

    expected = 0.78 * dblquad(form, left, right, bottom, top)[0]
    point = np.array([[x, 0.0, z]])
    facing = np.array([[0.0, 1.0, 0.0]])

    sky = light(point, facing)[0] - _without_sky(point, facing)

    np.testing.assert_allclose(sky, expected * SKYLIGHT, rtol=0.02)


def _without_sky(point: np.ndarray, facing: np.ndarray) -> np.ndarray:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("simulate.scenes.room_light.SKYLIGHT", np.zeros(3))
        return light(point, facing)[0]


def test_the_sun_reaches_the_floor_through_a_pane_and_not_through_the_wall() -> None:
    left, bottom, right, _ = room.WINDOW
    pane = np.array([left + 0.4, bottom + 0.4, room.GLASS - 0.08])
    lit = pane - SUN * pane[1] / SUN[1]  # follow the beam down to the floor
    dark = np.add(lit, [right - left + 1.2, 0, 0])
    x, y, z = np.stack([lit, dark], -1)

    beams = sunlight(x, y, z, np.array([[0.0, 1.0, 0.0]]))

    np.testing.assert_allclose(beams, [SUNLIGHT * SUN[1], np.zeros(3)], atol=1e-9)


def test_a_round_map_gives_back_the_light_it_was_made_of() -> None:
    centre, radius = (1.6, 1.2, 2.0), 0.1
    normals = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [0.6, 0.64, -0.48]])

    mapped = round_map(centre, radius).at(normals)

    direct = light(np.asarray(centre) + 1.01 * radius * normals, normals)
    np.testing.assert_allclose(mapped, direct, rtol=0.12)


def test_no_direction_in_the_room_is_unlit() -> None:
    facing = np.concatenate([np.eye(3), -np.eye(3)])

    assert light(np.tile([0.7, 0.3, 3.4], (6, 1)), facing).min() > 0.005
