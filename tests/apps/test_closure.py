"""Closure: what a known camera's captures give is what the camera was made of."""

from dataclasses import replace

import pytest

from apps.capture_session import Plan, plan_for, saturation_e, session
from apps.closure import LIMITS, Comparison, close_loop, table, truth_of
from apps.closure_page import CAMERAS, GAINS, READ_NOISES
from apps.closure_page import case_camera as camera
from calibration.noise import measure_noise
from calibration.uncertainty import not_measured
from isp.core.tukey_deviation import tukey_lambda_deviation

SMALL = Plan(levels=30, stack=24, size=(256, 256))


def departures(rows: tuple[Comparison, ...]) -> list[str]:
    """What is outside, in words."""
    return [
        f"{row.quantity}: {row.measured.value} for {row.truth} (limit {row.limit})"
        for row in rows
        if not row.ok
    ]


@pytest.mark.parametrize("name", CAMERAS)
def test_a_camera_comes_back(name: str) -> None:
    profile = camera(name)

    profile = profile.with_fields(dsnu_e=0.3 * profile.readings[0].read_noise_e)
    rows = close_loop(profile, profile.readings[0].iso, plan=SMALL, seed=4)

    assert [row.quantity for row in rows] == list(LIMITS)
    assert departures(rows) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", CAMERAS)
@pytest.mark.parametrize("gain", GAINS)
@pytest.mark.parametrize("noise", READ_NOISES)
def test_a_camera_comes_back_at_any_gain_and_noise(name: str, gain: float, noise: float) -> None:
    profile = camera(name, gain, noise)

    rows = close_loop(profile, profile.readings[0].iso, seed=4)

    assert departures(rows) == []


def test_a_hot_cameras_law_is_that_of_its_reading() -> None:
    """One photosite in a hundred has the shot noise of some 160 e- beside 10 e- of the reading."""
    profile = camera("EMVA-CCD")
    shape, scale_e = -0.04, 5.0
    reading = replace(
        profile.readings[0],
        read_noise_e=scale_e * tukey_lambda_deviation(shape),
        tukey_lambda_shape=shape,
        tukey_lambda_scale_e=scale_e,
    )
    hot = profile.with_fields(
        readings=(reading,), hot_pixel_fraction=0.01, hot_pixel_dark_current_e_per_s=30_000.0
    )
    plan = replace(SMALL, levels=10)

    found = measure_noise(session(hot, 100.0, plan, seed=3, body=2), 100.0).law

    assert found is not None
    assert found.shape.value == pytest.approx(shape, abs=0.02)
    assert found.scale_e.value == pytest.approx(scale_e, rel=0.03)
    assert found.left_out == pytest.approx(0.01, abs=5 * (0.01 / 65536) ** 0.5)


def test_a_hidden_read_noise_is_said_and_not_numbered() -> None:
    profile = camera("EMVA-CCD", gain=0.15)  # 0.46 DN

    rows = {row.quantity: row for row in close_loop(profile, 100.0, plan=SMALL)}

    for name in ("read_noise_e", "tukey_lambda_shape"):
        assert rows[name].measured.value is None
        assert "quantisation-limited" in rows[name].measured.reason
        assert rows[name].ok


def test_a_camera_of_other_numbers_is_found_out() -> None:
    measured = camera("EMVA-CCD")
    other = measured.with_fields(prnu_percent=measured.prnu_percent * 1.05)
    rows = {row.quantity: row for row in close_loop(measured, 100.0, plan=SMALL)}

    claimed = truth_of(other, 100.0)["prnu_percent"]

    found = rows["prnu_percent"].measured.value
    assert abs(found - claimed) > LIMITS["prnu_percent"].of(claimed)


def test_the_converter_ends_before_a_large_well() -> None:
    profile = camera("EMVA-CCD", gain=2.0)

    # Black is six deviations of 0.56 x 10.98 e- above 0: 37 DN.
    assert saturation_e(profile, 100.0) == pytest.approx((4095 - 37) / 0.560126, rel=1e-6)


def test_a_weak_dark_pattern_asks_for_more_frames() -> None:
    weak, strong = (camera("EMVA-CCD").with_fields(dsnu_e=dsnu) for dsnu in (0.5, 5.0))

    assert plan_for(strong, 100.0).stack == Plan().stack
    # sigma^2 / L sqrt(2 / n) = 2 x 0.005 x 0.5^2, with sigma = 10.98 e- and n = 512 x 512.
    assert plan_for(weak, 100.0).stack == pytest.approx(133, abs=2)


def test_a_session_has_pairs_and_two_stacks() -> None:
    captures = session(camera("EMVA-CCD"), 100.0, Plan(levels=5, size=(8, 8)))

    assert [stack.count for stack in captures.stacks] == [2] * 5 + [32] * 2
    first, second = captures.stacks[0].frames()
    assert (first != second).any()
    again = next(iter(captures.stacks[0].frames()))
    assert (first == again).all()


def test_an_efficiency_that_the_profile_has_not_is_no_reproach_to_its_photons() -> None:
    """A simulated camera without one counts an electron a photon, so it lies by chance above 1."""
    none = not_measured("the photons of the file are too few: check their unit")
    row = Comparison(quantity="quantum_efficiency", truth=None, measured=none, limit=None, ok=True)

    assert table({100.0: (row,)}).endswith("not in profile")
