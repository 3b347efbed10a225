"""A colour-filter array is data: any pattern, any phase, any size."""

import pytest
import torch
from hypothesis import given
from torch import Tensor

from isp.core.cfa import Cfa, reflect_whole_periods
from isp.core.errors import ProfileError
from tests.strategies import BAYER_PHASES, PATTERNS, corners, mosaics, numbered, patterns, sizes


def test_the_four_phases_are_the_four_crops_of_one_pattern() -> None:
    crops = [Cfa.RGGB.crop(y, x) for y in (0, 1) for x in (0, 1)]

    assert crops == [Cfa.RGGB, Cfa.GRBG, Cfa.GBRG, Cfa.BGGR]
    assert [c.name for c in crops] == ["RGGB", "GRBG", "GBRG", "BGGR"]


@given(cfa=patterns, first=corners, second=corners)
def test_crops_add_up_and_repeat_with_the_period(
    cfa: Cfa, first: tuple[int, int], second: tuple[int, int]
) -> None:
    both = cfa.crop(first[0] + second[0], first[1] + second[1])

    assert cfa.crop(*first).crop(*second) == both
    assert cfa.crop(*cfa.period) == cfa


@given(cfa=patterns, corner=corners, size=sizes)
def test_the_crop_of_a_colour_map_is_the_colour_map_of_the_crop(
    cfa: Cfa, corner: tuple[int, int], size: tuple[int, int]
) -> None:
    (y, x), (height, width) = corner, size
    whole = cfa.colour_map(y + height, x + width)

    assert torch.equal(cfa.crop(y, x).colour_map(height, width), whole[y:, x:])


def test_xtrans_is_fujifilms_pattern() -> None:
    """Each 6 x 6 cell has 20 green, 8 red, 8 blue, and every row and column holds all three."""
    sites = Cfa.XTRANS.sites()

    assert [int((sites == c).sum()) for c in range(3)] == [8, 20, 8]
    for line in (*sites, *sites.T):
        assert set(line.tolist()) == {0, 1, 2}


def test_quad_and_nona_bayer_are_bayer_with_larger_sites() -> None:
    for cfa, factor in ((Cfa.QUAD_RGGB, 2), (Cfa.NONA_RGGB, 3)):
        large = Cfa.RGGB.sites().repeat_interleave(factor, 0).repeat_interleave(factor, 1)
        assert torch.equal(cfa.sites(), large)


def test_channels_come_in_canonical_order_whatever_the_phase() -> None:
    assert all(cfa.channels == ("R", "G", "B") for cfa in BAYER_PHASES)
    assert Cfa.RGBW.channels == ("R", "G", "B", "W")
    assert Cfa.RCCB.channels == ("R", "B", "C")
    assert Cfa.MONO.channels == ("Y",)


def test_only_the_four_phases_are_bayer() -> None:
    assert [cfa for cfa in PATTERNS if cfa.is_bayer] == BAYER_PHASES


def test_values_are_spread_by_the_colour_of_each_photosite() -> None:
    values = torch.tensor([[2.0, 1.0, 3.0], [20.0, 10.0, 30.0]])

    spread = Cfa.BGGR.spread(values, 3, 2)

    assert spread[0, 0].tolist() == [[3.0, 1.0], [1.0, 2.0], [3.0, 1.0]]
    assert spread[1, 0].tolist() == [[30.0, 10.0], [10.0, 20.0], [30.0, 10.0]]


@given(cfa=patterns, size=sizes)
def test_spreading_the_channel_numbers_gives_the_colour_map(
    cfa: Cfa, size: tuple[int, int]
) -> None:
    numbers = torch.arange(len(cfa.channels)).float().reshape(1, -1)

    assert torch.equal(cfa.spread(numbers, *size)[0, 0], cfa.colour_map(*size).float())


