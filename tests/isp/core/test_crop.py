"""A crop takes pixels and masks alike, after the demosaic, and says so."""

import pytest
import torch

from isp.core.crop import cropped, sensor_part
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.frame import Frame
from isp.core.sensor import Defect
from isp.files.profile import load_profile


def picture(domain: Domain = Domain.LINEAR) -> Frame:
    data = torch.arange(3 * 5 * 7).float().reshape(1, 3, 5, 7)
    planes = 3 if domain is Domain.CAMERA else 1
    clipped = torch.zeros(1, planes, 5, 7, dtype=torch.bool)
    clipped[..., 2, 4] = True
    return Frame.start(data, domain, clipped=clipped)


@pytest.mark.parametrize("domain", [Domain.CAMERA, Domain.LINEAR, Domain.SDR])
def test_pixels_and_masks_are_those_of_the_rectangle(domain: Domain) -> None:
    cut = cropped(picture(domain), 1, 3, 4, 2)

    assert cut.data[0, 0].tolist() == [[10, 11], [17, 18], [24, 25], [31, 32]]
    assert cut.clipped[0, 0].tolist() == [[False, False], [False, True], *[[False] * 2] * 2]
    assert torch.equal(cut.measured, ~cut.clipped)
    assert cut.history == (("crop", {"top": 1, "left": 3, "height": 4, "width": 2}),)


@pytest.mark.parametrize("place", [(-1, 0, 2, 2), (0, 6, 2, 2), (4, 0, 2, 2), (0, 0, 0, 3)])
def test_what_is_no_part_of_the_picture_is_refused(place: tuple[int, int, int, int]) -> None:
    with pytest.raises(FrameError, match="is no part of a picture of 7 x 5"):
        cropped(picture(), *place)


def test_a_mosaic_is_not_cut() -> None:
    mosaic = Frame.start(torch.zeros(1, 1, 4, 4), Domain.MOSAIC)

    with pytest.raises(DomainError, match="after the demosaic, not in MOSAIC"):
        cropped(mosaic, 1, 1, 2, 2)


def test_a_part_of_a_sensor_begins_like_the_whole_and_its_defects_move_along() -> None:
    defects = tuple(Defect(row=row, column=column) for row, column in ((4, 7), (10, 12), (30, 3)))
    profile = load_profile("SonyA7S2").with_fields(defects=defects)
    data = torch.arange(40.0 * 50).reshape(1, 1, 40, 50)
    lost = torch.zeros(1, 1, 40, 50, dtype=torch.bool)
    lost[..., 10, 12] = True
    frame = Frame.start(data, Domain.RAW, profile=profile, measured=~lost, clipped=lost)

    part = sensor_part(frame, 4, 6, 20, 30)

    assert torch.equal(part.data, data[..., 4:24, 6:36])
    assert [(d.row, d.column) for d in part.need_profile().defects] == [(0, 1), (6, 6)]
    assert part.clipped.nonzero().tolist() == [[0, 0, 6, 6]]
    assert torch.equal(part.measured, ~part.clipped)
