"""Light goes into files upright, in the space asked for, with a luminance for 1.0."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame
from isp.core.shot import Shot
from isp.files.light import check_finite, light_of, white_of
from tests.isp.files.samples import linear_frame, sdr_frame


def test_white_stays_white_and_red_becomes_what_the_report_prints() -> None:
    light = torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]]).T.reshape(1, 3, 1, 2)
    frame = Frame.start(light, Domain.LINEAR, colour=Colour())

    wide = light_of(frame, "bt2020", "a file")

    # ITU-R BT.2087, BT.709 to BT.2020.
    np.testing.assert_allclose(wide[0], [[1, 1, 1], [0.627404, 0.069097, 0.016391]], atol=1e-6)


def test_a_picture_shot_upright_on_its_side_is_turned() -> None:
    frame = replace(linear_frame(2, 3), shot=Shot.single(orientation=6))

    light = light_of(frame, "bt709", "a file")

    assert light.shape == (3, 2, 3)
    np.testing.assert_allclose(light[0, 0], frame.data[0, :, 1, 0])


def test_what_is_no_light_is_refused() -> None:
    with pytest.raises(DomainError, match=r"a file holds linear RGB light .* is in sdr"):
        light_of(sdr_frame(), "bt709", "a file")
    with pytest.raises(UsageError, match="no space is named"):
        light_of(linear_frame(), "adobe", "a file")
    two = Frame.start(torch.ones(2, 3, 1, 1), Domain.LINEAR)
    with pytest.raises(FrameError, match="a batch of 2"):
        light_of(two, "bt709", "a file")


def test_nan_is_counted() -> None:
    with pytest.raises(FrameError, match="2 values are NaN or infinite"):
        check_finite("a.png", np.array([1.0, np.nan, np.inf]))


def test_the_white_given_counts_before_the_frame_s_own_and_203() -> None:
    frame = linear_frame()

    assert white_of(frame, None) == 203
    anchored = replace(frame, colour=Colour(anchor_cd_m2=80.0))
    assert white_of(anchored, None) == 80
    assert white_of(anchored, 120.0) == 120
    with pytest.raises(UsageError, match="at most 10000"):
        white_of(frame, 20000.0)