def test_site_values_are_spread_row_by_row() -> None:
    black = torch.tensor([[60.0, 64.0, 66.0, 70.0]])

    assert Cfa.RGGB.spread_sites(black, 3, 3)[0, 0].tolist() == [
        [60.0, 64.0, 60.0], [66.0, 70.0, 66.0], [60.0, 64.0, 60.0],
    ]  # fmt: skip


def test_site_values_of_another_number_are_refused() -> None:
    with pytest.raises(ProfileError, match="RGGB has 4 sites, but 3 values came"):
        Cfa.RGGB.spread_sites(torch.ones(1, 3), 2, 2)


def test_packed_planes_are_in_reading_order() -> None:
    packed = Cfa.GRBG.pack(numbered(2, 4))

    assert packed[0].tolist() == [[[0.0, 2.0]], [[1.0, 3.0]], [[4.0, 6.0]], [[5.0, 7.0]]]


@given(cfa=patterns, mosaic=mosaics(batch=2))
def test_unpacking_undoes_packing_at_any_size(cfa: Cfa, mosaic: Tensor) -> None:
    height, width = mosaic.shape[-2:]

    assert torch.equal(cfa.unpack(cfa.pack(mosaic), height, width), mosaic)


@given(cfa=patterns, size=sizes)
def test_a_packed_plane_holds_one_colour_even_where_it_was_padded(
    cfa: Cfa, size: tuple[int, int]
) -> None:
    height, width = size
    if height < cfa.period[0] or width < cfa.period[1]:
        return  # smaller than a period: there may be no photosite of the colour at all
    colours = cfa.colour_map(height, width).float().reshape(1, 1, height, width)

    packed = cfa.pack(colours)

    expected = cfa.sites().float().reshape(1, -1, 1, 1).expand_as(packed)
    assert torch.equal(packed, expected)


def test_an_odd_bayer_mosaic_is_mirrored_about_its_last_photosite() -> None:
    padded = reflect_whole_periods(numbered(3, 3), (2, 2), (0, 1, 0, 1))

    assert padded[0, 0].tolist() == [
        [0, 1, 2, 1], [3, 4, 5, 4], [6, 7, 8, 7], [3, 4, 5, 4],
    ]  # fmt: skip


@given(cfa=patterns, corner=corners, size=sizes)
def test_a_border_continues_the_colours_of_the_pattern(
    cfa: Cfa, corner: tuple[int, int], size: tuple[int, int]
) -> None:
    (height, width), (rows, columns) = size, cfa.period
    if height < rows or width < columns:
        return
    before_y, before_x = corner
    whole = cfa.colour_map(height, width).float().reshape(1, 1, height, width)

    padded = reflect_whole_periods(whole, cfa.period, (before_x, 3, before_y, 2))[0, 0]

    shifted = cfa.crop(-before_y % rows, -before_x % columns)
    assert torch.equal(padded, shifted.colour_map(*padded.shape).float())


@pytest.mark.parametrize("name", ["RGGB", "bggr", "XTRANS", "mono", "QUAD_RGGB"])
def test_a_pattern_is_found_by_its_name(name: str) -> None:
    assert Cfa.named(name).name == name.upper()


def test_a_pattern_is_written_as_rows() -> None:
    odd = Cfa.named("RGB/GBR/BRG")

    assert odd.period == (3, 3)
    assert odd.name == "RGB/GBR/BRG"
    assert Cfa.named("gr/bg") == Cfa.GRBG


def test_a_name_that_is_no_pattern_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ProfileError, match=r'"RGBG".*RGGB'):
        Cfa.named("RGBG")


@pytest.mark.parametrize(
    "pattern", [(), ((),), (("R", "G"), ("B",))], ids=["empty", "no columns", "ragged"]
)
def test_a_pattern_that_is_no_rectangle_is_refused(pattern: tuple[tuple[str, ...], ...]) -> None:
    with pytest.raises(ProfileError, match="filled rectangle"):
        Cfa(pattern)


def test_an_unknown_filter_is_refused_by_its_letter() -> None:
    with pytest.raises(ProfileError, match=r"\['M'\]"):
        Cfa((("M", "G"),))
