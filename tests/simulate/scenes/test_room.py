"""Rays meet the room's things where geometry says."""

import numpy as np
import pytest

from simulate.scenes import room
from simulate.scenes.room import BACK, EYE, SHELL, Ball, Box, Cone, meet


def rays(*slopes: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    across, up = np.array(slopes, dtype=np.float64).T
    return across, up


def test_a_ray_straight_ahead_meets_the_back_wall() -> None:
    met = meet(*rays((0.0, 0.0)))

    assert met.depth.tolist() == [BACK]
    assert SHELL[met.surface[0]] == "back wall"


@pytest.mark.parametrize(
    ("slope", "wall", "depth"),
    [
        ((-2.6, 0.0), "left wall", 1.0),
        ((2.3, 0.0), "right wall", 1.0),
        ((0.0, 1.25), "ceiling", 1.0),
        ((0.0, -1.5), "floor", 1.0),
    ],
)
def test_steep_rays_meet_the_shell_on_their_side(
    slope: tuple[float, float], wall: str, depth: float
) -> None:
    met = meet(*rays(slope))

    assert SHELL[met.surface[0]] == wall
    assert met.depth[0] == pytest.approx(depth)


def test_a_ball_is_met_at_its_near_side() -> None:
    ball = Ball("ball", (0.0, EYE[1], 3.0), 0.5)

    depth, _ = ball.meet(*rays((0.0, 0.0), (0.2, 0.0)))

    assert depth.tolist() == [2.5, np.inf]


def test_a_box_tells_the_face_that_is_met() -> None:
    box = Box("box", (-1.0, EYE[1] - 2, 2.0), (1.0, EYE[1] - 1, 4.0))

    depth, face = box.meet(*rays((0.0, -0.6), (0.0, -0.4), (0.0, 0.1)))

    assert face[:2].tolist() == [4, 3]
    assert depth.tolist() == [2.0, 2.5, np.inf]


def test_a_cone_shows_its_inside_from_below() -> None:
    shade = Cone("shade", (0.0, EYE[1] + 1, 3.0), 0.5, 0.4, 0.4)

    depth, face = shade.meet(*rays((0.0, 0.45), (0.0, 0.34)))

    assert face.tolist() == [0, 1]
    np.testing.assert_allclose(depth, [2.6, 3.4])


def test_every_thing_lies_inside_its_outline() -> None:
    across, up = (
        grid.ravel() for grid in np.meshgrid(np.linspace(-1, 1, 301), np.linspace(-1, 0.6, 301))
    )
    for thing in room.THINGS:
        if isinstance(thing, room.Cord):
            continue  # a band, cut out of its plane by the outline itself
        left, right, bottom, top = thing.outline()
        hit = np.isfinite(thing.meet(across, up)[0])
        assert (across[hit] >= left).all()
        assert (across[hit] <= right).all()
        assert (up[hit] >= bottom).all()
        assert (up[hit] <= top).all()
