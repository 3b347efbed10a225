"""Each opcode does to the pixels what the specification says, by numbers worked out by hand."""

import struct

import numpy as np
import pytest

from isp.files.dng_opcodes import Opcode
from isp.files.opcode_parameters import BadList, read_parameters
from isp.files.opcode_pixels import apply_in_turn, apply_opcode, listed, map_places
from tests.isp.files.opcode_samples import (
    area,
    bad_list,
    gain_map,
    opcode,
    per_line,
    polynomial,
)


def run(asked: Opcode, pixels: np.ndarray, list_number: int = 2) -> np.ndarray:
    """One plane in, one plane out."""
    parameters = read_parameters(asked)
    assert parameters is not None
    before = pixels.copy()
    changed, _ = apply_opcode(pixels[..., None], parameters, list_number)
    assert np.array_equal(pixels, before)
    return changed[..., 0]


def test_a_gain_map_is_bilinear_between_pixel_centres_and_holds_its_edge() -> None:
    # Points at 0.25 and 0.75 of the width; four pixels have their centres at 1/8, 3/8, 5/8, 7/8.
    gains = np.array([[[1.0], [3.0]]])

    changed = run(opcode(9, gain_map(area(), gains, (1, 0.5), (0, 0.25))), np.ones((2, 4)))

    assert changed.tolist() == [[1.0, 1.5, 2.5, 3.0]] * 2


def test_four_maps_serve_the_four_sites_of_a_bayer_mosaic() -> None:
    mosaic = np.ones((4, 6))
    for site in range(4):
        where = area(site // 2, site % 2, 4, 6, pitch=(2, 2))
        mosaic = run(opcode(9, gain_map(where, np.full((1, 1, 1), site + 1.0))), mosaic)

    assert mosaic.tolist() == [[1.0, 2.0] * 3, [3.0, 4.0] * 3] * 2


def test_planes_take_their_own_gains_and_the_last_for_what_is_missing() -> None:
    gains = np.array([[[2.0, 3.0]]])
    parameters = read_parameters(opcode(9, gain_map(area(planes=3), gains)))
    assert parameters is not None

    changed, _ = apply_opcode(np.ones((1, 1, 3)), parameters, 3)

    assert changed.tolist() == [[[2.0, 3.0, 3.0]]]


def test_light_above_white_and_below_black_goes_through() -> None:
    pixels = np.array([[-0.5, 0.9]])

    assert run(opcode(9, gain_map(area(), np.full((1, 1, 1), 4.0))), pixels).tolist() == [[-2, 3.6]]
    assert run(opcode(8, polynomial(area(), 0.0, 2.0)), pixels).tolist() == [[-1.0, 1.8]]


def test_a_polynomial_is_in_the_unit_of_its_list() -> None:
    assert run(opcode(8, polynomial(area(), 0.5, 1.0, 2.0)), np.array([[0.5]])).tolist() == [[1.5]]
    stored = run(opcode(8, polynomial(area(), 5.0, 2.0)), np.array([[100.0]]), list_number=1)
    assert stored.tolist() == [[205.0]]


def test_a_table_has_16_bits_and_holds_its_last_entry() -> None:
    table = opcode(7, area() + struct.pack(">I3H", 3, 10, 20, 65535))

    assert run(table, np.array([[0.0, 1.0, 2.0, 9.0]]), list_number=1).tolist() == [
        [10, 20, 65535, 65535]
    ]
    assert run(table, np.array([[-1.0, 1 / 65535, 0.5]])).tolist() == [
        [10 / 65535, 20 / 65535, 1.0]
    ]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (10, [[1, 1, 1], [2, 2, 2], [3, 3, 3]]),
        (11, [[1, 2, 3]] * 3),
        (12, [[0, 0, 0], [1, 1, 1], [2, 2, 2]]),
        (13, [[0, 1, 2]] * 3),
    ],
)
def test_rows_and_columns_are_added_to_and_scaled(code: int, expected: list[list[int]]) -> None:
    values = per_line(area(0, 0, 3, 3), 0, 1, 2)

    assert run(opcode(code, values), np.ones((3, 3))).tolist() == expected


def test_a_pitch_leaves_the_lines_between_alone() -> None:
    values = per_line(area(1, 0, 4, 4, pitch=(2, 2)), 5, 7)

    changed = run(opcode(10, values), np.zeros((4, 4)))

    assert changed.tolist() == [[0] * 4, [5, 0, 5, 0], [0] * 4, [7, 0, 7, 0]]


def test_vignetting_is_1_at_the_centre_and_all_coefficients_at_the_farthest_corner() -> None:
    radial = struct.pack(">7d", 0.5, 0.25, 0.125, 1.0, 2.0, 0.5, 0.5)

    changed = run(opcode(3, radial), np.ones((5, 9)))

    assert changed[2, 4] == 1.0
    assert changed[0, 0] == changed[4, 8] == pytest.approx(1 + 0.5 + 0.25 + 0.125 + 1 + 2)
    # r^2 at the middle of the right edge: 4^2 / (2^2 + 4^2) = 0.8.
    assert changed[2, 8] == pytest.approx(
        1 + 0.5 * 0.8 + 0.25 * 0.8**2 + 0.125 * 0.8**3 + 0.8**4 + 2 * 0.8**5
    )


