"""A clipped pixel loses its false colour; everything measured is left alone."""

import torch

from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.stages.highlights import Highlights, limit_highlights


def test_a_clipped_white_turns_grey_instead_of_magenta() -> None:
    # All three photosites at 1, balanced by 2, 1, 1.5.
    camera = torch.tensor([2.0, 1.0, 1.5]).reshape(1, 3, 1, 1)

    limited = limit_highlights(camera, torch.ones(1, 1, 1, 1), torch.ones(1))

    assert limited.flatten().tolist() == [1.0, 1.0, 1.0]


def test_a_pixel_that_is_not_clipped_may_stay_above_the_limit() -> None:
    camera = torch.tensor([1.8, 0.9, 1.2]).reshape(1, 3, 1, 1)

    limited = limit_highlights(camera, torch.zeros(1, 1, 1, 1), torch.ones(1))

    assert torch.equal(limited, camera)


def test_channels_below_the_limit_keep_their_value_in_a_clipped_pixel() -> None:
    camera = torch.tensor([2.0, 0.3, -0.1]).reshape(1, 3, 1, 1)

    limited = limit_highlights(camera, torch.ones(1, 1, 1, 1), torch.ones(1))

    assert torch.equal(limited.flatten(), torch.tensor([1.0, 0.3, -0.1]))


def test_the_limit_is_the_lowest_gain_of_each_shot() -> None:
    gains = torch.tensor([[2.0, 1.0, 1.5], [0.5, 1.0, 3.0]])
    frame = Frame.start(
        torch.full((2, 3, 1, 2), 1.2),
        Domain.CAMERA,
        shot=Shot(white_balance=gains),
        clipped=torch.tensor([True, False]).reshape(1, 1, 1, 2).expand(2, 3, 1, 2),
    )

    limited = Highlights().develop(frame)

    expected = torch.tensor([[1.0, 1.2], [0.5, 1.2]]).reshape(2, 1, 1, 2).expand(2, 3, 1, 2)
    assert torch.equal(limited.data, expected)
    assert limited.history == (("highlights", {"limit": [1.0, 0.5]}),)


def test_one_clipped_channel_makes_the_whole_pixel_clipped() -> None:
    clipped = torch.tensor([False, True, False]).reshape(1, 3, 1, 1)
    frame = Frame.start(
        torch.full((1, 3, 1, 1), 2.0),
        Domain.CAMERA,
        shot=Shot.single(white_balance=(2.0, 1.0, 1.5)),
        clipped=clipped,
    )

    limited = Highlights().develop(frame)

    assert limited.data.eq(1).all()
    assert torch.equal(limited.clipped, clipped)


def test_a_frame_that_was_never_balanced_is_limited_at_white() -> None:
    frame = Frame.start(
        torch.full((1, 3, 1, 1), 1.7),
        Domain.CAMERA,
        clipped=torch.ones(1, 3, 1, 1, dtype=torch.bool),
    )

    assert Highlights().develop(frame).data.eq(1).all()
