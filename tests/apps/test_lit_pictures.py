"""Pictures whose light is known: the chart says it, and is not seen by what is scored."""

from pathlib import Path

import numpy as np
import pytest
import torch

from apps.bench.metrics.angular_error import angular_error_deg
from apps.colour_check import check_colour
from apps.lit_pictures import _greys, _outside, lit_pictures

PATCHES = [
    {"center_xy": [20 + 10 * (i % 6), 30 + 10 * (i // 6)],
     "mean_minus_black": {"R": 1.0 + i, "G": 2.0, "B": 3.0}}
    for i in range(24)
]  # fmt: skip


def test_the_light_is_that_of_the_three_middle_greys() -> None:
    assert _greys(PATCHES) == (20.0 + 21 + 22, 6.0, 9.0)


def test_the_chart_and_its_frame_do_not_count() -> None:
    outside = _outside(PATCHES, (100, 120))[0, 0]

    inside = torch.zeros(100, 120, dtype=torch.bool)
    inside[22:69, 12:79] = True  # 0.75 of a distance of 10 around centres from 20, 30 to 70, 60
    assert inside[~outside].all()
    assert int((~outside).sum()) in range(45 * 65, 47 * 67 + 1)


def test_the_canon_s_light_is_the_one_its_found_chart_says(shared_data: Path) -> None:
    picture = lit_pictures(shared_data)["Canon 550D"]()
    gains = check_colour(shared_data / "colorchecker" / "canon_550d_colorchart.dng")

    chart = 1 / np.array(gains.results["chart"].gains)
    assert angular_error_deg(picture.light, chart) < 0.5  # windows placed by eye and found
    assert picture.measured.float().mean() == pytest.approx(0.9, abs=0.09)


def test_every_picture_is_read_with_black_at_0(shared_data: Path) -> None:
    for read in lit_pictures(shared_data).values():
        picture = read()
        assert -0.1 < float(picture.mosaic.min()) < 0.05
        assert 0.4 < float(picture.measured.float().mean()) < 1.0
