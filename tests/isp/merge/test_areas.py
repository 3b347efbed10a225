"""Rectangles hold all that was asked, do not touch, and keep the mosaic's phase."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from isp.merge.areas import areas


@given(
    seed=st.integers(0, 2**16), share=st.floats(0, 0.02), size=st.tuples(*[st.integers(1, 90)] * 2)
)
def test_each_place_lies_in_one_rectangle_and_those_are_apart(
    seed: int, share: float, size: tuple[int, int]
) -> None:
    lit = torch.rand(2, 1, *size, generator=torch.Generator().manual_seed(seed)) < share

    found = areas(lit, (2, 3), apart=3, margin=5)

    times = torch.zeros(size, dtype=torch.int)
    for area in found:
        times[area.inner] += 1
    assert int(times.max()) <= 1
    assert bool((times > 0)[lit.any(dim=0)[0]].all())
    for i, one in enumerate(found):
        for other in found[:i]:
            gaps = [
                max(a.start - b.stop, b.start - a.stop)
                for a, b in zip(one.inner, other.inner, strict=True)
            ]
            assert gaps[0] >= 6 or gaps[1] >= 9


def test_nowhere_is_no_rectangle() -> None:
    assert areas(torch.zeros(1, 1, 9, 9, dtype=torch.bool), (2, 2), apart=2, margin=1) == []


@pytest.mark.parametrize("place", [(0, 0), (11, 46), (40, 49)])
def test_the_margin_ends_at_the_picture_and_between_periods(place: tuple[int, int]) -> None:
    lit = torch.zeros(1, 1, 41, 50, dtype=torch.bool)
    lit[..., place[0], place[1]] = True

    [area] = areas(lit, (6, 6), apart=1, margin=2)

    for part, outer, n in zip(area.inner, area.outer, (41, 50), strict=True):
        assert part.start % 6 == 0
        assert outer.start == max(0, part.start - 12)
        assert outer.stop == min(n, part.stop + 12)
    whole = torch.arange(41 * 50).reshape(41, 50)
    assert torch.equal(whole[area.outer][area.inner_of_outer], whole[area.inner])


def test_rectangles_around_one_another_become_one() -> None:
    lit = torch.zeros(1, 1, 40, 40, dtype=torch.bool)
    lit[..., 0, :] = lit[..., :, 0] = True  # its rectangle is the picture
    lit[..., 20, 20] = True

    assert len(areas(lit, (1, 1), apart=4, margin=0)) == 1
