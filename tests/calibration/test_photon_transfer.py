"""Photon transfer gives back the numbers of a camera that is drawn by them."""

from dataclasses import replace

import numpy as np
import pytest

from calibration.photon_transfer import Level, Transfer, photon_transfer, pooled
from isp.core.errors import CalibrationError
from tests.calibration.flat_camera import FlatCamera

CAMERA = FlatCamera()
PHOTONS = np.linspace(0, 36_000, 25)  # the well of 14 000 e- is full at 28 000


def levels(
    camera: FlatCamera = CAMERA, photons: np.ndarray = PHOTONS, *, known: bool = True
) -> list[Level]:
    """A series over light at exposure times that rise with it."""
    times = np.round(1e-3 + photons * 1e-6, 7)
    return [
        Level(
            exposure_time_s=float(time),
            photons=float(light) if known else None,
            bright=camera.moments(float(light), float(time)),
            dark=camera.moments(0.0, float(time) + 1e-8),
            dark_time_s=float(time),
        )
        for light, time in zip(photons, times, strict=True)
    ]


@pytest.fixture(scope="module")
def transfer() -> Transfer:
    """The plain camera, measured."""
    return photon_transfer(levels())


@pytest.mark.parametrize(
    ("name", "truth"),
    [
        ("system_gain_dn_per_e", 0.25),
        ("quantum_efficiency", 0.5),
        ("responsivity_dn_per_photon", 0.125),
        ("read_noise_e", 6.0),
        ("full_well_e", 14_000.0),
        ("black_level_dn", 60.0),
    ],
)
def test_a_cameras_number_lies_within_its_interval(
    transfer: Transfer, name: str, truth: float
) -> None:
    figure = transfer.figures[name]
    # Twice the 95 % interval: 1 in 12 000 for each of six normal figures.
    assert figure.value == pytest.approx(truth, abs=2 * figure.half_width)
    assert figure.half_width < 0.03 * truth


def test_derived_figures_follow_from_their_formulas(transfer: Transfer) -> None:
    value = {name: figure.value for name, figure in transfer.figures.items()}

    dark = value["read_noise_e"] ** 2 + 1 / 12 / value["system_gain_dn_per_e"] ** 2
    least = np.sqrt(dark + 0.25) + 0.5
    assert value["absolute_sensitivity_e"] == pytest.approx(least, rel=1e-9)
    capacity = value["saturation_capacity_e"]
    assert value["snr_max_db"] == pytest.approx(20 * np.log10(np.sqrt(capacity)), rel=1e-9)
    assert value["dynamic_range_db"] == pytest.approx(20 * np.log10(capacity / least), rel=1e-9)


def test_saturation_is_where_the_variance_is_largest(transfer: Transfer) -> None:
    assert transfer.exposure[transfer.saturated] == PHOTONS[PHOTONS <= 27_200].max()


def test_saturation_capacity_is_said_to_lie_on_a_level_of_wide_steps(transfer: Transfer) -> None:
    """Levels are 1500 photons apart, and the last one below 28 000 is of 27 000: 5.6 %."""
    figure = transfer.figures["saturation_capacity_e"]

    assert figure.half_width < 0.056 * figure.value
    assert "to one level of light: the next one lies 5.6% away" in figure.reason


def test_saturation_capacity_says_nothing_where_steps_are_within_its_interval() -> None:
    close = np.linspace(26_900, 27_100, 11)  # 20 photons, 0.07 %
    fine = photon_transfer(levels(photons=np.sort(np.concatenate([PHOTONS, close]))))

    step = np.diff(fine.exposure)[fine.saturated - 1 : fine.saturated + 1].max()
    figure = fine.figures["saturation_capacity_e"]
    assert step / fine.exposure[fine.saturated] < figure.half_width / figure.value
    assert figure.reason == ""


def test_the_gain_rests_on_70_percent_of_saturation(transfer: Transfer) -> None:
    top = transfer.signal_dn[transfer.saturated]

    assert transfer.signal_dn[transfer.fitted].max() <= 0.7 * top
    assert transfer.fitted.sum() == ((transfer.signal_dn <= 0.7 * top) & (PHOTONS > 0)).sum()


def test_a_converter_that_ends_before_the_well_is_the_saturation() -> None:
    camera = replace(CAMERA, bits=11)  # 2047 DN: (2047 - 60) / 0.25 = 7948 e-

    transfer = photon_transfer(levels(camera, np.linspace(0, 24_000, 25)))

    assert transfer.figures["full_well_e"].value == pytest.approx(7948, rel=0.01)
    assert transfer.signal_dn[transfer.saturated] + 60 < 2047


