"""The budget is what the simulated sensor does, term by term, and its figures are EMVA's."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import ProfileError
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.files.profile import load_profile
from simulate.budget import noise_budget, sensor_figures, signal_at_snr
from simulate.sensor import Sensor
from tests.statistics import FAMILY_ERROR

SIZE = 48
REPEATS = 48  # pairs of frames, or bodies: the independent samples of each variance


def mono(reading: dict[str, Any] | None = None, **fields: Any) -> SensorProfile:
    values: dict[str, Any] = {
        "name": "budget", "cfa": Cfa.MONO, "bit_depth": 14, "black_level_dn": (512.0,),
        "white_level_dn": 16383.0, "quantum_efficiency": 0.5, "pixel_pitch_um": 2.0,
    }  # fmt: skip
    numbers = {"iso": 100.0, "system_gain_dn_per_e": 0.5} | (reading or {})
    return SensorProfile(**values | {"readings": (Reading(**numbers),)} | fields)


TEMPORAL = {
    "shot and quantisation": ({}, {}),
    "read": ({"read_noise_e": 3.0}, {}),
    "heavy-tailed read": (
        {"read_noise_e": 9.0, "tukey_lambda_shape": 0.1, "tukey_lambda_scale_e": 3.0}, {}
    ),
    "row": ({"read_noise_e": 2.0, "row_noise_e": 4.0}, {}),
    "column": ({"read_noise_e": 2.0, "column_noise_e": 4.0}, {}),
    "banding": ({"read_noise_e": 2.0, "banding_amplitude_e": 6.0}, {}),
    "dark current": ({"read_noise_e": 2.0}, {"dark_current_e_per_s": 400.0, "temperature_c": 27.0}),
    "RTS": (
        {"read_noise_e": 2.0},
        {"rts_fraction": 1.0, "rts_amplitude_e": 9.0, "rts_occupancy": 0.3,
         "rts_dwell_frames": 1 / 0.7},
    ),
    "companding": ({"read_noise_e": 12.0}, {"linearization_table_dn": tuple(range(0, 16384, 4))}),
}  # fmt: skip
SPATIAL = {
    "PRNU": {"prnu_percent": 4.0},
    "PRNU in columns": {"prnu_percent": 4.0, "prnu_column_share": 0.5},
    "DSNU": {"dsnu_e": 8.0},
    "dark current pattern": {"dark_current_e_per_s": 400.0, "dark_current_nonuniformity": 0.2},
    "column gain": {"column_gain_percent": 3.0},
    "column offset": {"column_fpn_e": 6.0},
    "row offset": {"row_fpn_e": 6.0},
    "RTS offset": {
        "rts_fraction": 0.5, "rts_amplitude_e": 20.0, "rts_occupancy": 0.5, "rts_dwell_frames": 2.0
    },
}  # fmt: skip
TIME = 0.1
LEVELS = (0.0, 300.0)


def captured(profile: SensorProfile, electrons: float, body: int, pairs: int) -> np.ndarray:
    """Pairs of flat frames less the mean that the model says, in e-: (pairs, 2, h, w)."""
    count = 2 * pairs
    shot = Shot(
        iso=torch.full((count,), 100.0),
        exposure_time_s=torch.full((count,), TIME),
        frame_number=torch.arange(count) % 2,
        item=torch.arange(count) // 2,
        body=body,
    )
    light = torch.full((count, 1, SIZE, SIZE), electrons)
    frame = Frame.start(light, Domain.EXPECTED, shot=shot, profile=profile)
    dn = Sensor(profile).capture(frame, seed=31 + body).data.double()[:, 0]
    gain = profile.readings[0].system_gain_dn_per_e
    doublings = (profile.temperature_c - profile.dark_current_temperature_c) / 7
    mean = electrons + profile.dark_current_e_per_s * TIME * 2**doublings
    mean += profile.rts_fraction * profile.rts_amplitude_e * profile.rts_occupancy
    return ((dn - 512) / gain - mean).numpy().reshape(pairs, 2, SIZE, SIZE)


def t_limit() -> float:
    """Family-wise limit of Student's t over all cases of this file."""
    cases = len(LEVELS) * (len(TEMPORAL) + len(SPATIAL))
    return float(stats.t.isf(FAMILY_ERROR / cases / 2, REPEATS - 1))


def t_of(samples: np.ndarray, expected: float) -> float:
    return float((samples.mean() - expected) / (samples.std(ddof=1) / math.sqrt(len(samples))))


