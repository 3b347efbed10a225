"""What an opcode says is read as the specification lays it out, and nonsense costs one error."""

import struct
from typing import Any

import numpy as np
import pytest

from isp.files.opcode_parameters import (
    BadList,
    GainMap,
    MapPolynomial,
    PerLine,
    Vignette,
    Warp,
    read_parameters,
)
from tests.isp.files.opcode_samples import (
    area,
    bad_list,
    gain_map,
    opcode,
    per_line,
    polynomial,
    warp,
)

HUGE = 4_000_000_000


def test_a_gain_map_has_its_planes_fastest() -> None:
    gains = np.arange(12, dtype=np.float32).reshape(2, 3, 2)

    said = read_parameters(opcode(9, gain_map(area(1, 0, 9, 8, pitch=(2, 2)), gains, (0.5, 0.25))))

    assert isinstance(said, GainMap)
    assert np.array_equal(said.gains, gains)
    assert (said.spacing, said.origin) == ((0.5, 0.25), (0.0, 0.0))
    assert (said.area.top, said.area.row_pitch, said.area.column_pitch) == (1, 2, 2)


def test_a_map_of_one_point_needs_no_spacing() -> None:
    # The spacing between points that are not there: phones write 0, 1 or nonsense.
    said = read_parameters(opcode(9, gain_map(area(), np.ones((1, 1, 1)), (0.0, float("nan")))))

    assert isinstance(said, GainMap)
    assert said.spacing == (1.0, 1.0)


def test_a_list_of_bad_photosites_has_points_and_rectangles() -> None:
    said = read_parameters(opcode(5, bad_list([(1, 2), (3, 4)], [(5, 6, 7, 8)], phase=2)))

    assert isinstance(said, BadList)
    assert said.phase == 2
    assert said.points.tolist() == [[1, 2], [3, 4]]
    assert said.rectangles.tolist() == [[5, 6, 7, 8]]


def test_polynomial_warp_and_vignette_keep_their_order() -> None:
    curve = read_parameters(opcode(8, polynomial(area(), 0.0, 1.0, -0.5)))
    bend = read_parameters(opcode(1, warp([(1, 2, 3, 4, 5, 6)] * 3, (0.25, 0.5))))
    fish = read_parameters(opcode(2, warp([(1, 2, 3, 4)])))
    dark = read_parameters(opcode(3, struct.pack(">7d", 1, 2, 3, 4, 5, 0.5, 0.25)))

    assert isinstance(curve, MapPolynomial)
    assert curve.coefficients == (0.0, 1.0, -0.5)
    assert isinstance(bend, Warp)
    assert (bend.coefficients[2], bend.centre, bend.is_fisheye) == (
        (1, 2, 3, 4, 5, 6),
        (0.25, 0.5),
        False,
    )
    assert isinstance(fish, Warp)
    assert (fish.coefficients, fish.is_fisheye) == (((1, 2, 3, 4),), True)
    assert isinstance(dark, Vignette)
    assert (dark.coefficients, dark.centre) == ((1, 2, 3, 4, 5), (0.5, 0.25))


@pytest.mark.parametrize(
    ("code", "by_rows", "adds"),
    [(10, True, True), (11, False, True), (12, True, False), (13, False, False)],
)
def test_deltas_and_scales_say_which_way_they_run(code: int, by_rows: bool, adds: bool) -> None:
    said = read_parameters(opcode(code, per_line(area(0, 0, 4, 8, pitch=(2, 4)), 1.5, 2.5)))

    assert isinstance(said, PerLine)
    assert (said.by_rows, said.adds, said.values.tolist()) == (by_rows, adds, [1.5, 2.5])


def test_an_unknown_number_says_nothing() -> None:
    assert read_parameters(opcode(14, b"whatever")) is None


HOSTILE: dict[str, tuple[int, bytes, str]] = {
    "bad points": (5, struct.pack(">3I", 0, HUGE, 0), "it says 32000000012 bytes"),
    "bad rectangles": (5, struct.pack(">3I", 0, 1, HUGE) + bytes(8), "it says 64000000020 bytes"),
    "table": (7, area() + struct.pack(">I", HUGE), "1 to 65536 entries, not 4000000000"),
    "table short": (7, area() + struct.pack(">I", 9) + bytes(2), "it says 54 bytes"),
    "degree": (8, area() + struct.pack(">I", HUGE), "degree 8 at most, not 4000000000"),
    "polynomial NaN": (8, polynomial(area(), float("nan")), "not all finite"),
    "map points": (
        9,
        area() + struct.pack(">2I4dI", HUGE, HUGE, 1, 1, 0, 0, HUGE),
        "it says .* bytes",
    ),
    "map of nothing": (9, gain_map(area(), np.ones((0, 2, 1))), "0 x 2 points"),
    "zero spacing": (9, gain_map(area(), np.ones((2, 2, 1)), (0.0, 1.0)), r"\(0.0, 1.0\) apart"),
    "NaN spacing": (9, gain_map(area(), np.ones((2, 2, 1)), (1.0, float("nan"))), "apart"),
    "NaN gain": (9, gain_map(area(), np.full((2, 2, 1), np.nan)), "gains are not all finite"),
    "negative gain": (9, gain_map(area(), np.full((2, 2, 1), -1.0)), "finite and positive"),
    "rows": (10, area() + struct.pack(">I", HUGE), "it says 16000000036 bytes"),
    "rows of the area": (10, per_line(area(0, 0, 4, 4), 1.0), "4 lines in steps of 1, not 1"),
    "infinite scale": (13, per_line(area(0, 0, 4, 1), float("inf")), "not all finite"),
    "no pitch": (8, polynomial(area(pitch=(0, 1)), 1.0), "a pitch or a number of planes of 0"),
    "no planes": (8, polynomial(area(planes=0), 1.0), "a pitch or a number of planes of 0"),
    "warp planes": (1, struct.pack(">I", HUGE), "1 to 4 planes, not 4000000000"),
    "warp NaN": (1, warp([(float("nan"),) * 6]), "not all finite"),
    "centre": (1, warp([(1.0,) * 6], (2.0, 0.5)), r"centre \(2, 0.5\) is not within 0..1"),
    "vignette short": (3, bytes(55), "it says 56 bytes"),
    "phase": (4, struct.pack(">2I", 0, 4), "0 to 3, not 4"),
    "nothing": (9, b"", "too short: 0 bytes"),
    "trim": (6, bytes(15), "it says 16 bytes"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_nonsense_costs_a_sentence_and_no_memory(case: str) -> None:
    code, parameters, words = HOSTILE[case]
    import tracemalloc

    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=f"OpcodeList2.*{words}"):
            read_parameters(opcode(code, parameters))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def cut_of(**sides: Any) -> tuple[slice, slice]:
    said = read_parameters(opcode(8, polynomial(area(**sides), 1.0)))
    assert isinstance(said, MapPolynomial)
    return said.area.cut(10, 12)


def test_an_area_is_cut_at_the_pictures_edge_and_an_empty_one_is_everything() -> None:
    assert cut_of(top=2, left=3, bottom=HUGE, right=HUGE) == (slice(2, 10, 1), slice(3, 12, 1))
    assert cut_of() == (slice(0, 10, 1), slice(0, 12, 1))
