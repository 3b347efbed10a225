"""Views cut from a panorama show each direction where it belongs and lose no light."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, UsageError
from isp.core.frame import Frame
from isp.files.open import read
from simulate.scenes.panorama import (
    CUBE,
    Direction,
    panorama_view,
    perspective_view,
    random_directions,
    solid_angles,
)
from tests.statistics import bonferroni, ks_uniform_p


def latitudes(height: int) -> NDArray[np.float64]:
    return (0.5 - (np.arange(height) + 0.5) / height) * np.pi


def direction_panorama(height: int) -> Tensor:
    """Each pixel's colour is its direction: right, down, forward; float64."""
    up, turn = np.meshgrid(
        latitudes(height),
        ((np.arange(2 * height) + 0.5) / (2 * height) - 0.5) * 2 * np.pi,
        indexing="ij",
    )
    ray = [np.cos(up) * np.sin(turn), -np.sin(up), np.cos(up) * np.cos(turn)]
    return torch.from_numpy(np.stack(ray))[None]


def rays(yaw: float, pitch: float, roll: float, fov: float, size: tuple[int, int]) -> np.ndarray:
    """Directions (h, w, 3) of a view's pixels, from rotations by hand one after the other."""
    height, width = size
    reach = math.tan(math.radians(fov) / 2)
    x = (2 * (np.arange(width) + 0.5) / width - 1) * reach
    y = (2 * (np.arange(height) + 0.5) - height) / width * reach
    x, y = np.meshgrid(x, y)
    z = np.ones_like(x)
    # A camera that rolls clockwise has its right-hand side go down.
    c, s = math.cos(math.radians(roll)), math.sin(math.radians(roll))
    x, y = c * x - s * y, s * x + c * y
    c, s = math.cos(math.radians(pitch)), math.sin(math.radians(pitch))
    y, z = c * y - s * z, s * y + c * z
    c, s = math.cos(math.radians(yaw)), math.sin(math.radians(yaw))
    x, z = c * x + s * z, c * z - s * x
    ray = np.stack([x, y, z], -1)
    return np.asarray(ray / np.linalg.norm(ray, axis=-1, keepdims=True))


def mean_of(panorama: Tensor) -> Tensor:
    """Mean over the sphere (c,): each row weighs as its band."""
    edges = torch.linspace(math.pi / 2, -math.pi / 2, panorama.shape[-2] + 1, dtype=torch.float64)
    bands = (edges[:-1].sin() - edges[1:].sin()) / 2
    return panorama[0].double().mean(-1) @ bands


def mean_of_cube(panorama: Tensor, side: int) -> Tensor:
    """Mean over the sphere (c,) by the six views that cover it."""
    weight = solid_angles(90.0, (side, side)) / (4 * math.pi)
    views = (perspective_view(panorama, *d, 0.0, 90.0, (side, side))[0].double() for d in CUBE)
    return torch.stack([(view * weight).sum((-1, -2)) for view in views]).sum(0)


@pytest.mark.parametrize(
    "view",
    [(0.0, 0.0, 0.0, 90.0), (37.0, 12.0, 0.0, 60.0), (-170.0, -25.0, 20.0, 75.0),
     (180.0, 0.0, -90.0, 40.0)],
)  # fmt: skip
def test_each_pixel_sees_its_own_direction(view: tuple[float, float, float, float]) -> None:
    height, size = 128, (90, 120)
    step = math.pi / height

    found = perspective_view(direction_panorama(height), *view, size)

    # Linear interpolation of a sine errs by up to step^2 / 8 in each direction, the box along a
    # row by step^2 / 24 cos^2 of the latitude (here below 63 degrees), the mean over a pixel of
    # width a by a^2 / 24 in each direction.
    pixel = 2 * math.tan(math.radians(view[3]) / 2) / size[1]
    bound = step**2 * (1 / 4 + 1 / 24 / math.cos(math.radians(63)) ** 2) + pixel**2 / 12
    assert bound < 4e-4
    wanted = rays(*view, size)
    np.testing.assert_allclose(found[0].permute(1, 2, 0), wanted, atol=bound)


@pytest.mark.parametrize(("pitch", "fov"), [(90.0, 60.0), (70.0, 60.0), (90.0, 8.0), (-90.0, 8.0)])
def test_the_poles_are_seen_without_a_seam(pitch: float, fov: float) -> None:
    height = 128
    view = (25.0, pitch, 0.0, fov)

    found = perspective_view(direction_panorama(height), *view, (101, 101))

    # In the row at the pole the box spans 2 rad: it takes 16 % off a vector of half a step.
    wanted = rays(*view, (101, 101))
    np.testing.assert_allclose(found[0].permute(1, 2, 0), wanted, atol=0.09 * math.pi / height)


