"""The things in the room shine, mirror and shade as they should."""

import numpy as np
import pytest

from simulate.scenes import room
from simulate.scenes.room import BULB, EYE, THINGS, Meetings, meet
from simulate.scenes.room_things import BULB_CORE, BULB_GLASS, ball, box, shade


def towards(x: float, y: float, z: float) -> Meetings:
    return meet(np.array([(x - EYE[0]) / z]), np.array([(y - EYE[1]) / z]))


def named(name: str) -> room.Thing:
    return next(thing for thing in THINGS if thing.name == name)


def test_the_bulb_has_a_core_in_its_glass() -> None:
    bulb = named("bulb")
    assert isinstance(bulb, room.Ball)
    rim = (room.BULB_CORE_RADIUS + room.BULB_RADIUS) / 2

    assert ball(bulb, towards(*BULB))[0].tolist() == list(BULB_CORE)
    assert ball(bulb, towards(BULB[0], BULB[1] - rim, BULB[2]))[0].tolist() == list(BULB_GLASS)


def test_the_glossy_ball_has_a_highlight_far_above_its_paint() -> None:
    (x, y, z), radius = room.GLOSSY_BALL.centre, room.GLOSSY_BALL.radius
    at = np.linspace(-0.95, 0.95, 161) * radius
    across, up = (grid.ravel() for grid in np.meshgrid(at, at))
    met = meet((x + across - EYE[0]) / z, (y + up - EYE[1]) / z)
    seen = ball(room.GLOSSY_BALL, met.of(np.nonzero(np.hypot(across, up) < 0.9 * radius)[0]))

    assert seen[:, 1].max() > 100 * np.median(seen[:, 1])


def test_the_matte_ball_has_none() -> None:
    (x, y, z), radius = room.MATTE_BALL.centre, room.MATTE_BALL.radius
    across = np.linspace(-0.9, 0.9, 161) * radius
    met = meet((x + across - EYE[0]) / z, np.full(161, (y - EYE[1]) / z))
    seen = ball(room.MATTE_BALL, met)

    assert seen[:, 1].max() < 6 * np.median(seen[:, 1])
    assert (seen[:, 0] > seen[:, 2]).all()


def test_the_shade_is_brighter_inside_and_low() -> None:
    x, y, z = room.SHADE.foot
    low, high = towards(x, y + 0.05, z), towards(x, y + 0.18, z)

    assert shade(0, low)[0, 1] > shade(0, high)[0, 1]
    assert shade(1, low)[0, 1] > 2 * shade(0, low)[0, 1]


@pytest.mark.parametrize("thing", room.BOXES, ids=lambda thing: thing.name)
def test_every_face_of_every_box_has_a_colour(thing: room.Box) -> None:
    middle = np.add(thing.low, thing.high) / 2
    met = towards(*middle)
    for face in range(6):
        seen = box(thing, face, met)
        assert np.isfinite(seen).all()
        assert seen.min() > 0
