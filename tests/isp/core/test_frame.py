"""A frame keeps pixels, meaning, masks and history together, and goes one way."""

from dataclasses import FrozenInstanceError, replace

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.frame import Frame, reopen
from isp.core.response import Response
from isp.core.shot import Shot
from isp.stages.demosaic.bilinear import BilinearDemosaic
from isp.stages.white_balance import WhiteBalance

ALL = list(Domain)


def picture(domain: Domain, **rest: object) -> Frame:
    data = torch.linspace(0, 1, 2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    return Frame.start(data, domain, **rest)  # type: ignore[arg-type]


def test_without_masks_everything_was_measured() -> None:
    frame = Frame.start(torch.zeros(1, 1, 2, 3), Domain.RAW)

    assert bool(frame.measured.all())
    assert not bool(frame.clipped.any())
    assert not bool(frame.generated.any())


def test_what_is_clipped_is_not_measured_unless_said() -> None:
    clipped = torch.tensor([[[[True, False]]]])

    frame = Frame.start(torch.zeros(1, 1, 1, 2), Domain.RAW, clipped=clipped)

    assert frame.measured.tolist() == [[[[False, True]]]]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("domain", [Domain.RAW, Domain.CAMERA, Domain.LINEAR])
def test_a_value_that_is_no_finite_number_was_not_measured(domain: Domain, value: float) -> None:
    data = torch.zeros(1, domain.channels or 3, 2, 2)
    data[0, -1, 0, 1] = value

    frame = Frame.start(data, domain)
    said = Frame.start(data, domain, measured=torch.ones_like(frame.measured))

    expected = torch.ones_like(frame.measured)
    expected[0, -1, 0, 1] = False
    assert torch.equal(frame.measured, expected)
    assert torch.equal(said.measured, expected)
    assert not frame.clipped.any()
    is_raw = domain is Domain.RAW
    assert bool(torch.isfinite(frame.data).all()) == is_raw
    assert frame.history == ((("not_finite", {"values": 1}),) if is_raw else ())


@pytest.mark.parametrize("domain", ALL)
def test_masks_have_one_plane_and_three_in_camera(domain: Domain) -> None:
    frame = Frame.start(torch.zeros(2, domain.channels or 3, 4, 5), domain)

    assert frame.measured.shape == (2, 3 if domain is Domain.CAMERA else 1, 4, 5)


@pytest.mark.parametrize("domain", [d for d in ALL if d is not Domain.SCENE])
def test_planes_that_the_domain_has_not_are_refused(domain: Domain) -> None:
    with pytest.raises(FrameError, match=f"{domain.name} frame has {domain.channels} channels"):
        Frame.start(torch.zeros(1, 4, 2, 2), domain)


def test_a_spectral_scene_has_any_number_of_planes() -> None:
    assert Frame.start(torch.zeros(1, 31, 2, 2), Domain.SCENE).data.shape[1] == 31


def test_data_without_a_batch_are_refused() -> None:
    with pytest.raises(FrameError, match=r"\(b, c, h, w\)"):
        Frame.start(torch.zeros(3, 2, 2), Domain.LINEAR)


@pytest.mark.usefixtures("unchecked")  # the shape checker would speak first
@pytest.mark.parametrize("mask", ["measured", "clipped", "generated"])
def test_a_mask_of_another_size_or_type_is_refused(mask: str) -> None:
    frame = picture(Domain.LINEAR)

    with pytest.raises(FrameError, match=f"mask {mask}"):
        replace(frame, **{mask: torch.zeros(2, 1, 4, 4, dtype=torch.bool)})
    with pytest.raises(FrameError, match=f"mask {mask}"):
        replace(frame, **{mask: torch.zeros(2, 1, 4, 5)})


def test_a_shot_of_another_batch_is_refused() -> None:
    with pytest.raises(FrameError, match="3 images, but the batch has 2"):
        replace(picture(Domain.LINEAR), shot=Shot().for_batch(3))


def test_a_single_shot_is_spread_over_the_batch() -> None:
    frame = picture(Domain.LINEAR, shot=Shot.single(iso=100.0))

    assert frame.shot.iso.tolist() == [100.0, 100.0]
    assert frame.shot.item.tolist() == [0, 1]


def test_pixels_are_held_in_float32() -> None:
    frame = Frame.start(torch.tensor([[[[16383]]]], dtype=torch.int32), Domain.RAW)

    assert frame.data.dtype == torch.float32
    assert frame.data.item() == 16383


def test_a_frame_cannot_be_written_to() -> None:
    with pytest.raises(FrozenInstanceError):
        picture(Domain.LINEAR).domain = Domain.SDR  # type: ignore[misc]


def test_a_step_is_noted_and_the_frame_before_it_is_left_alone() -> None:
    before = picture(Domain.LINEAR)

    after = before.advance("tone", {"name": "filmic"}, data=before.data / 2, domain=Domain.SDR)

    assert after.history == (("tone", {"name": "filmic"}),)
    assert after.domain is Domain.SDR
    assert before.history == ()
    assert before.domain is Domain.LINEAR
    assert torch.equal(after.data, before.data / 2)


@pytest.mark.parametrize("start", [d for d in ALL if d >= Domain.CAMERA])
@pytest.mark.parametrize("end", ALL)
def test_a_step_never_goes_back(start: Domain, end: Domain) -> None:
    frame = picture(start)
    if end < start:
        with pytest.raises(DomainError, match=f"go back from {start.name} to {end.name}"):
            frame.advance("step", {}, domain=end)
    elif start is not Domain.CAMERA or end is Domain.CAMERA:
        assert frame.advance("step", {}, domain=end).domain is end


def test_selected_images_keep_their_pixels_masks_and_items() -> None:
    clipped = torch.zeros(2, 1, 4, 5, dtype=torch.bool)
    clipped[1, 0, 2, 3] = True
    frame = picture(Domain.LINEAR, clipped=clipped)

    second = frame.select(slice(1, 2))

    assert torch.equal(second.data, frame.data[1:])
    assert int(second.clipped.sum()) == 1
    assert int(second.measured.sum()) == 19
    assert second.shot.item.tolist() == [1]


def test_a_profile_that_is_needed_and_missing_is_asked_for() -> None:
    with pytest.raises(FrameError, match="--camera"):
        picture(Domain.LINEAR).need_profile()


def test_an_8_bit_picture_is_reopened_as_the_scene_it_encoded() -> None:
    linear = picture(Domain.LINEAR)
    response = Response.power(2.2)
    sdr = linear.advance("encode", {}, data=response.encode(linear.data), domain=Domain.SDR)

    scene = reopen(sdr, Domain.SCENE, decode=response)

    assert scene.domain is Domain.SCENE
    # Encoding and decoding interpolate the same table: there and back to float32 rounding, whose
    # step at 1.0 is 6e-8, times the curve's steepest inverse slope of 2.2.
    torch.testing.assert_close(scene.data, linear.data, atol=3e-7, rtol=0)
    assert [name for name, _ in scene.history] == ["encode", "reopen"]
    assert scene.history[-1][1] == {"from": "SDR", "as": "SCENE", "decode": "power 2.2"}


def test_reopening_keeps_masks_and_primaries_and_says_linear() -> None:
    clipped = torch.zeros(2, 1, 4, 5, dtype=torch.bool)
    clipped[0, 0, 0, 0] = True
    colour = Colour(primaries=PRIMARIES["p3"], transfer="srgb", anchor_cd_m2=100.0)
    sdr = picture(Domain.SDR, clipped=clipped, colour=colour)

    linear = reopen(sdr, Domain.LINEAR, decode=Response.srgb())

    assert torch.equal(linear.clipped, clipped)
    assert torch.equal(linear.measured, ~clipped)
    assert linear.colour == Colour(primaries=PRIMARIES["p3"], transfer="linear", anchor_cd_m2=100.0)


@pytest.mark.parametrize("as_", [Domain.SCENE, Domain.LINEAR])
def test_an_hdr_picture_is_reopened_as_it_is(as_: Domain) -> None:
    hdr = picture(Domain.HDR)

    assert torch.equal(reopen(hdr, as_).data, hdr.data)
    assert reopen(hdr, as_).domain is as_


@pytest.mark.parametrize("as_", [d for d in ALL if d not in (Domain.SCENE, Domain.LINEAR)])
def test_a_picture_is_reopened_as_scene_or_linear_only(as_: Domain) -> None:
    with pytest.raises(DomainError, match="SCENE or LINEAR"):
        reopen(picture(Domain.HDR), as_)


@pytest.mark.parametrize("domain", [d for d in ALL if d < Domain.LINEAR])
def test_an_unfinished_picture_is_not_reopened(domain: Domain) -> None:
    frame = Frame.start(torch.zeros(1, domain.channels or 3, 2, 2), domain)

    with pytest.raises(DomainError, match=domain.name):
        reopen(frame, Domain.SCENE)


def test_an_encoded_picture_needs_its_response_and_a_linear_one_has_none() -> None:
    with pytest.raises(DomainError, match="response"):
        reopen(picture(Domain.SDR), Domain.SCENE)
    with pytest.raises(DomainError, match="response"):
        reopen(picture(Domain.HDR), Domain.SCENE, decode=Response.srgb())


BALANCE = Shot.single(white_balance=(2.0, 1.0, 1.5))


def test_a_balance_that_the_shot_knows_is_in_the_data_only_where_it_was_applied() -> None:
    mosaic = Frame.start(torch.ones(1, 1, 2, 2), Domain.MOSAIC, shot=BALANCE)

    balanced = WhiteBalance(Cfa.RGGB).develop(mosaic)

    assert mosaic.applied_balance is None
    assert balanced.applied_balance is not None
    assert balanced.applied_balance.tolist() == [[2.0, 1.0, 1.5]]


def test_camera_colours_that_were_never_balanced_do_not_count_as_balanced() -> None:
    raw = Frame.start(torch.ones(1, 1, 4, 4), Domain.MOSAIC, shot=BALANCE)
    started = Frame.start(torch.ones(1, 3, 4, 4), Domain.CAMERA, shot=BALANCE)

    assert not BilinearDemosaic(Cfa.RGGB).develop(raw).balanced
    assert started.balanced  # CAMERA is white-balanced light unless it is said not to be
    assert Frame.start(started.data, Domain.CAMERA).applied_balance is None


def test_a_frame_never_counts_as_balanced_before_it_is_a_mosaic() -> None:
    with pytest.raises(FrameError, match="RAW is never white-balanced"):
        Frame.start(torch.ones(1, 1, 4, 4), Domain.RAW, balanced=True)


def test_a_picture_photographed_again_is_not_balanced() -> None:
    linear = replace(picture(Domain.LINEAR), balanced=True)

    assert not reopen(linear, Domain.SCENE).balanced


def test_a_balanced_frame_whose_shot_forgot_its_balance_is_refused() -> None:
    frame = replace(picture(Domain.CAMERA), balanced=True)

    with pytest.raises(FrameError, match="white_balance is not known"):
        _ = frame.applied_balance
