"""A rolling shutter leans what moves and bands what flickers."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from simulate.rolling_shutter import Flicker, pan, roll, row_start_times, under_flicker


def scene_of(light: Tensor, clipped: Tensor | None = None) -> Frame:
    return Frame.start(light.reshape(1, 1, *light.shape[-2:]), Domain.SCENE, clipped=clipped)


def line(height: int, width: int, column: int) -> Frame:
    light = torch.zeros(height, width)
    light[:, column] = 1
    return scene_of(light)


def centroids(frame: Frame) -> Tensor:
    light = frame.data[0, 0].double()
    places = torch.arange(light.shape[1], dtype=torch.float64)
    return (light * places).sum(1) / light.sum(1)


def test_each_row_begins_a_row_time_later() -> None:
    assert row_start_times(4, 1e-5).tolist() == pytest.approx([0, 1e-5, 2e-5, 3e-5])
    assert torch.equal(row_start_times(2, 1e-5, first_row=2), row_start_times(4, 1e-5)[2:])


@pytest.mark.parametrize("speed", [300.0, -130.0])
def test_a_line_that_moves_sideways_leans(speed: float) -> None:
    """Row i sees it speed (i row_time + T / 2) further: its middle, while it moves on by v T."""
    row_time, exposure = 1e-3, 2e-3

    seen = pan(line(40, 60, 30), (0.0, speed), row_time, exposure)

    wanted = 30 + speed * (torch.arange(40).double() * row_time + exposure / 2)
    torch.testing.assert_close(centroids(seen), wanted, rtol=0, atol=1e-6)
    torch.testing.assert_close(seen.data.sum(-1), torch.ones(1, 1, 40), rtol=1e-6, atol=0)


def test_a_long_exposure_smears_by_speed_times_time() -> None:
    """A pixel wide and 8 smeared: variance 1/12 + 64/12, less 1/12 for counting at middles."""
    seen = pan(line(1, 40, 10), (0.0, 400.0), 0.0, 0.02)

    light = seen.data[0, 0, 0].double()
    places = torch.arange(40, dtype=torch.float64)
    variance = float((light * (places - centroids(seen)) ** 2).sum())
    # 32 samples a quarter of a pixel apart: 64/12 less (1/4)^2/12, and 1/8 for sharing between
    # two photosites: the mean of s (1 - s) over s = 1/8, 3/8, 5/8, 7/8 is 0.171875.
    assert variance == pytest.approx((64 - 1 / 16) / 12 + 0.171875, rel=1e-6)


def test_a_scene_that_moves_down_with_the_shutter_is_stretched() -> None:
    """Row i sees scene row i - v (i row_time): at half the shutter's speed, every row twice."""
    ramp = torch.arange(20.0).reshape(20, 1).expand(20, 3)

    seen = pan(scene_of(ramp), (500.0, 0.0), 1e-3, 0.0)

    assert seen.data[0, 0, :, 1].tolist() == pytest.approx([0.5 * i for i in range(20)])


def test_what_stands_still_is_what_it_was() -> None:
    light = torch.rand(7, 9, generator=torch.Generator().manual_seed(1))
    still = scene_of(light)

    torch.testing.assert_close(pan(still, (0.0, 0.0), 1e-4, 0.01).data, still.data)
    torch.testing.assert_close(roll(lambda t: still, 1e-4, 0.01, samples=3).data, still.data)


def test_a_scene_of_any_motion_is_exposed_row_by_row() -> None:
    """The same line as a function of time, whole pixels at a time."""
    seen = roll(lambda t: line(10, 30, 5 + round(t * 2000)), 1e-3, 0.0)

    assert centroids(seen).tolist() == [5.0 + 2 * i for i in range(10)]


def test_rolling_a_pan_is_panning() -> None:
    light = torch.rand(12, 16, generator=torch.Generator().manual_seed(6))
    speed, row_time, exposure = (70.0, -110.0), 2e-3, 5e-3
    samples = math.ceil(110 * exposure / 0.25)

    rolled = roll(lambda t: _moved(light, speed, t), row_time, exposure, samples)

    torch.testing.assert_close(
        rolled.data, pan(scene_of(light), speed, row_time, exposure).data, rtol=1e-5, atol=1e-6
    )


def _moved(light: Tensor, speed: tuple[float, float], t: float) -> Frame:
    """The scene at one moment, by bilinear interpolation of numpy."""
    height, width = light.shape
    rows = np.clip(np.arange(height) - speed[0] * t, 0, height - 1)
    columns = np.clip(np.arange(width) - speed[1] * t, 0, width - 1)
    across = np.stack([np.interp(columns, np.arange(width), row) for row in light.double().numpy()])
    down = np.stack([np.interp(rows, np.arange(height), c) for c in across.T]).T
    return scene_of(torch.from_numpy(np.ascontiguousarray(down)))