@pytest.mark.parametrize("electrons", LEVELS)
@pytest.mark.parametrize("case", TEMPORAL)
def test_the_temporal_variance_is_that_of_the_simulated_sensor(case: str, electrons: float) -> None:
    reading, fields = TEMPORAL[case]
    profile = mono(reading, **fields)

    pairs = captured(profile, electrons, 0, REPEATS)
    # Half the squared difference of two frames: no fixed pattern and no mean is in it.
    samples = 0.5 * ((pairs[:, 0] - pairs[:, 1]) ** 2).mean(axis=(1, 2))

    budget = noise_budget(profile, 100, [electrons], TIME)
    if case != "shot and quantisation" or electrons:  # an empty frame has no noise to round
        assert abs(t_of(samples, budget.temporal_e2[0])) < t_limit()


@pytest.mark.parametrize("electrons", LEVELS)
@pytest.mark.parametrize("case", SPATIAL)
def test_the_spatial_variance_is_that_of_the_simulated_sensor(case: str, electrons: float) -> None:
    profile = mono({"read_noise_e": 2.0}, **SPATIAL[case])

    bodies = [captured(profile, electrons, body, 1)[0] for body in range(REPEATS)]
    # What two frames of one body have in common, about the mean that the model says.
    samples = np.array([(one * two).mean() for one, two in bodies])

    budget = noise_budget(profile, 100, [electrons], TIME)
    assert abs(t_of(samples, budget.spatial_e2[0])) < t_limit()


def test_every_term_is_the_hand_worked_one() -> None:
    profile = mono(
        {"read_noise_e": 3.0, "row_noise_e": 0.5, "column_noise_e": 0.4,
         "banding_amplitude_e": 0.6},
        prnu_percent=1.0, dsnu_e=1.5, column_gain_percent=0.5, column_fpn_e=0.3, row_fpn_e=0.2,
        dark_current_e_per_s=20.0, dark_current_nonuniformity=0.1, temperature_c=34.0,
        rts_fraction=0.1, rts_amplitude_e=5.0, rts_occupancy=0.2,
    )  # fmt: skip

    budget = noise_budget(profile, 100, [1000.0], 0.5)

    # The dark signal: 20 e-/s, two doublings of 7 K above 20 degrees, 0.5 s: 40 e-.
    assert {name: float(v[0]) for name, v in budget.temporal.items()} == pytest.approx(
        {
            "shot": 1000, "dark current shot": 40, "read": 9, "row": 0.25, "column": 0.16,
            "banding": 0.18, "RTS": 0.1 * 25 * 0.16, "quantisation": 1 / 12 / 0.25,
        }, rel=1e-6,
    )  # fmt: skip
    assert {name: float(v[0]) for name, v in budget.spatial.items()} == pytest.approx(
        {
            "PRNU": 100, "DSNU": 2.25, "dark current pattern": 16, "column gain": 5.2**2,
            "column offset": 0.09, "row offset": 0.04, "RTS offset": 0.1 * 0.9 * 1,
        }, rel=1e-6,
    )  # fmt: skip
    total = budget.temporal_e2 + budget.spatial_e2
    assert budget.snr == pytest.approx(1000 / np.sqrt(budget.temporal_e2))
    assert budget.total_snr == pytest.approx(1000 / np.sqrt(total))
    assert sum(float(v[0]) for v in budget.shares.values()) == pytest.approx(1)
    assert budget.shares["shot"][0] == pytest.approx(1000 / total[0])


def test_heavy_tails_count_by_their_variance_and_not_by_their_scale() -> None:
    profile = mono({"read_noise_e": 9.0, "tukey_lambda_shape": 0.0, "tukey_lambda_scale_e": 2.0})

    budget = noise_budget(profile, 100, [0.0])

    assert budget.temporal["read"][0] == pytest.approx(math.pi**2 / 3 * 4)


def test_absent_terms_are_left_out() -> None:
    budget = noise_budget(mono(), 100, [10.0])

    assert list(budget.temporal) == ["shot", "quantisation"]
    assert list(budget.spatial) == []
    assert budget.total_snr == pytest.approx(budget.snr)