def test_light_that_nobody_measured_gives_a_gain_and_no_efficiency() -> None:
    photons = PHOTONS[1:]
    transfer = photon_transfer(levels(photons=photons, known=False))

    assert transfer.figures["quantum_efficiency"].value is None
    assert "not measured" in transfer.figures["quantum_efficiency"].reason
    assert transfer.figures["system_gain_dn_per_e"].value == pytest.approx(0.25, rel=0.02)


def test_photons_too_few_for_their_electrons_give_a_reason_and_all_the_rest(
    transfer: Transfer,
) -> None:
    """Half an electron each, counted to a third, would be one and a half (2 %: see the gain's)."""
    few = [replace(level, photons=(level.photons or 0.0) / 3) for level in levels()]

    figures = photon_transfer(few).figures

    efficiency = figures["quantum_efficiency"]
    assert efficiency.value is None
    assert "check their unit" in efficiency.reason
    stated = efficiency.reason.split("would give ")[1].split(" ")[0]
    assert float(stated) == pytest.approx(1.5, rel=0.02)
    for name in set(figures) - {"quantum_efficiency", "responsivity_dn_per_photon"}:
        assert figures[name].value == pytest.approx(transfer.figures[name].value, rel=1e-9)


def test_a_drift_between_the_two_frames_leaves_the_gain() -> None:
    from calibration.moments import gather

    drifting = [
        replace(level, bright=gather(CAMERA.frames(level.photons or 0, 1e-3, light=(1.0, 1.005))))
        for level in levels()
    ]

    gain = photon_transfer(drifting).figures["system_gain_dn_per_e"]

    assert gain.value == pytest.approx(0.25, abs=2 * gain.half_width)


def test_dark_current_comes_from_the_darks_times() -> None:
    camera = replace(CAMERA, dark_current_e_per_s=5000.0)

    figure = photon_transfer(levels(camera)).figures["dark_current_e_per_s"]

    assert figure.value == pytest.approx(5000, abs=2 * figure.half_width)
    assert figure.half_width < 250


def test_darks_of_one_time_give_no_dark_current() -> None:
    same = [replace(level, dark_time_s=0.01) for level in levels()]

    figure = photon_transfer(same).figures["dark_current_e_per_s"]

    assert figure.value is None
    assert "6 exposure times" in figure.reason


def test_a_dark_level_that_falls_with_time_is_said() -> None:
    falling = [
        replace(level, dark_time_s=1 - level.dark_time_s)
        for level in levels(replace(CAMERA, dark_current_e_per_s=5000.0))
    ]

    figure = photon_transfer(falling).figures["dark_current_e_per_s"]

    assert figure.value is None
    assert "falls with the exposure time" in figure.reason


def test_a_read_noise_below_the_converters_step_is_a_bound() -> None:
    camera = replace(CAMERA, gain=0.02, read_noise_e=10.0, bits=8, black=4.4)

    figure = photon_transfer(levels(camera, np.linspace(0, 26_000, 20))).figures["read_noise_e"]

    assert figure.value is None
    assert "quantisation-limited" in figure.reason
    assert figure.high == pytest.approx(np.sqrt(0.24 - 1 / 12) / 0.02, rel=0.05)


def test_a_series_that_never_saturates_has_no_figure_of_saturation() -> None:
    figures = photon_transfer(levels(photons=np.linspace(0, 20_000, 15))).figures

    for name in ("full_well_e", "saturation_capacity_e", "snr_max_db", "dynamic_range_db"):
        assert figures[name].value is None
        assert "add brighter" in figures[name].reason
        assert "70 %" in figures[name].reason
    assert figures["system_gain_dn_per_e"].value == pytest.approx(0.25, rel=0.02)


def test_too_few_levels_are_refused_with_what_to_do() -> None:
    with pytest.raises(CalibrationError, match="add exposures between"):
        photon_transfer(levels(photons=np.array([0, 5000.0, 27_000])))


def test_flats_that_are_all_clipped_are_refused() -> None:
    with pytest.raises(CalibrationError, match="clipped"):
        photon_transfer(
            levels(replace(CAMERA, bits=6), photons=np.array([20_000.0, 25_000, 30_000]))
        )


def test_sites_are_pooled_by_their_mean(transfer: Transfer) -> None:
    other = photon_transfer(levels(replace(CAMERA, seed=9)))

    both = pooled([transfer, other])["system_gain_dn_per_e"]

    one, two = (each.figures["system_gain_dn_per_e"] for each in (transfer, other))
    assert both.value == pytest.approx((one.value + two.value) / 2)
    assert both.half_width < max(one.half_width, two.half_width)


def test_a_pool_says_why_a_site_has_no_figure(transfer: Transfer) -> None:
    dim = photon_transfer(levels(photons=np.linspace(0, 20_000, 15)))

    assert pooled([transfer, dim])["full_well_e"].reason == dim.figures["full_well_e"].reason