def test_masks_move_with_the_scene() -> None:
    clipped = torch.zeros(1, 1, 4, 9, dtype=torch.bool)
    clipped[..., 3] = True
    lit = scene_of(torch.ones(4, 9), clipped=clipped)

    panned = pan(lit, (0.0, 1000.0), 1e-3, 0.0)
    rolled = roll(lambda t: lit, 1e-3, 0.0)

    assert panned.clipped[0, 0].nonzero().tolist() == [[i, 3 + i] for i in range(4)]
    assert torch.equal(panned.measured, ~panned.clipped)
    assert torch.equal(rolled.clipped, clipped)
    assert panned.history[-1][0] == rolled.history[-1][0] == "rolling_shutter"


@pytest.mark.parametrize("exposure", [0.002, 0.0137, 0.03])
def test_rows_take_the_mean_of_the_lamp_over_their_own_exposure(exposure: float) -> None:
    """Against the average of 20 000 moments."""
    lamp = Flicker(frequency_hz=100.0, depth=0.6, phase_rad=0.8)
    starts = row_start_times(30, 3.1e-4)

    seen = under_flicker(torch.ones(1, 1, 30, 2), starts, torch.tensor([exposure]), lamp)

    moments = (np.arange(20_000) + 0.5) / 20_000 * exposure
    times = starts.numpy()[:, None] + moments
    mean = (1 + 0.6 * np.cos(2 * math.pi * 100 * times + 0.8)).mean(1)
    assert seen[0, 0, :, 1].tolist() == pytest.approx(mean.tolist(), abs=1e-6)


def test_bands_repeat_with_the_lamp_and_fade_with_the_exposure() -> None:
    """100 Hz at 20 us a row: a band every 500 rows; sinc(f T) of the depth at 2.5 ms is 0.9003."""
    starts, flat = row_start_times(2000, 2e-5), torch.ones(1, 1, 2000, 1, dtype=torch.float64)
    lamp = Flicker(depth=0.5)

    seen = under_flicker(flat, starts, torch.tensor([0.0025]), lamp)[0, 0, :, 0]

    spectrum = torch.fft.rfft(seen).abs() / 1000
    assert int(spectrum[1:].argmax()) + 1 == 4
    assert float(spectrum[4]) == pytest.approx(
        0.5 * math.sin(math.pi / 4) / (math.pi / 4), rel=1e-6
    )
    assert float(seen.mean()) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("periods", [1, 2, 5])
def test_an_exposure_of_whole_periods_shows_no_bands(periods: int) -> None:
    seen = under_flicker(
        torch.ones(1, 1, 50, 1), row_start_times(50, 1e-4), torch.tensor([periods / 100]), Flicker()
    )

    torch.testing.assert_close(seen, torch.ones(1, 1, 50, 1), rtol=0, atol=1e-6)


def test_each_image_has_its_own_exposure_under_the_lamp() -> None:
    light, starts = torch.ones(2, 3, 20, 4), row_start_times(20, 1e-4)

    pair = under_flicker(light, starts, torch.tensor([0.004, 0.01]), Flicker())

    alone = under_flicker(light[:1], starts, torch.tensor([0.004]), Flicker())
    torch.testing.assert_close(pair[:1], alone)
    torch.testing.assert_close(pair[1], light[1], rtol=0, atol=1e-6)


def test_times_that_cannot_be_are_refused() -> None:
    still = scene_of(torch.ones(2, 2))
    with pytest.raises(UsageError, match="row time"):
        row_start_times(2, -1.0)
    with pytest.raises(UsageError, match="row time"):
        pan(still, (0.0, 0.0), float("nan"), 0.0)
    with pytest.raises(UsageError, match="exposure"):
        pan(still, (0.0, 0.0), 0.0, -1.0)
    with pytest.raises(UsageError, match="speed"):
        pan(still, (0.0, float("inf")), 0.0, 0.0)
    with pytest.raises(UsageError, match="sample"):
        roll(lambda t: still, 0.0, 0.0, samples=0)
    with pytest.raises(FrameError, match="keeps its size"):
        roll(lambda t: scene_of(torch.ones(2, 2 + round(t))), 1.0, 0.0)
    with pytest.raises(UsageError, match="positive frequency"):
        Flicker(frequency_hz=0.0)
    with pytest.raises(UsageError, match="depth"):
        Flicker(depth=1.5)
