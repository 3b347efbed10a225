"""OpenCV's calibration is asked as it is."""

import numpy as np
import pytest

from isp.core.errors import UsageError
from isp.files.peer_responses import opencv_response


def test_opencv_finds_a_power_camera_roughly() -> None:
    light = np.geomspace(1e-3, 1, 4000).reshape(40, 100, 1).repeat(3, axis=2)
    times = [0.25, 1.0, 4.0]
    pictures = [np.rint(255 * np.minimum(light * t, 1) ** 0.5).astype(np.uint8) for t in times]

    curve = opencv_response(pictures, times, "debevec")

    assert curve.shape == (256, 3)
    np.testing.assert_allclose(curve[200] / curve[100], 4.0, rtol=0.05)


def test_other_methods_are_refused() -> None:
    with pytest.raises(UsageError):
        opencv_response([], [], "magic")
