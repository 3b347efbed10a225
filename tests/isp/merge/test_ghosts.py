"""What moved is rejected, what only is noisy stays: at the rate that is stated."""

import math
from dataclasses import replace
from statistics import NormalDist

import pytest
import torch

from isp.core.errors import UsageError
from isp.merge.ghosts import RADIUS, consistent, threshold_of
from isp.merge.observation import Observation
from tests.isp.merge.samples import PlainNoise, seen

SIDE = 400
NOISE = PlainNoise(floor=1.0)
SQUARE = (2 * RADIUS + 1) ** 2


def noisy(count: int, seed: int = 1, side: int = SIDE) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(side, side, generator=generator) for _ in range(count)]


def bracket(planes: list[torch.Tensor], **options: object) -> list[Observation]:
    return [seen(plane, noise=NOISE, **options) for plane in planes]  # type: ignore[arg-type]


def used(frames: list[Observation]) -> list[torch.Tensor]:
    return [frame.measured for frame in frames]


@pytest.mark.parametrize("rate", [0.1, 1e-2, 1e-3])
def test_a_still_scene_loses_at_most_the_share_that_was_asked(rate: float) -> None:
    frames = bracket(noisy(7))

    agreed = consistent(frames, used(frames), 0, rate)

    share = sum(agreed.rejected) / 6
    # Rejections come in whole squares: at most as many independent ones as squares fit.
    clusters = 6 * SIDE**2 / SQUARE
    error = 5 * math.sqrt(rate / clusters)
    assert share < rate + error
    assert share > rate / 10 - error  # and the union bound is not idle
    assert agreed.rejected[0] == 0
    # The median of |z| of n independent squares strays by 1 / (2 n^0.5 0.636), 0.636 its density.
    stray = 5 / (2 * 0.636 * math.sqrt(SIDE**2 / SQUARE)) / 0.6745
    assert agreed.noise_scale == pytest.approx([1.0] * 7, abs=stray)


def test_the_square_that_is_tested_has_the_false_alarms_of_a_normal() -> None:
    # Squares that do not overlap are independent tests: each hit fills its own centre.
    rate = 0.2
    frames = bracket(noisy(2, side=1000))

    agreed = consistent(frames, used(frames), 0, rate)
    kept = agreed.used[1][0, 0]

    z = (
        torch.nn.functional.avg_pool2d(
            (frames[1].signal - frames[0].signal) / math.sqrt(2), 5, stride=1, padding=2
        )[0, 0, 2:-2, 2:-2]
        * 5
    )
    threshold = NormalDist().inv_cdf(1 - rate / SQUARE / 2)
    hits = z.abs() > threshold
    apart = hits[::5, ::5].double()
    error = 5 * math.sqrt(rate / SQUARE / apart.numel())
    assert abs(float(apart.mean()) - rate / SQUARE) < error
    surely = z.abs() > threshold * agreed.noise_scale[1] + 1e-4
    assert not bool(kept[2:-2, 2:-2][surely].any())


def test_what_moved_is_rejected_and_its_surroundings_are_not() -> None:
    planes = noisy(2)
    planes[1][100:130, 200:240] += 3.0  # deviations of each frame: 2.1 of the difference
    frames = bracket(planes)

    agreed = consistent(frames, used(frames), 0, 1e-3)

    kept = agreed.used[1][0, 0]
    assert not bool(kept[100:130, 200:240].any())
    # No square of 5 x 5 that lies wholly outside knows of it, and a hit fills its square.
    assert float(kept[:94].float().mean()) > 1 - 1e-3 - 5 * math.sqrt(1e-3 * SQUARE / (94 * SIDE))
    assert bool(agreed.used[0].all())


def test_a_lone_pixel_of_noise_is_no_ghost_but_a_speck_of_light_is() -> None:
    planes = noisy(2, side=60)
    planes[1][30, 30] += 4.0
    planes[1][10, 10] += 60.0
    frames = bracket(planes)

    kept = consistent(frames, used(frames), 0, 1e-3).used[1][0, 0]

    assert bool(kept[30, 30])
    assert not bool(kept[10, 10])


