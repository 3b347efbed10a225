"""A denoised mosaic's white, brightness and noise, as a DNG says them."""

import struct
from dataclasses import replace
from typing import Any

import pytest
import torch

from apps.denoised_dng import (
    cut_at_white,
    noise_profile,
    noise_that_is_left,
    saturated,
    saturated_at_white,
    shown_brighter,
)
from apps.lost_light import ABOVE_MEASURED
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.tiff_tags import RawTag, numbers_of, tag_of


def mosaic(values: list[float], clipped: list[int], tags: list[RawTag] | None = None) -> Frame:
    lost = torch.zeros(1, 1, 1, len(values), dtype=torch.bool)
    lost[..., clipped] = True
    shot = replace(Shot(), tags={"tags": [tag.record() for tag in tags or []], "size": [1, 2]})
    data = torch.tensor(values).reshape(1, 1, 1, -1)
    return Frame.start(data, Domain.MOSAIC, clipped=lost, shot=shot)


def listed(tensor: torch.Tensor) -> list[Any]:
    return list(tensor.flatten().tolist())


def stops(value: float) -> RawTag:
    parts = struct.pack("<2i", round(value * 1000), 1000)
    return RawTag(ifd="main", code=50730, kind=10, count=1, payload=parts)


def test_what_is_cut_at_white_is_lost_and_counted_but_for_what_was_lost_before() -> None:
    cut, count = cut_at_white(mosaic([-0.01, 0.5, 1.0, 1.5, 4.0], [4]))

    assert count == 1
    assert listed(cut.data) == pytest.approx([-0.01, 0.5, 1.0, 1.0, 1.0])
    assert listed(cut.clipped) == [False, False, False, True, True]
    assert listed(cut.measured) == [True, True, True, False, False]
    assert cut.history[-1] == ("cut_at_white", {"values": 1})


def test_what_saturated_lies_at_sensor_white_and_the_floor_where_it_was_filled() -> None:
    came = mosaic([-0.01, 0.9, 0.997, 1.003, -0.01], [0, 2, 3, 4])
    filled = mosaic([0.02, 0.9, 0.997, 1.003, 0.6], [0, 2, 3, 4])

    picture, white = saturated_at_white(filled, saturated(came))

    assert white == 1.0
    assert listed(picture.data) == pytest.approx([0.02, 0.9, 1.0, 1.0, 0.6])


def test_white_is_above_the_brightest_denoised_light_so_that_nothing_is_cut() -> None:
    denoised = mosaic([0.5, 1.04, 1.0], [2])
    picture, white = saturated_at_white(denoised, saturated(denoised))

    assert white == pytest.approx(1.04 * ABOVE_MEASURED)
    assert listed(picture.data) == pytest.approx([0.5, 1.04, white])


def test_the_file_s_own_brightness_grows_by_the_ratio_in_stops() -> None:
    picture = shown_brighter(mosaic([0.1, 0.2], [], [stops(-0.3)]), 8.0)

    [tag] = [tag_of(record) for record in picture.shot.tags["tags"]]
    assert tag.code == 50730
    assert numbers_of(tag)[0] == pytest.approx(2.7)
    assert listed(picture.shot.need("baseline_exposure_ev")) == pytest.approx([3.0])
    assert picture.shot.tags["size"] == [1, 2]


def test_a_file_that_asked_for_nothing_asks_for_the_ratio_and_for_nothing_at_ratio_1() -> None:
    before = mosaic([0.1, 0.2], [])

    [tag] = [tag_of(record) for record in shown_brighter(before, 100.0).shot.tags["tags"]]

    assert numbers_of(tag)[0] == pytest.approx(6.643856)  # log2(100)
    assert shown_brighter(before, 1.0) is before


def test_a_brightness_of_nothing_over_nothing_counts_as_none_asked() -> None:
    none = RawTag(ifd="main", code=50730, kind=10, count=1, payload=struct.pack("<2i", 0, 0))

    [tag] = [tag_of(r) for r in shown_brighter(mosaic([0.1], [], [none]), 2.0).shot.tags["tags"]]

    assert numbers_of(tag)[0] == pytest.approx(1.0)


def test_a_noise_profile_is_pairs_of_slope_and_offset() -> None:
    values = struct.pack("<6d", 1e-4, 1e-6, 2e-4, 2e-6, 3e-4, 3e-6)
    tag = RawTag(ifd="main", code=51041, kind=12, count=6, payload=values)

    assert noise_profile(mosaic([0.1], [], [tag])) == [(1e-4, 1e-6), (2e-4, 2e-6), (3e-4, 3e-6)]
    assert noise_profile(mosaic([0.1], [])) == []


@pytest.mark.parametrize(
    ("scale", "strength", "expected"),
    [
        ("same", 1.0, (0.04e-4, 0.02e-6)),
        ("same", 0.5, (0.26e-4, 0.255e-6)),  # 0.25 of what came and 0.25 of what is left
        ("ratio", 1.0, (0.4e-4, 2e-6)),  # ten times the light: 10 S and 100 O
    ],
)
def test_noise_that_is_left_is_a_share_of_what_there_was(
    scale: str, strength: float, expected: tuple[float, float]
) -> None:
    settings = {"scale": scale, "ratio": 10.0, "strength": strength}

    [left] = noise_that_is_left([(1e-4, 1e-6)], settings, {"shot": 0.04, "dark": 0.02})

    assert left == pytest.approx(expected)
    assert noise_that_is_left([(1e-4, 1e-6)], settings, None) == []
