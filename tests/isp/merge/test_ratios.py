"""Exposure ratios out of the frames: unbiased, robust, with an error that can be believed."""

import math

import pytest
import torch

from isp.core.errors import CalibrationError
from isp.merge import ratios
from isp.merge.observation import Observation, observe
from isp.merge.ratios import by_brightness, exposure_ratio, measured_exposures
from tests.isp.merge.samples import CAMERA, ramp, taken

ONE = torch.ones(1)


def observed(evs: tuple[float, ...], seed: int = 1, side: int = 300) -> list[Observation]:
    return [observe(f, ONE, None) for f in taken(ramp(1.0, 5e4, side), evs, seed, CAMERA)]


@pytest.mark.parametrize("stops", [0.0, 0.1, 1.0, 2.0, 4.0])
def test_a_true_ratio_is_found_within_its_error(stops: float) -> None:
    darker, brighter = observed((-2, stops - 2))

    ratio = exposure_ratio(darker, brighter)

    assert abs(ratio.value - 2**stops) < 5 * ratio.standard_error
    assert ratio.standard_error < 1e-3 * ratio.value


def test_the_error_it_states_is_that_of_repetitions() -> None:
    found = [exposure_ratio(*observed((-2, 0), seed, 100)) for seed in range(16)]

    off = [(ratio.value - 4) / ratio.standard_error for ratio in found]

    # The mean square of 16 standard normals is 1 with a deviation of sqrt(2 / 16).
    assert sum(z**2 for z in off) / 16 == pytest.approx(1, abs=4 * math.sqrt(2 / 16))


def test_a_third_of_the_picture_moving_does_not_turn_it() -> None:
    darker, brighter = taken(ramp(100.0, 1e4), (-2, 0))
    moved = brighter.data.clone()
    moved[..., :100, :] = moved[..., :100, :].flip(-1)

    ratio = exposure_ratio(
        observe(darker, ONE, None),
        observe(brighter.advance("move", {}, data=moved), ONE, None),
    )

    assert ratio.value == pytest.approx(4, rel=5e-3)


def test_a_chain_goes_from_neighbour_to_neighbour() -> None:
    bracket = observed((0, -4, 2, -2))

    order = by_brightness(bracket)
    exposures, steps = measured_exposures(bracket, order, reference=3)

    assert order == [1, 3, 0, 2]
    assert exposures == pytest.approx([4, 1 / 4, 16, 1], rel=5e-3)
    assert exposures[3] == 1
    assert [step.value for step in steps] == pytest.approx([4, 4, 4], rel=5e-3)


def test_frames_with_nothing_in_common_are_named() -> None:
    bracket = observed((-12, 0), side=40)

    with pytest.raises(
        CalibrationError, match=r"frames 1 and 2: only .* samples are measured well"
    ):
        measured_exposures(bracket, [0, 1], 0)


def test_very_large_frames_are_thinned_out_in_all_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratios, "AT_MOST", 10_000)
    # Columns take turns between two lights: with an even step one of them would not be seen.
    stripes = torch.tensor([1000.0, 4000.0]).repeat(150).expand(300, 300).contiguous()
    large = [observe(f, ONE, None) for f in taken(stripes, (-1, 0))]

    ratio = exposure_ratio(*large)

    assert 100**2 - 10 < ratio.samples <= 100**2  # a few lie beyond 4 deviations
    mean = 50 * (1000 + 4000) / 100
    assert ratio.standard_error == pytest.approx(
        math.sqrt((mean + 4 * (mean / 2)) / 1e4) / (mean / 2), rel=0.1
    )