def test_where_the_reference_is_saturated_less_light_than_its_limit_is_a_ghost() -> None:
    limit = 100.0
    full = torch.full((60, 60), limit + 50)
    short = 2 * limit / 8 + noisy(1, side=60)[0]  # light 200: nothing wrong with it
    short[20:40, 20:40] -= 2 * limit / 8 - 2  # light 16, and there were at least 100
    frames = [
        seen(full, 1.0, noise=NOISE, limit=limit, measured=full < limit),
        seen(short, 1 / 8, noise=NOISE, limit=limit),
    ]

    kept = consistent(frames, used(frames), 0, 1e-3).used[1][0, 0]

    assert not bool(kept[20:40, 20:40].any())
    assert bool(kept[:15].all())


def test_light_at_the_very_limit_of_a_saturated_reference_is_no_ghost() -> None:
    limit = 100.0
    full = torch.full((SIDE, SIDE), limit + 1)
    frames = [
        seen(full, 1.0, noise=NOISE, limit=limit, measured=full < limit),
        seen(limit / 2 + noisy(1)[0], 0.5, noise=NOISE, limit=limit),
    ]

    agreed = consistent(frames, used(frames), 0, 1e-3)

    assert agreed.rejected[1] < 1e-3


def test_frames_are_held_against_those_already_accepted() -> None:
    # The reference sees nothing of the left half; the next frame speaks for it there.
    planes = noisy(3)
    planes[2][:, 50:100] += 5.0
    hole = torch.ones(SIDE, SIDE, dtype=torch.bool)
    hole[:, : SIDE // 2] = False
    frames = [
        seen(planes[0], 1.0, noise=NOISE, measured=hole),
        seen(2 * planes[1], 2.0, noise=PlainNoise(floor=4.0)),
        seen(8 * planes[2], 8.0, noise=PlainNoise(floor=64.0)),
    ]

    kept = consistent(frames, used(frames), 0, 1e-3).used

    assert bool(kept[1][0, 0, :, : SIDE // 2].all())  # nothing to hold it against
    assert not bool(kept[2][0, 0, :, 50:100].any())
    assert float(kept[2][0, 0, :, 110:].float().mean()) > 1 - 2e-3


def test_a_bracket_that_disagrees_everywhere_is_judged_by_its_own_spread() -> None:
    planes = noisy(2)
    planes[1] *= 4.0
    planes[1][100:130, 200:240] += 30.0
    frames = bracket(planes)

    agreed = consistent(frames, used(frames), 0, 1e-3)

    # The difference has a variance of 17 instead of 2.
    assert agreed.noise_scale[1] == pytest.approx(math.sqrt(17 / 2), rel=0.05)
    assert not bool(agreed.used[1][0, 0, 100:130, 200:240].any())
    assert agreed.rejected[1] < 1e-3 + 40 * 50 / SIDE**2


def test_a_fixed_offset_is_no_motion() -> None:
    offset = 2.0 * noisy(1, seed=9)[0]
    planes = [plane + offset for plane in noisy(2)]
    fixed = PlainNoise(floor=1.0, offset=torch.full((1, 1, 1, 1), 4.0))
    frames = [seen(planes[0], 1.0, noise=fixed), seen(planes[1], 8.0, noise=fixed)]

    agreed = consistent(frames, used(frames), 0, 1e-2)

    assert agreed.rejected[1] < 1e-2 + 5 * math.sqrt(1e-2 * SQUARE / SIDE**2)
    assert agreed.noise_scale[1] < 1.08


def test_the_threshold_is_the_normal_quantile() -> None:
    for share in (0.5, 1e-3, 4e-8):
        assert threshold_of(share) == pytest.approx(NormalDist().inv_cdf(1 - share / 2), rel=1e-7)


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    frames = bracket(noisy(2, side=8))

    with pytest.raises(UsageError, match=r"false rejections is in 0\.\.1"):
        consistent(frames, used(frames), 0, share)


@pytest.mark.parametrize("moved", [0.0, 0.3, 0.6, 0.9])
def test_what_moved_is_rejected_however_much_of_the_picture_it_is(moved: float) -> None:
    planes = [100 + plane for plane in noisy(2)]
    rows = round(moved * SIDE)
    planes[1][:rows] += 30.0
    frames = bracket(planes)

    agreed = consistent(frames, used(frames), 0, 1e-3)

    kept = agreed.used[1][0, 0]
    assert not bool(kept[:rows].any())
    # More than half of it: the frame shows another scene, and nothing of it is used.
    assert agreed.left_out == ([1] if moved > 0.5 else [])
    still = float(kept[rows + 2 * RADIUS :].float().mean())
    stray = 5 * math.sqrt(1e-3 * SQUARE / (SIDE * (SIDE - rows - 2 * RADIUS)))
    assert still == 0 if moved > 0.5 else still > 1 - 1e-3 - stray


def test_texture_that_moved_nearly_everywhere_is_no_noise() -> None:
    texture = 100 * noisy(1, seed=5)[0]
    planes = [1000 + texture + plane for plane in noisy(2)]
    planes[1][: round(0.9 * SIDE)] += (
        texture.roll(7, 1)[: round(0.9 * SIDE)] - texture[: round(0.9 * SIDE)]
    )
    frames = bracket(planes)

    agreed = consistent(frames, used(frames), 0, 1e-3)

    assert agreed.left_out == [1]


def test_an_exposure_that_is_a_little_off_is_no_motion_and_one_far_off_is() -> None:
    first, second = (1000 + plane for plane in noisy(2))

    little = consistent(bracket([first, 1.02 * second]), used(bracket([first, second])), 0)
    much = consistent(bracket([first, 1.2 * second]), used(bracket([first, second])), 0)

    assert little.rejected[1] < 1e-3
    assert little.left_out == []
    assert much.left_out == [1]


def pictures_of_a_bent_response(moved: bool) -> list[Observation]:
    """The second shows light^1.3, over five stops: its response is another; a square may move."""
    light = torch.logspace(0, 1.5, 200).expand(200, 200).contiguous()
    bent = light**1.3 / 10**0.45
    if moved:
        bent[50:70, 50:70] *= 3
    frames = [seen(plane, noise=PlainNoise(floor=1e-4)) for plane in (light, bent)]
    return [replace(frame, trust=torch.ones(1, 1, 200, 200)) for frame in frames]


def test_a_response_that_is_another_is_no_motion_where_exposures_were_fitted() -> None:
    frames = pictures_of_a_bent_response(moved=False)

    strict = consistent(frames, used(frames), 0)
    fitted = consistent(frames, used(frames), 0, fitted=True)

    # Off by over the 25 % that are always allowed, at both ends of the light.
    assert strict.contradicted[1] > 0.3
    assert fitted.rejected == [0, 0]
    assert fitted.left_out == []


def test_what_moved_is_found_beside_a_response_that_is_another() -> None:
    frames = pictures_of_a_bent_response(moved=True)

    kept = consistent(frames, used(frames), 0, fitted=True).used[1][0, 0]

    assert not bool(kept[50:70, 50:70].any())
    kept[46:74, 46:74] = True  # squares that reach into it, two pixels twice
    assert bool(kept.all())


def test_raws_are_held_against_the_light_itself_though_exposures_were_measured() -> None:
    frames = [replace(frame, trust=None) for frame in pictures_of_a_bent_response(moved=False)]

    strict, fitted = (consistent(frames, used(frames), 0, fitted=f) for f in (False, True))

    assert torch.equal(strict.used[1], fitted.used[1])
    assert strict.contradicted == fitted.contradicted