def test_yaw_turns_right_and_pitch_up() -> None:
    panorama = direction_panorama(64)

    def centre(yaw: float, pitch: float) -> Tensor:
        return perspective_view(panorama, yaw, pitch, 0.0, 5.0, (1, 1))[0, :, 0, 0]

    half = math.sqrt(0.5)
    assert centre(45, 0).tolist() == pytest.approx([half, 0, half], abs=2e-3)
    assert centre(0, 45).tolist() == pytest.approx([0, -half, half], abs=2e-3)


def test_turning_the_panorama_is_turning_the_camera() -> None:
    panorama = torch.rand(1, 3, 32, 64, generator=torch.Generator().manual_seed(3)).double()

    turned = perspective_view(panorama, 30.0 + 90.0, 20.0, 10.0, 80.0, (20, 30))
    rolled = perspective_view(panorama.roll(-16, -1), 30.0, 20.0, 10.0, 80.0, (20, 30))

    torch.testing.assert_close(turned, rolled, rtol=0, atol=1e-9)


def test_a_rolled_camera_sees_the_picture_turned_the_other_way() -> None:
    panorama = direction_panorama(64)

    upright = perspective_view(panorama, 40.0, 10.0, 0.0, 70.0, (31, 31))
    rolled = perspective_view(panorama, 40.0, 10.0, 90.0, 70.0, (31, 31))

    # Clockwise by 90 degrees, the camera sees what was on its right at the top.
    error = (rolled - upright.rot90(1, (-2, -1))).abs().max()
    assert error < 2 * (0.3 * (math.pi / 64) ** 2 + (2 * math.tan(math.radians(35)) / 31) ** 2 / 12)


@pytest.mark.parametrize("size", [(5, 9), (64, 64), (200, 100)])
@pytest.mark.parametrize("direction", [*CUBE, Direction(12, 80)])
def test_an_even_panorama_gives_an_even_view(direction: Direction, size: tuple[int, int]) -> None:
    panorama = torch.full((1, 3, 48, 96), 0.7, dtype=torch.float64)

    view = perspective_view(panorama, *direction, 0.0, 100.0, size)

    torch.testing.assert_close(view, torch.full_like(view, 0.7), rtol=1e-12, atol=0)


@pytest.mark.parametrize("side", [8, 33, 120])
@pytest.mark.parametrize(
    "place", [(31, 20), (32, 63), (20, 127), (45, 0), (12, 96), (5, 40), (60, 80)]
)
def test_a_sun_of_one_pixel_keeps_its_light(place: tuple[int, int], side: int) -> None:
    panorama = torch.full((1, 1, 64, 128), 1e-3, dtype=torch.float64)
    panorama[0, 0, place[0], place[1]] = 1e5

    found, wanted = float(mean_of_cube(panorama, side)), float(mean_of(panorama))

    # Sampling errs by 0.1 % near the horizon and by up to 3 % within five rows of a pole.
    near_pole = min(place[0], 63 - place[0]) < 8
    assert found == pytest.approx(wanted, rel=0.03 if near_pole else 0.01)


def test_a_large_panorama_keeps_its_light_in_a_small_view() -> None:
    panorama = torch.full((1, 1, 512, 1024), 1e-3, dtype=torch.float64)
    for row, column in ((200, 17), (255, 512), (340, 1023)):
        panorama[0, 0, row, column] = 1e6

    # 14 panorama pixels in a pixel of the view.
    found = mean_of_cube(panorama, 12)

    torch.testing.assert_close(found, mean_of(panorama), rtol=5e-3, atol=0)


def test_six_views_hold_the_light_of_the_whole_sphere() -> None:
    noise = torch.rand(1, 3, 64, 128, generator=torch.Generator().manual_seed(5)).double()
    panorama = noise**8 * 1e3

    found = mean_of_cube(panorama, 40)

    torch.testing.assert_close(found, mean_of(panorama), rtol=5e-3, atol=0)


@pytest.mark.parametrize("name", ["park_sun_pano.hdr", "kerner_env_latlong.exr", "sky_pano.exr"])
def test_six_views_hold_the_light_of_a_real_panorama(shared_data: Path, name: str) -> None:
    panorama = read(shared_data / "hdr" / name).data

    torch.testing.assert_close(mean_of_cube(panorama, 64), mean_of(panorama), rtol=5e-3, atol=0)


def test_the_seam_is_no_border() -> None:
    panorama = torch.zeros(1, 1, 32, 64, dtype=torch.float64)
    panorama[..., 16, 63] = panorama[..., 16, 0] = 1.0

    view = perspective_view(panorama, 180.0, 0.0, 0.0, 40.0, (31, 31))

    torch.testing.assert_close(view, view.flip(-1), rtol=0, atol=0.05)
    assert view[..., 15, 14:17].min() > 0.4


def test_views_of_a_batch_are_views_of_its_panoramas() -> None:
    panoramas = torch.rand(2, 3, 16, 32, generator=torch.Generator().manual_seed(1))
    before = panoramas.clone()

    views = perspective_view(panoramas, 10.0, 5.0, 0.0, 60.0, (8, 12))

    assert views.dtype == torch.float32
    assert torch.equal(panoramas, before)
    for index in range(2):
        alone = perspective_view(panoramas[index : index + 1], 10.0, 5.0, 0.0, 60.0, (8, 12))
        assert torch.equal(views[index : index + 1], alone)


