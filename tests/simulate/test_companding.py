"""Companding tables rise, end where the DN end, and have the steps they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isp.core.errors import ProfileError
from simulate.companding import piecewise_linear_table, square_root_table
from tests.simulate.plain_camera import camera

bits = st.integers(2, 12).flatmap(lambda out: st.tuples(st.integers(out, 16), st.just(out)))


def test_knees_are_where_they_were_asked_for() -> None:
    table = piecewise_linear_table([(512, 512), (1536, 768)], 12, 10)

    assert (len(table), table[512], table[768], table[1023]) == (1024, 512, 1536, 4095)
    steps = np.diff(table)
    assert set(steps[:512]) == {1}
    assert set(steps[512:768]) == {4}
    assert set(steps[768:]) == {10, 11}  # 2559 DN over 255 codes


def test_levels_between_knees_are_rounded_to_the_nearest_dn() -> None:
    assert piecewise_linear_table([(4, 4)], 4, 3) == (0, 1, 2, 3, 4, 8, 11, 15)  # 7.67, 11.33


def test_a_part_with_more_codes_than_dn_is_refused() -> None:
    with pytest.raises(ProfileError, match="from DN 0 to 100 it has the codes 0 to 200"):
        piecewise_linear_table([(100, 200)], 12, 10)
    with pytest.raises(ProfileError, match="rises by at least one"):
        piecewise_linear_table([(512, 512), (400, 600)], 12, 10)


def test_a_square_root_table_is_the_square_of_its_code() -> None:
    """Leica M8: 14 bit to 8, DN = code^2 / 4 but for the last of the white."""
    table = np.array(square_root_table(14, 8))

    codes = np.arange(256)
    expected = np.floor(16383 * (codes / 255) ** 2 + 0.5)
    assert (table[4:] == expected[4:]).all()
    assert table[:5].tolist() == [0, 1, 2, 3, 4]


def test_steps_around_black_are_the_finest() -> None:
    table = np.array(square_root_table(14, 10, black_level_dn=512))
    steps = np.diff(table)
    black = int(np.searchsorted(table, 512))

    assert table[black] == 512
    assert (table[0], table[-1]) == (0, 16383)
    assert steps[black] == steps[black - 1] == 1
    assert (np.diff(steps[black:]) >= -1).all()  # a whole DN of rounding
    assert steps[0] > 1


def test_the_step_over_the_shot_noise_is_even() -> None:
    """Step / sqrt(DN - black) is 2 sqrt(span) / codes from well above the unit steps."""
    table = np.array(square_root_table(16, 9))
    middle = (table[1:] + table[:-1]) / 2

    ratio = np.diff(table)[50:] / np.sqrt(middle[50:])

    wanted = 2 * np.sqrt(65535) / 511
    assert np.abs(ratio / wanted - 1).max() < 1 / np.diff(table)[50:].min()


@given(widths=bits, share=st.floats(0, 1))
def test_a_root_table_fits_any_profile_that_has_the_bits(
    widths: tuple[int, int], share: float
) -> None:
    bits_in, bits_out = widths
    black = int(share * (2**bits_in - 2))
    table = square_root_table(bits_in, bits_out, black)

    assert len(table) == 2**bits_out
    assert (table[0], table[-1]) == (0, 2**bits_in - 1)
    assert (np.diff(table) >= 1).all()
    if bits_in == 12:
        assert camera(linearization_table_dn=table).linearization_table_dn == table


@pytest.mark.parametrize(("bits_in", "bits_out"), [(8, 9), (33, 8), (20, 17), (8, 0)])
def test_bits_that_cannot_be_are_refused(bits_in: int, bits_out: int) -> None:
    with pytest.raises(ProfileError, match="companding goes"):
        square_root_table(bits_in, bits_out)
    with pytest.raises(ProfileError, match="companding goes"):
        piecewise_linear_table([], bits_in, bits_out)


def test_a_black_level_outside_the_range_is_refused() -> None:
    with pytest.raises(ProfileError, match="4095 is not in"):
        square_root_table(12, 8, 4095)
