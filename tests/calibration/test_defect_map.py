"""The list of defects holds those that were put there, and no other."""

import numpy as np
import pytest

from calibration.defect_map import find_defects
from isp.core.errors import CalibrationError


def planes() -> tuple[np.ndarray, np.ndarray]:
    """A dark of 1 e- DSNU and a response of 0.8 % PRNU, 200 x 200."""
    draw = np.random.Generator(np.random.Philox(6))
    return draw.normal(0, 1, (200, 200)), draw.normal(0, 0.8, (200, 200))


def test_what_was_put_there_is_listed_and_nothing_else() -> None:
    dark, response = planes()
    dark[3, 4], dark[10, 11], response[50, 60], response[3, 4] = 90, -80, -70, 40

    found = find_defects(dark, response, frame_noise_e=3.0, frame_noise_percent=1.0)

    assert [(f.row, f.column, f.kind) for f in found.flaws] == [
        (3, 4, "hot"), (10, 11, "cold"), (50, 60, "weak"),
    ]  # fmt: skip
    assert found.flaws[0].departure == pytest.approx(90, abs=0.1)


def test_the_limit_is_what_shows_in_one_frame() -> None:
    dark, _ = planes()
    dark[3, 4] = 25  # 25 deviations of the pattern, less than 3 of a frame's noise of 10 e-

    quiet = find_defects(dark, None, frame_noise_e=1.0, frame_noise_percent=None)
    noisy = find_defects(dark, None, frame_noise_e=10.0, frame_noise_percent=None)

    assert len(quiet.flaws) == 1
    assert noisy.flaws == ()
    assert noisy.limits.dark_e == 30
    assert noisy.limits.response_percent is None


def test_a_normal_pattern_of_a_large_sensor_lists_none() -> None:
    draw = np.random.Generator(np.random.Philox(2))

    found = find_defects(
        draw.normal(0, 1, (1000, 1000)), None, frame_noise_e=0.1, frame_noise_percent=None
    )

    assert found.flaws == ()  # 0.05 are expected
    assert found.limits.dark_e == pytest.approx(5.45, rel=0.01)  # two-sided 5e-8


def test_a_list_of_a_tenth_of_the_photosites_is_refused() -> None:
    dark, _ = planes()
    dark[:, ::10] += 100

    with pytest.raises(CalibrationError, match="no list of defects"):
        find_defects(dark, None, frame_noise_e=1.0, frame_noise_percent=None)
