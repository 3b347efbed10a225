"""Values that lie several DN apart are measured by the converter's step, not by a DN."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from calibration.capture_folder import find_captures
from calibration.captures import CaptureSet, Stack
from calibration.code_step import common_step
from calibration.moments import gather
from calibration.noise import measure_noise

TIMES = 16


@pytest.mark.parametrize(
    ("frames", "step"),
    [
        ([[[64, 80], [96, 64]]], 16),
        ([[[65, 81], [97, 65]]], 16),
        ([[[64, 80], [96, 64]], [[64, 72], [80, 80]]], 8),
        ([[[64, 80], [96, 65]]], 1),
        ([[[0.5, 1.75]]], 1),
        ([[[64, 64]]], 0),
        ([[[64, 64]], [[76, 76]]], 12),
    ],
)
def test_the_step_is_the_greatest_common_divisor_of_the_distances(
    frames: list[list[list[float]]], step: int
) -> None:
    assert gather(np.array(frame) for frame in frames).step == step


def test_frames_alike_have_the_step_of_the_others() -> None:
    white, dark = gather([np.full((2, 2), 4080)]), gather([np.array([[64, 80], [96, 64]])])

    assert common_step([white, dark]) == 16
    assert common_step([white]) == 1


def test_the_last_code_of_wide_steps_counts_as_clipped() -> None:
    """4080 + 16 is above 4095: nothing brighter can be written."""
    frame = np.array([[64, 4080], [4064, 80]])

    assert gather([frame], limit_dn=4095).clipped[0, 0] == 0.25
    finer = frame + np.array([[0, 0], [0, 1]])
    assert gather([finer], limit_dn=4095).clipped[0, 0] == 0.0


def left_justified(captures: CaptureSet) -> CaptureSet:
    """The same 8 bits in the upper bits of 12."""

    def shifted(stack: Stack) -> Stack:
        def frames() -> Iterator[NDArray[np.uint16]]:
            for frame in stack.frames():
                yield frame.astype(np.uint16) * TIMES

        return replace(stack, frames=frames)

    stacks = tuple(shifted(stack) for stack in captures.stacks)
    return replace(captures, bit_depth=12, white_level_dn=4095.0, stacks=stacks)


def test_left_justified_captures_hide_what_their_converter_hides(shared_data: Path) -> None:
    """19.37 e- at most, the 8-bit set's own bound: sixteen times the values, the same electrons."""
    folder = shared_data / "flats_darks" / "emva1288_002_cmos_8bit"

    found = measure_noise(left_justified(find_captures(folder)), 100.0)

    assert found.figures["system_gain_dn_per_e"].value == pytest.approx(16 * 0.020439, rel=0.01)
    noise = found.figures["read_noise_e"]
    assert noise.value is None
    assert noise.high == pytest.approx(19.37, rel=0.005)
    assert "quantisation-limited" in noise.reason
    assert "16 DN apart" in noise.reason
    assert found.law is not None
    assert found.law.model == "none"
    assert "quantisation-limited" in found.dsnu[0, 0].total.reason
    assert any("multiples of 16 DN" in fault.what for fault in found.faults)