@pytest.mark.parametrize("fov", [30.0, 90.0, 150.0])
def test_solid_angles_add_up_to_the_views(fov: float) -> None:
    # A square pyramid of half-angle a has the solid angle 4 asin(sin^2 a).
    wanted = 4 * math.asin(math.sin(math.radians(fov / 2)) ** 2)

    assert float(solid_angles(fov, (7, 7)).sum()) == pytest.approx(wanted)
    assert float(solid_angles(90.0, (5, 5)).sum()) == pytest.approx(4 * math.pi / 6)


def test_random_directions_are_even_over_the_band() -> None:
    directions = random_directions(4000, 11, max_pitch_deg=80.0)

    yaw = np.array([d.yaw_deg for d in directions])
    height = np.sin(np.deg2rad([d.pitch_deg for d in directions])) / math.sin(math.radians(80))
    assert ks_uniform_p(yaw / 360 + 0.5) > bonferroni(2)
    assert ks_uniform_p((height + 1) / 2) > bonferroni(2)


def test_random_directions_belong_to_their_seed() -> None:
    assert random_directions(5, 1) == random_directions(9, 1)[:5]
    assert random_directions(5, 1) != random_directions(5, 2)
    assert max(abs(d.pitch_deg) for d in random_directions(500, 3)) <= 30
    assert random_directions(0, 3) == ()


def a_scene(panorama: Tensor, **masks: Tensor) -> Frame:
    return Frame.start(panorama, Domain.SCENE, colour=Colour(anchor_cd_m2=100.0), **masks)


def test_a_view_of_a_frame_keeps_what_light_means_and_notes_itself() -> None:
    frame = a_scene(torch.rand(1, 3, 32, 64, generator=torch.Generator().manual_seed(1)))

    view = panorama_view(frame, 20.0, -5.0, 70.0, (30, 40))

    assert torch.equal(view.data, perspective_view(frame.data, 20.0, -5.0, 0.0, 70.0, (30, 40)))
    assert view.colour == frame.colour
    assert bool(view.measured.all())
    assert not bool(view.clipped.any())
    assert view.history == (
        ("panorama_view", {"yaw_deg": 20.0, "pitch_deg": -5.0, "roll_deg": 0.0, "fov_deg": 70.0,
                           "height": 30, "width": 40}),
    )  # fmt: skip


def test_what_was_clipped_in_the_panorama_is_clipped_in_the_view() -> None:
    clipped = torch.zeros(1, 1, 32, 64, dtype=torch.bool)
    clipped[..., 16, 32] = True
    frame = a_scene(torch.ones(1, 3, 32, 64), clipped=clipped)

    view = panorama_view(frame, 0.0, 0.0, 60.0, (41, 41))

    assert bool((view.measured == ~view.clipped).all())
    assert bool(view.clipped[0, 0, 21, 21])
    # A panorama pixel is 3.5 pixels of the view. The box reaches one pixel to each side, linear
    # interpolation half a pixel more on all sides: 4 x 2 pixels.
    assert 0 < int(view.clipped.sum()) <= (4 * 3.5 + 1) * (2 * 3.5 + 1)


def test_only_scene_light_has_views() -> None:
    frame = Frame.start(torch.ones(1, 3, 8, 16), Domain.LINEAR, colour=Colour())

    with pytest.raises(DomainError, match="the frame is LINEAR"):
        panorama_view(frame, 0.0, 0.0, 60.0, (4, 4))


@pytest.mark.parametrize(
    ("shape", "angles", "fov", "size", "said"),
    [
        ((8, 15), (0.0, 0.0), 60.0, (4, 4), "8 x 15 came"),
        ((8, 16), (0.0, 0.0), 180.0, (4, 4), "less than 180"),
        ((8, 16), (0.0, 0.0), 0.0, (4, 4), "more than 0"),
        ((8, 16), (math.nan, 0.0), 60.0, (4, 4), "finite degrees"),
        ((8, 16), (0.0, 0.0), 60.0, (0, 4), "at least 1 x 1 pixel, got 0 x 4"),
    ],
)
def test_what_is_no_view_is_refused(
    shape: tuple[int, int],
    angles: tuple[float, float],
    fov: float,
    size: tuple[int, int],
    said: str,
) -> None:
    with pytest.raises(UsageError, match=said):
        perspective_view(torch.ones(1, 3, *shape), *angles, 0.0, fov, size)


def test_directions_out_of_range_are_refused() -> None:
    with pytest.raises(UsageError, match="at least 0, got -1"):
        random_directions(-1, 0)
    with pytest.raises(UsageError, match="max_pitch_deg"):
        random_directions(1, 0, max_pitch_deg=100.0)
