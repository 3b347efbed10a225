"""Hand-held frames are moved onto the reference, whatever they were exposed like."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from skimage.registration import phase_cross_correlation

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError
from isp.core.frame import Frame
from isp.core.response import Response
from isp.merge.alignment import _anywhere, moved_back, shifts_of
from isp.merge.bracket import merge
from isp.merge.observation import observe
from tests.isp.merge.samples import BLACK, CAMERA, WELL_E, WHITE_E, taken

ONE = torch.ones(1)
BAYER = CAMERA.with_fields(cfa=Cfa.RGGB, black_level_dn=(BLACK,) * 4)
XTRANS = CAMERA.with_fields(cfa=Cfa.named("XTRANS"), black_level_dn=(BLACK,) * 36)
SIDE = 240


def scene(seed: int = 1, side: int = SIDE + 80) -> torch.Tensor:
    """Discs of all sizes, and light over three decades, at most twice a full well; (h, w) e-."""
    draws = torch.rand(60, 4, generator=torch.Generator().manual_seed(seed)).tolist()
    places = torch.arange(side, dtype=torch.float32)
    light = torch.full((side, side), 0.02 * WELL_E)
    for row, column, size, level in draws:
        radius = side * (0.02 + 0.12 * size**2)
        inside = (places[:, None] - row * side).hypot(places - column * side) < radius
        light[inside] = 2 * WELL_E * 10 ** (-3 * level)
    return light


def seen_from(light: torch.Tensor, down: int, right: int) -> torch.Tensor:
    """What a camera sees whose scene lies that much further down and right."""
    top, left = 40 - down, 40 - right
    return light[top : top + SIDE, left : left + SIDE].contiguous()


def handheld(
    shifts: list[tuple[int, int]], evs: tuple[float, ...], profile=CAMERA, light=None
) -> list[Frame]:  # fmt: skip
    light = scene() if light is None else light
    return [
        taken(seen_from(light, *shift), evs, seed=i, profile=profile)[i]
        for i, shift in enumerate(shifts)
    ]


def found(frames: list[Frame], reference: int) -> list[tuple[int, int]]:
    bracket = [observe(frame, ONE, None) for frame in frames]
    return [image for [image] in shifts_of(bracket, reference)]


@pytest.mark.parametrize("evs", [(-4, -2, 0), (-8, -4, 0), (0, 0, 0), (-2, 0, 3)])
def test_a_known_shift_is_found_at_any_exposure(evs: tuple[float, ...]) -> None:
    shifts = [(-7, 12), (0, 0), (31, -5)]

    assert found(handheld(shifts, evs), 1) == shifts


@pytest.mark.parametrize(("profile", "period"), [(BAYER, 2), (XTRANS, 6)])
def test_mosaics_move_by_whole_periods(profile, period: int) -> None:
    shifts = [(0, 0), (2 * period, -3 * period), (-period, 0)]

    frames = handheld(shifts, (-4, -2, 0), profile)

    assert found(frames, 0) == shifts
    between = handheld([(0, 0), (2 * period + 1, 0)], (-2, 0), profile)
    down, right = found(between, 0)[1]
    assert (abs(down - 2 * period - 1) < period, down % period, right) == (True, 0, 0)


def test_a_picture_beyond_the_coarse_scale_is_aligned_to_the_pixel() -> None:
    light = scene(side=700)
    views = [light[50 - d : 650 - d, 60 - r : 590 - r].contiguous() for d, r in ((0, 0), (-37, 43))]

    frames = [taken(view, (-2, 0), seed=i)[i] for i, view in enumerate(views)]

    assert found(frames, 0) == [(0, 0), (-37, 43)]


def test_two_scenes_that_share_sky_and_ground_are_refused() -> None:
    fade = torch.linspace(1.0, 0.05, SIDE + 80)[:, None]

    def landscape(seed: int) -> Frame:
        return handheld([(0, 0)], (0,), light=0.2 * scene(seed) + WELL_E * fade)[0]

    with pytest.raises(FrameError, match="frames 1 and 2 do not match"):
        found([landscape(1), landscape(7)], 0)


def test_each_image_of_a_batch_has_its_own_shift() -> None:
    shifts = [(3, 4), (-5, 6)]
    still = handheld([(0, 0), (0, 0)], (0, 0))
    moved = handheld(shifts, (0, 0))

    def batch(frames: list[Frame]) -> Frame:
        one = frames[0]
        return Frame.start(
            torch.cat([f.data for f in frames]), one.domain, shot=one.shot.for_batch(2),
            profile=one.profile, measured=torch.cat([f.measured for f in frames]),
            clipped=torch.cat([f.clipped for f in frames]),
        )  # fmt: skip

    bracket = [observe(batch(frames), torch.ones(2), None) for frames in (still, moved)]

    assert shifts_of(bracket, 0) == [[(0, 0), (0, 0)], shifts]


def test_frames_of_two_scenes_are_named_and_refused() -> None:
    frames = handheld([(0, 0), (0, 0)], (-2, 0))
    other = handheld([(0, 0), (0, 0)], (-2, 0), light=scene(seed=7))

    with pytest.raises(FrameError, match=r"frames 1 and 2 do not match: .* correlate by 0\.[0-3]"):
        found([frames[0], other[1]], 0)


def test_a_flat_wall_and_frames_that_share_no_range_are_refused() -> None:
    wall = torch.full((SIDE + 80, SIDE + 80), 1000.0)

    with pytest.raises(FrameError, match="do not match"):
        found(handheld([(0, 0), (0, 0)], (0, 0), light=wall), 0)
    with pytest.raises(FrameError, match="do not match"):
        found(handheld([(0, 0), (0, 0)], (-2, 12)), 0)
    with pytest.raises(FrameError, match="too few to be aligned"):
        found([replace_size(frame) for frame in handheld([(0, 0), (0, 0)], (0, 0), BAYER)], 0)


def replace_size(frame: Frame) -> Frame:
    names = ("data", "measured", "clipped", "generated")
    return replace(frame, **{name: getattr(frame, name)[..., :3, :3] for name in names})


def test_the_coarse_search_is_the_masked_correlation_of_another_program() -> None:
    """scikit-image's own implementation of Padfield 2012, of all shifts that overlap enough."""
    light = scene(side=120)
    one, other = light[20:84, 30:100], light[27:91, 18:88]

    (down, right), alike = _anywhere(one, other)

    whole = np.ones(one.shape, dtype=bool)
    theirs, *_ = phase_cross_correlation(
        other.double().numpy(), one.double().numpy(), reference_mask=whole, moving_mask=whole,
        overlap_ratio=0.5,
    )  # fmt: skip
    assert (down, right) == (-7, 12)
    assert theirs.tolist() == [-7, 12]
    assert alike == pytest.approx(1, abs=1e-6)