def test_the_figures_are_the_worked_example_of_emva_1288() -> None:
    # CONVENTIONS 5.2: K = 0.25, sigma_d = 3 e-: mu_e.min = 3.753 e-.
    profile = mono({"system_gain_dn_per_e": 0.25, "read_noise_e": 3.0}, full_well_e=10_000.0)

    figures = sensor_figures(profile, 100)

    assert figures.absolute_sensitivity_e == pytest.approx(3.753, abs=5e-4)
    assert figures.absolute_sensitivity_photons == pytest.approx(2 * 3.753, abs=1e-3)
    assert (figures.saturation_capacity_e, figures.limited_by) == (10_000, "full well")
    assert figures.snr_max_db == pytest.approx(40)
    assert figures.dynamic_range_db == pytest.approx(20 * math.log10(10_000 / 3.7532), abs=1e-3)
    assert figures.dynamic_range_stops == pytest.approx(math.log2(10_000 / 3.7532), abs=1e-3)
    # SNR 10: mu = 50 + sqrt(2500 + 100 (9 + 4/3)).
    ten = 50 + math.sqrt(2500 + 100 * (9 + 4 / 3))
    assert figures.snr10_e == pytest.approx(ten)
    assert figures.snr10_photons == pytest.approx(2 * ten)
    # 4 um^2 at 10880 photons per um^2 and lux second of D65 (CONVENTIONS 5.1).
    assert figures.snr10_lux_s == pytest.approx(2 * ten / (4 * 10880), rel=1e-3)


def test_the_reference_ccd_has_the_figures_of_its_emva_evaluation() -> None:
    # The reference implementation's results: mu_e.min 11.4729 e-, DR 1220.95, SNR_max 118.355.
    figures = sensor_figures(load_profile("EMVA-CCD"), 100)

    assert figures.absolute_sensitivity_e == pytest.approx(11.4729, rel=2e-3)
    assert figures.dynamic_range_db == pytest.approx(61.73, abs=0.02)
    assert 10 ** (figures.snr_max_db / 20) == pytest.approx(118.355, rel=1e-4)


@pytest.mark.parametrize("prnu_percent", [0.0, 1.0])
def test_at_the_signal_of_snr_10_the_budget_says_10(prnu_percent: float) -> None:
    profile = mono(
        {"read_noise_e": 4.0, "row_noise_e": 1.0}, prnu_percent=prnu_percent, dsnu_e=2.0,
        column_gain_percent=1.0, dark_current_e_per_s=500.0,
    )  # fmt: skip
    figures = sensor_figures(profile, 100, TIME)
    assert figures.snr10_e is not None
    assert figures.snr10_total_e is not None

    budget = noise_budget(profile, 100, [figures.snr10_e, figures.snr10_total_e], TIME)

    assert budget.snr[0] == pytest.approx(10)
    assert budget.total_snr[1] == pytest.approx(10)
    least = noise_budget(profile, 100, [figures.absolute_sensitivity_e], TIME)
    assert least.snr[0] == pytest.approx(1)


def test_the_converter_ends_the_signal_where_it_clips_before_the_well() -> None:
    profile = mono({"system_gain_dn_per_e": 2.0}, full_well_e=50_000.0, dark_current_e_per_s=100.0)

    figures = sensor_figures(profile, 100, 1.0)

    assert figures.limited_by == "converter"
    assert figures.saturation_capacity_e == pytest.approx((16383 - 512) / 2 - 100)


def test_what_cannot_be_reached_is_none() -> None:
    small = sensor_figures(mono({"read_noise_e": 3.0}, full_well_e=80.0), 100)
    uneven = sensor_figures(mono(prnu_percent=10.5), 100)
    bare = sensor_figures(mono(quantum_efficiency=None, pixel_pitch_um=None), 100)

    assert small.snr10_e is None
    assert small.snr10_lux_s is None
    assert uneven.snr10_e is not None
    assert uneven.snr10_total_e is None  # the pattern alone is 10.5 % of every signal
    assert bare.absolute_sensitivity_photons is None
    assert signal_at_snr(10, 0.0, 0.0, 0.1) == math.inf


def test_a_negative_signal_and_a_well_full_of_dark_are_refused() -> None:
    with pytest.raises(ProfileError, match="mean signals are >= 0 e-, got -1"):
        noise_budget(mono(), 100, [5, -1])
    with pytest.raises(ProfileError, match="the dark signal of 2000 e- in 1 s fills"):
        sensor_figures(mono(full_well_e=1000.0, dark_current_e_per_s=2000.0), 100, 1.0)
    with pytest.raises(ProfileError, match="ISO 200 is outside"):
        noise_budget(mono(), 200, [5])
