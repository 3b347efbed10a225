"""Lens distortion: places by the specification, pixels that come back straight, honest masks."""

import math

import pytest
import torch
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.stages.lens_distortion import (
    LensDistortion,
    resample,
    warp_fisheye,
    warp_rectilinear,
)

MIDDLE = torch.tensor([[0.5, 0.5]])


def places(size: tuple[int, int], *coefficients: float, centre: Tensor = MIDDLE) -> Tensor:
    """Source x, y of each pixel for one plane, (h, w, 2)."""
    return warp_rectilinear(size, torch.tensor([[coefficients]]), centre)[0, 0]


def test_a_corner_lies_one_radius_out_and_a_gain_of_half_halves_its_distance() -> None:
    source = places((3, 5), 0.5, 0.0, 0.0, 0.0, 0.0, 0.0)

    assert source[0, 0].tolist() == [1.0, 0.5]  # half-way to the middle (2, 1)
    assert source[1, 2].tolist() == [2.0, 1.0]


def test_the_radial_terms_are_powers_of_the_squared_radius() -> None:
    # (4, 3) is the middle of 7 x 9; (8, 3) is at dx = 4 / 5 of the corner's distance 5.
    source = places((7, 9), 1.0, 0.1, 0.01, 0.001, 0.0, 0.0)

    factor = 1 + 0.1 * 0.64 + 0.01 * 0.64**2 + 0.001 * 0.64**3
    assert source[3, 8].tolist() == pytest.approx([4 + 4 * factor, 3.0], abs=1e-5)


def test_the_tangential_terms_are_the_specifications() -> None:
    # At (8, 6) of 7 x 9: dx = 0.8, dy = 0.6, r = 1.
    source = places((7, 9), 1.0, 0.0, 0.0, 0.0, 0.01, 0.02)

    x = 0.8 + 2 * 0.01 * 0.8 * 0.6 + 0.02 * (1 + 2 * 0.64)
    y = 0.6 + 2 * 0.02 * 0.8 * 0.6 + 0.01 * (1 + 2 * 0.36)
    assert source[6, 8].tolist() == pytest.approx([4 + 5 * x, 3 + 5 * y], abs=1e-5)


def test_beside_the_centre_the_radius_reaches_to_the_farther_corner() -> None:
    source = places((1, 9), 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, centre=torch.tensor([[0.25, 0.5]]))

    # Centre at 2, radius 6: pixel 5 is half a radius out, 2 + 3 (1 + 0.25).
    assert source[0, 5, 0].item() == pytest.approx(5.75)


def test_a_fisheye_bends_by_the_arc_tangent() -> None:
    source = warp_fisheye((7, 9), torch.tensor([[[1.0, 0.5, 0.25, 0.125]]]), MIDDLE)[0, 0]

    t = math.atan(1.0)
    bent = t + 0.5 * t**3 + 0.25 * t**5 + 0.125 * t**7
    assert source[0, 0].tolist() == pytest.approx([4 - 4 * bent, 3 - 3 * bent], abs=1e-5)
    assert source[3, 4].tolist() == [4.0, 3.0]


@pytest.mark.parametrize("method", ["bicubic", "bilinear"])
def test_where_nothing_moves_the_picture_is_the_same(method: str) -> None:
    picture = torch.rand(1, 3, 21, 34, generator=torch.Generator().manual_seed(1))
    still = places((21, 34), 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)[None, None]

    torch.testing.assert_close(resample(picture, still, method), picture, rtol=0, atol=2e-5)


def test_bilinear_takes_its_share_of_both_neighbours_and_the_edge_goes_on() -> None:
    picture = torch.tensor([[[[0.0, 4.0, 8.0]]]])
    source = torch.tensor([[[[[0.25, 0.0], [1.5, 0.0], [7.0, 0.0]]]]])

    picked = resample(picture, source, "bilinear")

    assert picked.flatten().tolist() == pytest.approx([1.0, 6.0, 8.0], abs=1e-5)


def drawn(size: tuple[int, int], move: Tensor) -> Tensor:
    """A smooth picture drawn where its lines really fall: cosines of 24 pixels a period."""
    x, y = move[..., 0], move[..., 1]
    return 0.5 + 0.25 * torch.cos(x * 2 * math.pi / 24) * torch.cos(y * 2 * math.pi / 24)


