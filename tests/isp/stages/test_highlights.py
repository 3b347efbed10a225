"""A clipped area loses its false colour; everything measured away from it is left alone."""

from dataclasses import replace

import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.stages.demosaic.malvar2004 import demosaic_malvar2004
from isp.stages.highlights import Highlights, limit_highlights

GAINS = torch.tensor([[2.0, 1.0, 1.5]])


def balanced(clipped: torch.Tensor, gains: torch.Tensor = GAINS) -> Frame:
    """A mosaic of sensor white, balanced, of which some photosites count as clipped."""
    batch, _, height, width = clipped.shape
    white = Cfa.RGGB.spread(gains, height, width).expand(batch, 1, height, width).clone()
    shot = Shot(white_balance=gains)
    return Frame.start(white, Domain.MOSAIC, shot=shot, clipped=clipped, balanced=True)


def test_a_clipped_white_is_neutral_whatever_the_balance() -> None:
    limited = Highlights(Cfa.RGGB).develop(balanced(torch.ones(1, 1, 6, 8, dtype=torch.bool)))

    assert limited.data.eq(1).all()


def test_a_photosite_away_from_clipping_may_stay_above_the_limit() -> None:
    mosaic = torch.tensor([[[[1.8, 0.9], [0.9, 1.2]]]])

    assert torch.equal(limit_highlights(mosaic, torch.zeros_like(mosaic), torch.ones(1)), mosaic)


def test_what_lies_below_the_limit_keeps_its_value_in_a_clipped_area() -> None:
    mosaic = torch.tensor([[[[2.0, 0.3, -0.1]]]])

    limited = limit_highlights(mosaic, torch.ones_like(mosaic), torch.ones(1))

    assert limited.flatten().tolist() == torch.tensor([1.0, 0.3, -0.1]).tolist()


def test_the_colours_beside_a_clipped_photosite_are_cut_with_it_and_no_others() -> None:
    clipped = torch.zeros(1, 1, 7, 7, dtype=torch.bool)
    clipped[..., 3, 3] = True
    frame = balanced(clipped)

    limited = Highlights(Cfa.RGGB).develop(frame)

    changed = limited.data != frame.data
    near = torch.zeros(1, 1, 7, 7, dtype=torch.bool)
    near[..., 2:5, 2:5] = True
    assert torch.equal(changed, near & (frame.data > 1))
    assert torch.equal(limited.clipped, clipped)


def test_the_limit_is_the_lowest_gain_of_each_shot() -> None:
    gains = torch.tensor([[2.0, 1.0, 1.5], [0.5, 1.0, 3.0]])

    limited = Highlights(Cfa.RGGB).develop(
        balanced(torch.ones(2, 1, 2, 2, dtype=torch.bool), gains)
    )

    assert limited.data[0].eq(1).all()
    assert limited.data[1].eq(0.5).all()
    assert limited.history == (("highlights", {"limit": [1.0, 0.5]}),)


def test_a_clipped_area_does_not_colour_its_grey_neighbour_when_demosaiced() -> None:
    # A dark neutral bar two photosites wide between clipped fields, as a window's frame.
    clipped = torch.ones(1, 1, 12, 14, dtype=torch.bool)
    clipped[..., 6:8] = False
    frame = balanced(clipped)
    dark = torch.where(clipped, frame.data, 0.02 * torch.ones_like(frame.data))

    limited = Highlights(Cfa.RGGB).develop(
        Frame.start(dark, Domain.MOSAIC, shot=frame.shot, clipped=clipped, balanced=True)
    )

    colours = demosaic_malvar2004(limited.data, Cfa.RGGB)[..., 3:-3, 3:-3]
    unlimited = demosaic_malvar2004(dark, Cfa.RGGB)[..., 3:-3, 3:-3]
    assert spread_of(colours) < 0.6 * spread_of(unlimited)


def spread_of(colours: torch.Tensor) -> float:
    """The largest difference between the channels of a pixel."""
    return float((colours.amax(dim=1) - colours.amin(dim=1)).max())


def test_a_frame_that_was_never_balanced_is_limited_at_white() -> None:
    frame = Frame.start(
        torch.full((1, 1, 2, 2), 1.7),
        Domain.MOSAIC,
        clipped=torch.ones(1, 1, 2, 2, dtype=torch.bool),
    )

    assert Highlights(Cfa.MONO).develop(frame).data.eq(1).all()


def test_a_mosaic_that_nobody_balanced_is_cut_at_sensor_white_whatever_the_shot_knows() -> None:
    """Red's gain of 0.5 was not applied: all colours saturate at 1, and nothing is cut below."""
    frame = balanced(torch.ones(1, 1, 4, 4, dtype=torch.bool), torch.tensor([[0.5, 1.0, 2.0]]))
    raw = replace(frame, data=torch.full((1, 1, 4, 4), 0.97), balanced=False)

    assert torch.equal(Highlights(Cfa.RGGB).develop(raw).data, raw.data)
    assert Highlights(Cfa.RGGB).develop(replace(raw, balanced=True)).data.eq(0.5).all()