def test_a_bad_green_takes_its_diagonal_neighbours_and_a_bad_red_those_two_away() -> None:
    dn = np.arange(49.0).reshape(7, 7)
    dn[2, 2] = dn[3, 2] = 9999  # red and green of RGGB
    expected = dn.copy()
    expected[2, 2] = np.mean([dn[0, 2], dn[4, 2], dn[2, 0], dn[2, 4]])
    expected[3, 2] = np.mean([dn[2, 1], dn[2, 3], dn[4, 1], dn[4, 3]])

    listed = run(opcode(5, bad_list([(2, 2), (3, 2)])), dn, list_number=1)
    constant = run(opcode(4, struct.pack(">2I", 9999, 0)), dn, list_number=1)

    assert np.array_equal(listed, expected)
    assert np.array_equal(constant, expected)


@pytest.mark.parametrize("phase", range(4))
def test_the_phase_says_which_sites_are_green(phase: int) -> None:
    # Planes of one value each: whatever is mended must come from its own colour.
    row, column = divmod(phase, 2)
    colours = np.array([[10.0, 20.0], [20.0, 30.0]])
    mosaic = np.tile(np.roll(colours, (-row, -column), (0, 1)), (5, 5))
    bad = [(4, 4), (4, 5), (5, 4), (5, 5), (0, 0), (9, 9)]
    spoilt = mosaic.copy()
    for place in bad:
        spoilt[place] = 0

    assert np.array_equal(run(opcode(5, bad_list(bad, phase=phase)), spoilt, 1), mosaic)


def test_a_bad_block_is_filled_from_its_rim_and_a_picture_of_bad_ones_stays() -> None:
    mosaic = np.full((16, 16), 50.0)
    block = mosaic.copy()
    block[4:12, 4:12] = 7

    assert (run(opcode(5, bad_list([], [(4, 4, 12, 12)])), block, 1) == 50).all()
    assert np.array_equal(run(opcode(5, bad_list([], [(0, 0, 16, 16)])), block, 1), block)


def test_a_line_lies_between_two_points_of_the_map_and_beyond_them_at_the_edge() -> None:
    before, behind, share = map_places(11, slice(1, 11, 2), 0.3, 0.2, 3)

    # Lines 1, 3, 5, 7, 9 of 11 lie at 1.5/11, 3.5/11, ...; the points at 0.2, 0.5 and 0.8.
    place = (np.arange(1, 11, 2) + 0.5) / 11
    np.testing.assert_allclose(
        0.2 + 0.3 * (before + share), np.clip(place, 0.2, 0.8), rtol=0, atol=1e-12
    )
    assert (behind == np.minimum(before + 1, 2)).all()
    assert before[0] == 0
    assert share[0] == 0


def test_a_map_of_a_million_points_costs_no_more_than_the_picture() -> None:
    import tracemalloc

    gains = np.linspace(1, 2, 1_000_000)[:, None, None]
    mosaic = np.ones((64, 64))
    parameters = opcode(9, gain_map(area(0, 0, 64, 64), gains, (1e-6, 1.0)))

    tracemalloc.start()
    amplified = run(parameters, mosaic, 2)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    place = (np.arange(64) + 0.5) / 64
    np.testing.assert_allclose(amplified[:, 0], 1 + place, rtol=0, atol=3e-6)
    assert most < 100e6  # the list itself and its gains; shares of each line would be 512 MB


def test_many_rectangles_mark_what_each_of_them_marks() -> None:
    """Against one slice after another; some are empty, some reach beyond, many overlap."""
    generator = np.random.default_rng(8)
    corners = generator.integers(0, 40, (300, 2))
    rectangles = np.concatenate([corners, corners + generator.integers(-2, 5, (300, 2))], axis=1)
    rectangles = np.concatenate([rectangles.clip(0), [[0, 0, 2**32 - 1, 1], [35, 50, 99, 99]]])
    points = np.array([[3, 30], [31, 3], [2**32 - 1, 0]])
    expected = np.zeros((32, 48), dtype=bool)
    for top, left, bottom, right in rectangles.tolist():
        expected[top:bottom, left:right] = True
    expected[3, 30] = expected[31, 3] = True

    found = listed(BadList(phase=0, points=points, rectangles=rectangles), (32, 48))

    assert np.array_equal(found, expected)


def test_opcodes_in_turn_are_opcodes_one_by_one() -> None:
    asked = [
        opcode(8, polynomial(area(), 0.1, 2.0)),
        opcode(12, per_line(area(), 1, 2, 3, 4)),
        opcode(5, bad_list([(1, 1)], [(2, 2, 3, 4)])),
    ]
    runs = [p for p in map(read_parameters, asked) if p is not None]
    pixels = np.random.default_rng(3).random((4, 5, 1))
    before, one_by_one = pixels.copy(), pixels

    together = apply_in_turn(pixels, runs, 2)

    for parameters in runs:
        one_by_one, _ = apply_opcode(one_by_one, parameters, 2)
    assert np.array_equal(together, one_by_one)
    assert np.array_equal(pixels, before)