def test_a_picture_that_a_lens_bent_comes_back_straight() -> None:
    size = (120, 160)
    lens = (0.97, -0.04, 0.01, 0.0, 0.0, 0.0)
    # The bent picture: drawn at the straight place of each of its pixels, found by iteration.
    own = places(size, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    straight = own.clone()
    for _ in range(40):
        straight = straight + own - at(straight, size, lens)
    bent = drawn(size, straight)[None, None].expand(1, 3, -1, -1)

    stage = LensDistortion(lens)
    corrected = stage.develop(Frame.start(bent, Domain.CAMERA)).data

    # Keys' kernel with a = -0.75 shifts a slope by up to 0.047 pixels (a quarter between two) and
    # raises a wave of 24 pixels by 0.4 % half-way: here slopes are 0.25 x 2 pi / 24 / 0.94.
    tolerance = 0.047 * 0.25 * 2 * math.pi / 24 / 0.94 + 0.0041 * 2 * 0.25
    wanted = drawn(size, own)
    assert abs(corrected[0, 0] - wanted)[3:-3, 3:-3].max() < tolerance
    assert abs(bent[0, 0] - wanted).max() > 0.1


def at(place: Tensor, size: tuple[int, int], lens: tuple[float, ...]) -> Tensor:
    """The polynomial at places between the pixels, worked out here."""
    height, width = size
    middle = torch.tensor([(width - 1) / 2, (height - 1) / 2])
    offset = (place - middle) / middle.norm()
    squared = offset.square().sum(dim=-1, keepdim=True)
    factor = lens[0] + lens[1] * squared + lens[2] * squared**2 + lens[3] * squared**3
    return middle + middle.norm() * factor * offset


def test_each_channel_has_its_own_lens() -> None:
    """Lateral chromatic aberration: red is drawn 1 % larger, blue 1 % smaller."""
    size = (101, 141)
    own = places(size, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    middle = own[50, 70]
    planes = [drawn(size, middle + (own - middle) / scale) for scale in (1.01, 1.0, 0.99)]
    frame = Frame.start(torch.stack(planes)[None], Domain.CAMERA)
    plain = (0.0,) * 5
    lens = LensDistortion((1.01, *plain, 1.0, *plain, 0.99, *plain))

    corrected = lens.develop(frame).data[0]

    inside = (slice(None), slice(3, -3), slice(3, -3))
    before = (torch.stack(planes) - planes[1])[inside].abs().max()
    after = (corrected - corrected[1])[inside].abs().max()
    assert before > 0.04
    assert after < 0.047 * 0.25 * 2 * math.pi / 24 + 0.0041 * 2 * 0.25  # as above


@pytest.mark.parametrize("method", ["bicubic", "bilinear"])
def test_what_comes_from_outside_is_unmeasured_but_not_clipped(method: str) -> None:
    frame = Frame.start(torch.rand(1, 3, 30, 40), Domain.CAMERA)
    wide = LensDistortion((1.2, 0.0, 0.0, 0.0, 0.0, 0.0), method=method)

    developed = wide.develop(frame)

    inside = torch.zeros(30, 40, dtype=torch.bool)
    # |x - 19.5| 1.2 <= 19.5 and |y - 14.5| 1.2 <= 14.5.
    inside[3:27, 4:36] = True
    inside[:, :] &= ((torch.arange(30) - 14.5).abs() * 1.2 <= 14.5)[:, None]
    inside[:, :] &= (torch.arange(40) - 19.5).abs() * 1.2 <= 19.5
    assert torch.equal(developed.measured[0], inside.expand(3, -1, -1))
    assert not bool(developed.clipped.any())


def test_one_lost_pixel_of_red_spoils_what_is_made_of_it_in_red_alone() -> None:
    clipped = torch.zeros(1, 3, 30, 40, dtype=torch.bool)
    clipped[0, 0, 15, 20] = True
    frame = Frame.start(torch.rand(1, 3, 30, 40), Domain.CAMERA, clipped=clipped)

    developed = LensDistortion((0.9, 0.02, 0.0, 0.0, 0.0, 0.0)).develop(frame)

    lost = ~developed.measured[0]
    assert torch.equal(lost, developed.clipped[0])
    assert 9 <= int(lost[0].sum()) <= 36  # 4 x 4 at the least, 5 x 5 at 0.9
    assert not bool(lost[1:].any())


def test_without_coefficients_nothing_changes() -> None:
    frame = Frame.start(torch.rand(1, 3, 5, 4), Domain.CAMERA)

    developed = LensDistortion().develop(frame)

    assert torch.equal(developed.data, frame.data)
    assert bool(developed.measured.all())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"coefficients": (1.0,) * 5}, "6 finite coefficients"),
        ({"coefficients": (float("nan"),) * 6}, "6 finite coefficients"),
        ({"centre": (0.5, 1.5)}, "in 0..1"),
        ({"method": "nearest"}, 'bicubic or bilinear, not "nearest"'),
    ],
)
def test_a_lens_that_cannot_be_is_refused(settings: dict, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        LensDistortion(**settings)
