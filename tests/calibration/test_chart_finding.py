"""A chart is found wherever it is in the picture, and whichever way it lies."""

import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.chart_finding import find_chart
from calibration.colour_checker import reference_linear
from isp.core.errors import CalibrationError, MissingError

PITCH = 60


def drawn(quarter_turns: int, scale: float = 1.0) -> tuple[NDArray[np.float32], np.ndarray]:
    """A chart on a grey wall, sRGB codes, and its corner patches' centres."""
    light = np.full((600, 900, 3), 0.2)
    light[120:490, 200:690] = 0.02
    corners = np.array([[0, 0], [5, 0], [5, 3], [0, 3]]) * PITCH + (295.0, 215.0)
    for index, colour in enumerate(reference_linear()):
        row, column = divmod(index, 6)
        x, y = 295 + PITCH * column, 215 + PITCH * row
        light[y - 25 : y + 26, x - 25 : x + 26] = colour
    noise = np.random.default_rng(4).normal(0, 0.003, light.shape)
    light = np.clip(scale * (light + noise), 0, 1)
    code = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    for _ in range(quarter_turns):
        width = code.shape[1]
        code = np.rot90(code)
        corners = np.stack([corners[:, 1], width - 1 - corners[:, 0]], axis=1)
    return np.ascontiguousarray(code, dtype=np.float32), corners


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_chart_is_found_with_its_first_patch_first(turns: int) -> None:
    picture, corners = drawn(turns)

    chart = find_chart(picture)

    # The outline is settled in steps of a twentieth of the distance; windows reach 0.25 of 0.42.
    assert np.abs(chart.corners - corners).max() < 0.12 * PITCH


def test_a_picture_without_a_chart_says_how_to_point_it_out() -> None:
    wall = np.full((400, 600, 3), 0.5, np.float32)

    with pytest.raises(CalibrationError, match=r"no ColorChecker is found .* pass --corners"):
        find_chart(wall)


def test_without_the_detector_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "colour_checker_detection", None)

    with pytest.raises(MissingError, match=r"fullwell\[charts\].* or pass --corners"):
        find_chart(np.zeros((40, 60, 3), np.float32))
