"""Moving light neither makes nor loses any, and what comes from outside is not measured."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.frame import Frame
from isp.core.shot import Shot
from simulate.motion import HandShake, MovingObject, moved, wander, with_objects
from tests.simulate.plain_camera import light
from tests.statistics import correlation, normal_variance_error, z_threshold

NONE = torch.zeros(1, 1, 6, 8, dtype=torch.bool)
BUMPY = torch.rand(1, 6, 8, generator=torch.Generator().manual_seed(3))


def pose(down: float = 0.0, right: float = 0.0, degrees: float = 0.0) -> Tensor:
    return torch.tensor([[down, right, degrees]], dtype=torch.float64)


def seen(scene: Frame, where: Tensor) -> Frame:
    marks = torch.zeros_like(scene.measured)
    return moved(scene, marks, where)[0]


# --- the camera's pose ----------------------------------------------------------------------


@pytest.mark.parametrize(("down", "right"), [(2, 0), (0, -3), (-1, 2)])
def test_a_whole_shift_moves_every_pixel_exactly(down: int, right: int) -> None:
    frame = seen(light(BUMPY), pose(down, right))

    inside = frame.measured[0, 0]
    rolled = BUMPY[0].roll((down, right), (0, 1))
    assert torch.equal(frame.data[0, 0][inside], rolled[inside])
    assert int(inside.sum()) == (6 - abs(down)) * (8 - abs(right))


def test_half_a_pixel_is_the_mean_of_two_neighbours() -> None:
    frame = seen(light(torch.tensor([[[0.0, 4.0, 0.0, 8.0]]])), pose(right=0.5))

    assert frame.data[0, 0, 0].tolist() == [0.0, 2.0, 2.0, 4.0]
    assert frame.measured[0, 0, 0].tolist() == [False, True, True, True]


def test_a_quarter_turn_is_counter_clockwise_as_seen() -> None:
    square = torch.rand(1, 7, 7, generator=torch.Generator().manual_seed(4))

    turned = seen(light(square), pose(degrees=90)).data[0, 0]

    torch.testing.assert_close(turned, torch.rot90(square[0]))


def test_a_shift_acts_after_the_turn() -> None:
    square = torch.rand(1, 9, 9, generator=torch.Generator().manual_seed(5))

    frame = seen(light(square), pose(1, 2, 90))

    rolled = torch.rot90(square[0]).roll((1, 2), (0, 1))
    torch.testing.assert_close(frame.data[0, 0, 1:, 2:], rolled[1:, 2:])


@given(down=st.floats(-2, 2), right=st.floats(-2, 2))
def test_a_shift_conserves_light(down: float, right: float) -> None:
    island = torch.zeros(1, 12, 13)
    island[:, 4:8, 4:9] = torch.rand(4, 5, generator=torch.Generator().manual_seed(6))

    frame = seen(light(island), pose(down, right))

    assert float(frame.data[0, 0].double().sum()) == pytest.approx(float(island.sum()), rel=1e-6)


@given(down=st.floats(-20, 20), right=st.floats(-20, 20), degrees=st.floats(-180, 180))
def test_light_stays_within_what_there_was(down: float, right: float, degrees: float) -> None:
    frame = seen(light(BUMPY), pose(down, right, degrees))

    assert float(frame.data.min()) >= float(BUMPY.min()) * (1 - 1e-6)
    assert float(frame.data.max()) <= float(BUMPY.max()) * (1 + 1e-6)


def test_from_outside_comes_the_mirror_image_unmeasured() -> None:
    column = torch.tensor([[[1.0], [2.0], [3.0], [4.0], [5.0]]])

    frame = seen(light(column), pose(down=2))

    assert frame.data[0, 0, :, 0].tolist() == [2.0, 1.0, 1.0, 2.0, 3.0]
    assert frame.measured[0, 0, :, 0].tolist() == [False, False, True, True, True]


def test_a_mask_spreads_to_every_pixel_that_took_light_from_it() -> None:
    clipped = NONE.clone()
    clipped[0, 0, 2, 3] = True
    scene = Frame.start(light(BUMPY).data, Domain.SCENE, clipped=clipped)

    frame = seen(scene, pose(0.5, 1.0))

    assert frame.clipped[0, 0].nonzero().tolist() == [[2, 4], [3, 4]]
    assert not frame.measured[0, 0, 2:4, 4].any()
    assert bool(frame.measured[0, 0, 4:, 1:].all())


def test_each_image_of_a_batch_has_its_own_pose() -> None:
    poses = torch.cat([pose(1.25, -0.5, 3), pose(), pose(0, 2)])
    scene = light(BUMPY.expand(3, -1, -1))

    together = seen(scene, poses)

    for i in range(3):
        alone = seen(light(BUMPY), poses[i : i + 1])
        assert torch.equal(together.data[i], alone.data[0])
        assert torch.equal(together.measured[i], alone.measured[0])


def test_only_a_scene_is_moved() -> None:
    scene = replace(light(BUMPY), domain=Domain.LINEAR)

    with pytest.raises(DomainError, match="motion acts on SCENE"):
        seen(scene, pose(1))


# --- the walk ---------------------------------------------------------------------------------


def test_the_walk_starts_at_rest_and_its_variance_grows_by_a_step_a_frame() -> None:
    items, frames = 3000, 4
    shake = HandShake(shift_px=0.7, rotation_deg=0.2)

    poses = wander(shake, frames, 5, "bench", Shot().for_batch(items))

    assert not bool(poses[0].any())
    limit = z_threshold(3 * 3 * 2 + 3)
    for k in range(1, frames):
        for axis, step in enumerate((0.7, 0.7, 0.2)):
            sigma = step * math.sqrt(k)
            assert abs(float(poses[k, :, axis].mean())) < limit * sigma / math.sqrt(items)
            error = normal_variance_error(sigma, items)
            assert abs(float(poses[k, :, axis].var()) - sigma**2) < limit * error
    for one, other in ((0, 1), (0, 2), (1, 2)):
        r = correlation(poses[1, :, one], poses[1, :, other])
        assert abs(r) < limit / math.sqrt(items)


def test_a_walk_belongs_to_its_item_frame_seed_and_sensor() -> None:
    shake, shot = HandShake(shift_px=1.0, rotation_deg=1.0), Shot().for_batch(3)
    whole = wander(shake, 5, 9, "bench", shot)

    assert torch.equal(wander(shake, 3, 9, "bench", shot), whole[:3])
    assert torch.equal(wander(shake, 5, 9, "bench", shot.select(slice(1, 2))), whole[:, 1:2])
    assert not torch.equal(wander(shake, 5, 8, "bench", shot), whole)
    assert not torch.equal(wander(shake, 5, 9, "other", shot), whole)


# --- things that pass -------------------------------------------------------------------------


def block(coverage: float = 1.0, **where: float) -> MovingObject:
    return MovingObject(
        light=torch.full((3, 2, 2), 9.0), coverage=torch.full((1, 2, 2), coverage),
        **({"row": 1.0, "column": 1.0} | where),
    )  # fmt: skip


def placed(thing: MovingObject, start: float = 0.0, duration: float = 0.0, samples: int = 1):
    scene = light(torch.ones(1, 6, 8))
    times = torch.tensor([start]), torch.tensor([duration])
    frame, hides = with_objects(scene, [thing], *times, samples)
    return frame.data[0, 0], hides[0, 0]


def test_an_object_hides_what_is_behind_it() -> None:
    picture, hides = placed(block(down_px_per_frame=1.0, right_px_per_frame=2.0), start=2.0)

    wanted = torch.ones(6, 8)
    wanted[3:5, 5:7] = 9.0
    assert torch.equal(picture, wanted)
    assert torch.equal(hides, wanted == 9)


def test_half_coverage_lets_half_of_the_light_through() -> None:
    picture, _ = placed(block(coverage=0.5))

    assert picture[1:3, 1:3].tolist() == [[5.0, 5.0], [5.0, 5.0]]


def test_between_two_pixels_an_object_covers_a_part_of_each() -> None:
    picture, hides = placed(block(column=1.25))

    assert picture[1].tolist() == [1.0, 7.0, 9.0, 3.0, 1.0, 1.0, 1.0, 1.0]
    assert hides[1].tolist() == [False, True, True, True, False, False, False, False]


@pytest.mark.parametrize(
    ("row", "column", "inside"), [(-1.0, 3.0, 2), (5.0, 7.0, 1), (-2.0, 0.0, 0), (2.0, 80.0, 0)]
)
def test_an_object_may_be_outside(row: float, column: float, inside: int) -> None:
    picture, hides = placed(block(row=row, column=column))

    assert int((picture == 9).sum()) == int(hides.sum()) == inside


def test_during_an_exposure_an_object_is_smeared_over_its_way() -> None:
    point = MovingObject(
        light=torch.full((3, 1, 1), 9.0), coverage=torch.ones(1, 1, 1), row=0.0, column=1.0,
        right_px_per_frame=8.0,
    )  # fmt: skip

    picture, _ = placed(point, start=0.0, duration=0.5, samples=4)  # at 1.5, 2.5, 3.5, 4.5

    assert picture[0].tolist() == [1.0, 2.0, 3.0, 3.0, 3.0, 2.0, 1.0, 1.0]


def test_a_patch_of_the_scene_sets_out_from_where_it_was() -> None:
    scene = light(BUMPY)
    thing = MovingObject.copied_from(scene, 1, 2, 3, 4, right_px_per_frame=1.0)
    now, later = torch.zeros(1), torch.ones(1)

    assert torch.equal(with_objects(scene, [thing], now, now)[0].data, scene.data)
    moved_on = with_objects(scene, [thing], later, now)[0].data[0, 0]
    assert torch.equal(moved_on[1:4, 3:7], BUMPY[0, 1:4, 2:6])


def test_objects_that_cannot_be_are_refused() -> None:
    with pytest.raises(FrameError, match="not below 0"):
        MovingObject(light=-torch.ones(3, 1, 1), coverage=torch.ones(1, 1, 1), row=0.0, column=0.0)
    with pytest.raises(FrameError, match=r"share in 0\.\.1"):
        block(coverage=1.5)
    with pytest.raises(FrameError, match="is not inside 6 x 8"):
        MovingObject.copied_from(light(BUMPY), 4, 0, 3, 3)
    grey = MovingObject(
        light=torch.ones(1, 2, 2), coverage=torch.ones(1, 2, 2), row=0.0, column=0.0
    )
    with pytest.raises(FrameError, match="has 3 channels"):
        placed(grey)