def test_what_no_frame_saw_is_unmeasured_and_everything_else_keeps_its_mask() -> None:
    [frame] = handheld([(0, 0)], (0,))

    moved = moved_back(frame, [(3, -5)])

    inside = (..., slice(0, SIDE - 3), slice(5, SIDE))
    came_from = (..., slice(3, SIDE), slice(0, SIDE - 5))
    for name in ("data", "measured", "clipped", "generated"):
        assert torch.equal(getattr(moved, name)[inside], getattr(frame, name)[came_from])
    outside = torch.ones(SIDE, SIDE, dtype=torch.bool)
    outside[inside] = False
    assert not bool((moved.measured | moved.clipped)[0, 0][outside].any())
    assert float(moved.data[0, 0][outside].abs().max()) == 0
    assert int(moved_back(frame, [(SIDE + 9, 0)]).measured.sum()) == 0


def test_after_alignment_nothing_is_taken_for_a_ghost_and_the_light_is_right() -> None:
    shifts = [(8, -6), (0, 0), (-4, 10)]
    frames = handheld(shifts, (-4, -2, 0), BAYER)

    shaken = merge(frames, reference=1)
    merged = merge(frames, reference=1, align=True)

    assert merged.shifts == [[shift] for shift in shifts]
    assert max(shaken.rejected) > 0.03
    assert max(merged.rejected) < 2e-3  # of a still scene 1e-3 is asked for
    assert merged.left_out == []
    truth = seen_from(scene(), 0, 0)
    off = merged.frame.data[0, 0] * WHITE_E * 4 - truth
    worst = (off.abs() / (merged.variance[0, 0].sqrt() * WHITE_E * 4))[merged.frame.measured[0, 0]]
    assert float(worst.square().mean()) < 1.2
    assert dict(merged.frame.history)["merge"]["shifts"] == merged.shifts


def test_where_only_the_reference_looked_its_lost_highlight_stays_a_bound() -> None:
    light = scene()
    light[:, 40:70] = 50 * WELL_E  # a lamp down the left edge, lost in all frames
    frames = handheld([(0, 30), (0, 0)], (-3, 0), light=light)

    merged = merge(frames, reference=1, align=True)

    # Moved by 30 columns, the short frame says nothing of the last 30.
    left, right = merged.frame.measured[0, 0, :, :28], merged.frame.measured[0, 0, :, -30:]
    assert not bool(left.any())
    assert bool(merged.frame.clipped[0, 0, :, :28].all())
    assert float(merged.frame.data[0, 0, :, :28].min()) > 7
    reference = frames[1]
    assert torch.equal(right, reference.measured[0, 0, :, -30:])
    assert torch.equal(merged.frame.clipped[0, 0, :, -30:], reference.clipped[0, 0, :, -30:])
    beyond = reference.clipped[0, 0, :, -30:]
    values = merged.frame.data[0, 0, :, -30:][beyond]
    torch.testing.assert_close(values, reference.data[0, 0, :, -30:][beyond])


def test_pictures_are_aligned_by_their_order_without_knowing_a_response() -> None:
    light = (scene() / (2 * WELL_E)).expand(1, 3, -1, -1)
    shifts, pictures = [(0, 0), (9, -11)], []
    for (down, right), gain in zip(shifts, (0.25, 1.0), strict=True):
        code = Response.srgb().encode((gain * 4 * light).clamp(0, 1))
        code = code[..., 40 - down : 280 - down, 40 - right : 280 - right]
        linear = Response.power(1.8).decode((code * 255).round() / 255)
        clipped = (code >= 1).all(dim=1, keepdim=True)
        pictures.append(Frame.start(linear, Domain.LINEAR, clipped=clipped))

    merged = merge(pictures, response=Response.power(1.8), reference=0, align=True,
                   exposures=(1, 4))  # fmt: skip

    assert merged.shifts == [[(0, 0)], [(9, -11)]]
