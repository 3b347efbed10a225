"""Dark current, black level and dark noise follow the darks' own exposure times."""

import numpy as np
import pytest

from calibration.captures import CaptureSet, Stack
from calibration.dark_times import DarkTimes, first_of_each
from calibration.noise import NoiseAtIso, measure_noise
from calibration.photon_transfer import Level, photon_transfer, pooled
from isp.core.cfa import Cfa
from tests.calibration.flat_camera import FlatCamera

# 0.1 to 1.5 s: 500 e- of dark current at 1 s are 125 DN, so what it is taken for shows.
CAMERA = FlatCamera(size=(64, 64), dark_current_e_per_s=500.0)
TIMES = tuple(round(0.1 * step, 1) for step in range(1, 16))
BLACK_DN = 60.0


def stack(time: float, *, dark: bool) -> Stack:
    """A pair; 28 000 photons, which fill the well, come in 1.2 s."""
    photons = 0.0 if dark else 28_000 / 1.2 * time
    return Stack(
        name=f"{dark} {time}", dark=dark, exposure_time_s=time, iso=100.0, photons=None, count=2,
        frames=lambda: CAMERA.frames(photons, time + (1e-8 if dark else 0)),
    )  # fmt: skip


def measured(dark_times: tuple[float, ...], flat_times: tuple[float, ...] = TIMES) -> NoiseAtIso:
    """Flats of all times with darks of some."""
    stacks = [stack(time, dark=False) for time in flat_times]
    captures = CaptureSet(
        camera="C", cfa=Cfa.MONO, bit_depth=12, white_level_dn=4095.0, black_level_dn=None,
        stacks=(*stacks, *(stack(time, dark=True) for time in dark_times)),
    )  # fmt: skip
    return measure_noise(captures, 100.0)


def series(times: list[float], means: list[float]) -> DarkTimes:
    """Darks of three replicates that are alike."""
    values = np.repeat(np.array(means)[:, None], 3, axis=1)
    return DarkTimes(times_s=np.array(times), mean_dn=values, variance_dn2=values / 10)


def test_the_line_runs_over_the_darks_times_to_exposure_time_0() -> None:
    darks = series([1, 2, 3, 4, 5, 6], [12, 14, 16, 18, 20, 22])

    assert darks.remark == ""
    np.testing.assert_allclose(darks.level_dn(), 10)
    np.testing.assert_allclose(darks.noise_dn2(), 1)
    np.testing.assert_allclose(darks.current_e_per_s(np.full(3, 0.5)), 4)


def test_two_times_are_no_line_and_say_which_they_are() -> None:
    darks = series([0.5, 2, 2], [11, 14, 14])

    np.testing.assert_allclose(darks.level_dn(), 13)
    assert "at the darks' exposure time of 0.5 and 2 s" in darks.remark


def test_a_dark_counts_once_however_many_flats_it_serves() -> None:
    one, other = object(), object()

    assert first_of_each([one, one, other, one]) == [0, 2]


def test_darks_of_all_times_give_the_cameras_dark_current() -> None:
    found = measured(TIMES)

    for name, truth in (("dark_current_e_per_s", 500.0), ("black_level_dn", BLACK_DN)):
        figure = found.figures[name]
        assert figure.value == pytest.approx(truth, abs=2 * figure.half_width)
        assert figure.reason == ""
    assert not any("no dark of their" in fault.what for fault in found.faults)


@pytest.mark.parametrize(("kept", "level_s"), [((0.7,), 0.7), ((0.1, 1.5), 0.8)])
def test_darks_of_fewer_times_than_the_flats_give_no_dark_current(
    kept: tuple[float, ...], level_s: float
) -> None:
    """Fifteen flats share them; the level is the mean of the darks', 125 DN/s above black."""
    found = measured(kept)

    current = found.figures["dark_current_e_per_s"]
    assert current.value is None
    assert "6 exposure times" in current.reason
    black = found.figures["black_level_dn"]
    assert black.value == pytest.approx(BLACK_DN + 125 * level_s, abs=1)
    for name in ("black_level_dn", "read_noise_e", "dark_deviation_dn"):
        assert "at the darks' exposure time of" in found.figures[name].reason
    assert "at the darks' exposure time of" in found.own_noise_e.reason
    (fault,) = (fault for fault in found.faults if "no dark of their" in fault.what)
    assert fault.serious


@pytest.mark.parametrize("seed", range(6))
def test_a_read_noise_under_a_large_dark_current_is_within_its_interval(seed: int) -> None:
    """4 e-, 1 DN, under 500 to 950 e- of dark current: what is left at time 0 may come out as 0.

    Then it is not the converter's step that hides it, and a bound of that step would be wrong.
    The interval holds it in 95 of 100; of these six it does.
    """
    camera = FlatCamera(size=(64, 64), dark_current_e_per_s=1e3, read_noise_e=4.0, seed=seed)
    times = [0.5 + 0.05 * index for index in range(10)]
    levels = [
        Level(
            exposure_time_s=time, photons=photons, dark_time_s=time,
            bright=camera.moments(photons, time), dark=camera.moments(0.0, time + 1e-6),
        )
        for time, photons in zip(times, np.linspace(1500.0, 24_000.0, 10).tolist(), strict=True)
    ]  # fmt: skip

    figures = photon_transfer(levels).figures

    noise, deviation = figures["read_noise_e"], figures["dark_deviation_dn"]
    assert noise.low <= 4.0 <= noise.high
    assert "quantisation" not in noise.reason
    assert (noise.value is None) == ("shorter darks" in noise.reason)
    assert deviation.low >= 0


def test_a_single_dark_that_is_every_flats_own_is_no_fault() -> None:
    """EMVA 1288's constant exposure time under changing light."""

    def lit(step: int) -> Stack:
        return Stack(
            name=f"flat {step}", dark=False, exposure_time_s=0.01, iso=100.0,
            photons=2000.0 * step, count=2, frames=lambda: CAMERA.frames(2000.0 * step, 0.01),
        )  # fmt: skip

    captures = CaptureSet(
        camera="C", cfa=Cfa.MONO, bit_depth=12, white_level_dn=4095.0, black_level_dn=None,
        stacks=(stack(0.01, dark=True), *(lit(step) for step in range(1, 18))),
    )  # fmt: skip

    found = measure_noise(captures, 100.0)

    assert found.faults == ()
    noise = found.figures["read_noise_e"]
    # 500 e-/s are 5 e- in 10 ms: EMVA's sigma_d at that exposure time.
    assert noise.value == pytest.approx((36 + 5) ** 0.5, abs=2 * noise.half_width)
    assert found.figures == pooled(list(found.sites.values()))
