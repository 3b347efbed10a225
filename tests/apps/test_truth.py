"""The truth of a capture is the scene on the scale of the sensor."""

from pathlib import Path

import numpy as np
import pytest
import torch

from apps.developing import develop
from apps.truth import truth_in_linear
from isp.core.colour import PRIMARIES, Colour
from isp.core.domain import Domain
from isp.core.errors import FrameError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.profile import load_profile
from simulate.sensor import Sensor
from tests.apps.samples import (
    BLACK_DN,
    D850_ISO400_DN_PER_E,
    ELECTRONS_PER_UNIT,
    GREY,
    SIZE,
    WHITE_DN,
)

SHOT = Shot.single(exposure_time_s=1 / 25, f_number=2.8, iso=400)
SENSOR = Sensor(load_profile("NikonD850"))


def flat(values: tuple[float, float, float], space: str = "bt709") -> Frame:
    light = torch.tensor(values).reshape(1, 3, 1, 1).expand(1, 3, *SIZE).contiguous()
    return Frame.start(light, Domain.SCENE, colour=Colour(primaries=PRIMARIES[space]))


def test_the_truth_of_grey_is_electrons_times_gain_over_the_range_of_dn() -> None:
    light = flat((GREY, GREY, GREY))

    truth = truth_in_linear(light, SENSOR.expose(light, SHOT))

    by_hand = GREY * ELECTRONS_PER_UNIT * D850_ISO400_DN_PER_E / (WHITE_DN - BLACK_DN)
    np.testing.assert_allclose(truth, np.full((*SIZE, 3), by_hand), rtol=1e-6)


def test_the_truth_is_in_bt709_whatever_the_scene_is_in() -> None:
    red_of_bt2020 = flat((1.0, 0.0, 0.0), "bt2020")

    truth = truth_in_linear(red_of_bt2020, SENSOR.expose(red_of_bt2020, SHOT))

    # BT.2087-0: BT.2020 red in linear BT.709 is (1.6605, -0.1246, -0.0182).
    per_unit = ELECTRONS_PER_UNIT * D850_ISO400_DN_PER_E / (WHITE_DN - BLACK_DN)
    np.testing.assert_allclose(truth[0, 0] / per_unit, [1.6605, -0.1246, -0.0182], atol=6e-5)


def test_developing_the_expected_dn_gives_the_truth_to_the_rounding_of_dn(tmp_path: Path) -> None:
    light = flat((GREY, GREY, GREY))
    expected = SENSOR.expose(light, SHOT)

    developed = develop(SENSOR.expected_dn(expected), preset="hdr_linear")

    # Half a DN on each channel, times its gain; the matrix's rows sum to 1 but have weights of
    # up to 2 in absolute value.
    neutral = dict(expected.history)["expose"]["neutral"]
    tolerance = 0.5 / min(neutral) / (WHITE_DN - BLACK_DN) * 2
    truth = truth_in_linear(light, expected)
    assert abs(developed.data[0].permute(1, 2, 0).double().numpy() - truth).max() < tolerance


def test_a_frame_that_was_not_exposed_has_no_truth() -> None:
    light = flat((GREY, GREY, GREY))

    with pytest.raises(FrameError, match="the frame that `expose` made"):
        truth_in_linear(light, light)
