"""A clipped colour comes back from the others where these say enough, and is marked as lost."""

import pytest
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.stages.highlights import Highlights
from isp.stages.rebuild_highlights import RebuildHighlights, reach

GAINS = (2.0, 1.0, 1.5)
SURFACE = (0.5, 0.9, 0.3)  # of the light, after the balance


def clipped_frame(truth: Tensor, cfa: Cfa, gains: tuple[float, ...] = GAINS) -> Frame:
    """What a sensor without noise makes of balanced light: each colour ends at its gain."""
    level = cfa.spread(torch.tensor([gains]), *truth.shape[-2:])
    clipped = truth >= level
    shot = Shot.single(white_balance=(gains[0], gains[1], gains[2]))
    return Frame.start(
        torch.minimum(truth, level), Domain.MOSAIC, shot=shot, clipped=clipped, balanced=True
    )


def step(light: tuple[float, float], cfa: Cfa, size: int = 48) -> Tensor:
    """A surface of one colour under two lights, side by side."""
    left, right = (torch.full((size, size // 2), value) for value in light)
    return torch.cat([left, right], 1) * cfa.spread(torch.tensor([SURFACE]), size, size)


def hill(top: float, cfa: Cfa, size: int = 48) -> Tensor:
    """A surface of one colour under light that rises to the middle."""
    line = torch.linspace(-1, 1, size // 6).repeat_interleave(6)  # one light a period
    light = 0.2 + top * torch.exp(-3 * (line[:, None] ** 2 + line[None, :] ** 2))
    return light * cfa.spread(torch.tensor([SURFACE]), size, size)


@pytest.mark.parametrize(
    ("cfa", "bright"),
    [(Cfa.RGGB, 2.0), (Cfa.GBRG, 2.0), (Cfa.XTRANS, 2.0), (Cfa.QUAD_RGGB, 2.0), (Cfa.RGGB, 4.5)],
)
def test_what_clipped_of_a_plain_surface_comes_back_exactly(cfa: Cfa, bright: float) -> None:
    """Green ends at 1.1 times the light, red at 4 and blue at 5: one colour is lost, then two."""
    truth = step((0.5, bright), cfa)
    frame = clipped_frame(truth, cfa)

    rebuilt = RebuildHighlights(cfa).develop(frame)

    away = torch.ones(48, dtype=torch.bool)
    away[24 - reach(cfa) : 24 + reach(cfa)] = False  # windows over the step hold both lights
    assert frame.clipped.any()
    torch.testing.assert_close(rebuilt.data[..., away], truth[..., away], rtol=1e-4, atol=1e-5)


def test_a_slope_of_light_is_followed_between_the_photosites() -> None:
    """Linear light has linear colours, which a tent interpolates without error."""
    line = torch.linspace(0.2, 3.5, 48)
    truth = line * Cfa.RGGB.spread(torch.tensor([SURFACE]), 48, 48)
    frame = clipped_frame(truth, Cfa.RGGB)

    rebuilt = RebuildHighlights(Cfa.RGGB).develop(frame).data

    inside = (slice(None), slice(None), slice(1, -1), slice(1, -1))
    assert frame.clipped.any()
    torch.testing.assert_close(rebuilt[inside], truth[inside], rtol=1e-3, atol=0)


def test_where_all_clipped_the_colour_is_kept_and_no_hole_is_left() -> None:
    frame = clipped_frame(step((0.5, 40.0), Cfa.RGGB), Cfa.RGGB)

    rebuilt = RebuildHighlights(Cfa.RGGB, white=0.0).develop(frame).data

    planes = Cfa.RGGB.pack(rebuilt)[0]
    level = torch.tensor([GAINS[0], GAINS[1], GAINS[1], GAINS[2]])
    wanted = torch.tensor([SURFACE[0], SURFACE[1], SURFACE[1], SURFACE[2]])
    for column in (18, 23):
        middle = planes[:, 12, column]
        assert bool((middle >= level).all())
        # At the edge a colour of the dark side stands beside lost ones; it is trusted by 4 / 48.
        torch.testing.assert_close(middle / middle.sum(), wanted / wanted.sum(), rtol=0.1, atol=0)
    assert planes[1, 12, 23] >= 0.99 * planes[1, 12, 12]


def test_light_that_is_lost_in_all_colours_goes_to_white_as_far_as_asked() -> None:
    frame = clipped_frame(step((0.5, 40.0), Cfa.RGGB), Cfa.RGGB)

    def middle(white: float) -> Tensor:
        planes = Cfa.RGGB.pack(RebuildHighlights(Cfa.RGGB, white=white).develop(frame).data)
        return planes[0, [0, 1, 3], 12, 18]

    kept, half, neutral = middle(0.0), middle(0.5), middle(1.0)
    # The three photosites lie side by side, in slightly different light.
    torch.testing.assert_close(neutral, neutral.mean().expand(3), rtol=5e-3, atol=0)
    torch.testing.assert_close(half, (kept + neutral) / 2, rtol=1e-6, atol=0)
    torch.testing.assert_close(neutral.sum(), kept.sum(), rtol=5e-3, atol=0)


def test_a_saturated_photosite_is_never_darker_than_its_level_nor_brighter_than_asked() -> None:
    truth = hill(40.0, Cfa.RGGB) + 3 * torch.rand(
        1, 1, 48, 48, generator=torch.Generator().manual_seed(2)
    )
    frame = clipped_frame(truth, Cfa.RGGB)

    rebuilt = RebuildHighlights(Cfa.RGGB, most=2.0).develop(frame).data

    level = Cfa.RGGB.spread(torch.tensor([GAINS]), 48, 48)
    assert bool((rebuilt >= torch.minimum(frame.data, level)).all())
    assert bool((rebuilt <= 2 * level + 1e-5).all())


def test_only_saturated_photosites_change_and_none_becomes_measured() -> None:
    frame = clipped_frame(hill(6.0, Cfa.RGGB), Cfa.RGGB)
    data, clipped = frame.data.clone(), frame.clipped.clone()
    data[..., 0, 0], clipped[..., 0, 0] = 0.0, True  # lost to the floor
    frame = Frame.start(data, Domain.MOSAIC, shot=frame.shot, clipped=clipped, balanced=True)

    rebuilt = RebuildHighlights(Cfa.RGGB).develop(frame)

    changed = rebuilt.data != frame.data
    assert changed.any()
    assert not bool((changed & ~frame.clipped).any())
    assert rebuilt.data[..., 0, 0] == 0
    assert torch.equal(rebuilt.measured, frame.measured)
    assert torch.equal(rebuilt.clipped, frame.clipped)
    assert not rebuilt.generated.any()


def test_the_error_is_below_that_of_the_cut() -> None:
    truth = hill(12.0, Cfa.RGGB)
    frame = clipped_frame(truth, Cfa.RGGB)
    lost = frame.clipped

    def stops(data: Tensor) -> float:
        return float(torch.log2(data[lost] / truth[lost]).abs().mean())

    assert stops(RebuildHighlights(Cfa.RGGB).develop(frame).data) < 0.5 * stops(
        Highlights(Cfa.RGGB).develop(frame).data
    )


def test_a_frame_that_is_clipped_everywhere_becomes_one_grey() -> None:
    """Nothing says a colour: a third each, and the least that clips red at 2."""
    frame = clipped_frame(torch.full((1, 1, 6, 6), 9.0), Cfa.RGGB)

    torch.testing.assert_close(
        RebuildHighlights(Cfa.RGGB).develop(frame).data, torch.full((1, 1, 6, 6), 2.0)
    )


def test_a_sensor_without_three_colours_and_a_limit_without_sense_are_refused() -> None:
    frame = Frame.start(torch.ones(1, 1, 4, 4), Domain.MOSAIC)

    with pytest.raises(FrameError, match="from R, G and B, but MONO has Y"):
        RebuildHighlights(Cfa.MONO).develop(frame)
    with pytest.raises(UsageError, match="not 1"):
        RebuildHighlights(Cfa.RGGB, most=1.0)
    with pytest.raises(UsageError, match=r"0 to 1 of the way to white, not 1\.5"):
        RebuildHighlights(Cfa.RGGB, white=1.5)
