"""Patches are averaged as they are, with the noise of the average, and refused by name."""

import numpy as np
import pytest
import torch

from calibration.chart import Chart
from calibration.chart_patches import PatchReadings, need_patches, read_patches
from isp.core.domain import Domain
from isp.core.errors import CalibrationError
from isp.core.frame import Frame
from isp.files.profile import load_profile

UPRIGHT = np.array([[10.0, 10.0], [60.0, 10.0], [60.0, 40.0], [10.0, 40.0]])


def numbered() -> np.ndarray:
    """A picture whose patches hold their number."""
    picture = np.full((50, 70), -1.0)
    for index in range(24):
        row, column = divmod(index, 6)
        picture[10 * row + 6 : 10 * row + 15, 10 * column + 6 : 10 * column + 15] = index
    return picture


def test_each_patch_gives_its_own_mean() -> None:
    data = torch.from_numpy(numbered())[None, None].expand(1, 3, -1, -1)

    read = read_patches(Frame.start(data, Domain.LINEAR), Chart(corners=UPRIGHT))

    assert read.means[:, 0].tolist() == list(range(24))
    assert read.measured.all()
    assert read.errors.max() == 0
    assert read.refused == ()


def test_a_mosaic_is_averaged_by_colour() -> None:
    profile = load_profile("GenericPhone")  # RGGB
    colours = profile.cfa.spread(torch.tensor([[1.0, 2.0, 4.0]]), 50, 70)
    frame = Frame.start(colours, Domain.MOSAIC, profile=profile)

    means = read_patches(frame, Chart(corners=UPRIGHT)).means

    assert (means == [1.0, 2.0, 4.0]).all()


def test_unmeasured_pixels_are_left_out_and_a_patch_that_has_many_is_marked() -> None:
    data = torch.from_numpy(numbered())[None, None].expand(1, 3, -1, -1).clone()
    measured = torch.ones(1, 1, 50, 70, dtype=torch.bool)
    measured[..., 8, 8] = False  # 1 of 25
    data[..., 8, 8] = 1e6
    frame = Frame.start(data, Domain.LINEAR, measured=measured)

    read = read_patches(frame, Chart(corners=UPRIGHT))

    assert read.means[0].tolist() == [0, 0, 0]
    assert read.refused == ("dark skin",)
    assert read.measured.tolist() == [False] + [True] * 23


def test_the_error_of_a_mean_is_the_scatter_over_the_root_of_the_count() -> None:
    data = torch.from_numpy(numbered())[None, None].expand(1, 3, -1, -1).clone()
    data[0, 0, 8:13:2, 8:13] += 1.0  # rows 8, 10, 12: 15 of the 25 pixels of dark skin's red

    read = read_patches(Frame.start(data, Domain.LINEAR), Chart(corners=UPRIGHT))

    # 15 ones and 10 zeros: the sample variance is 25 x 0.6 x 0.4 / 24 = 0.25.
    assert read.means[0, 0] == pytest.approx(0.6)
    assert read.errors[0, 0] == pytest.approx(0.5 / 5)
    assert read.errors[0, 1] == 0


def test_too_few_patches_are_refused_by_their_names() -> None:
    measured = np.ones(24, dtype=bool)
    measured[[15, 18]] = False
    read = PatchReadings(means=np.ones((24, 3)), errors=np.zeros((24, 3)), measured=measured)

    need_patches(read)
    with pytest.raises(CalibrationError, match=r"22 of 24 .* yellow, white 9.5; shoot .* darker"):
        need_patches(read, least=23)
    measured[19:22] = False
    with pytest.raises(CalibrationError, match="with a middle grey are needed"):
        need_patches(read)
