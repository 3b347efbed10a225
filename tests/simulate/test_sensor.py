"""The whole sensor: its order of effects, its masks, its truth and its doors."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.rng import Draws, Effect
from isp.core.sensor import SensorNoise
from isp.core.shot import Shot
from isp.files.profile import load_profile
from simulate.effects.dsnu import dsnu
from simulate.sensor import Sensor
from tests.simulate.bench_camera import (
    FULL_WELL_E,
    GAIN,
    READ_E,
    ROW_E,
    burst,
    exposed,
    flat,
    ideal,
    profile,
    temporal_variance,
    varied,
)
from tests.statistics import correlation

# --- the same as a plain program -------------------------------------------------------------


def test_a_capture_is_the_chain_of_the_conventions() -> None:
    """Section 5.4 once more, in numpy and scipy: only the words of the draws are shared."""
    camera, seed, origin, size = profile(), 5, (3, 10), (40, 50)
    frame = varied(1, *size)

    def words(effect: Effect, **change: object) -> np.ndarray:
        drawn = Draws(**({"seed": seed, "effect": effect, "sensor": "bench", "origin": origin}  # type: ignore[arg-type]
                         | change)).words(*size)  # fmt: skip
        return drawn[0, 0].numpy()

    def gaussian(w: np.ndarray) -> np.ndarray:
        return stats.norm.ppf((w + 0.5) / 2**32)

    fixed = {"seed": 0, "frame": torch.tensor([2**32 - 1])}
    rate = frame.data[0, 0].numpy().astype(np.float64)
    rate = rate * (1 + 0.01 * gaussian(words(Effect.PRNU, **fixed))) + 40.0 * 0.5
    rate = np.float32(rate).astype(np.float64)
    collected = np.minimum(stats.poisson.ppf((words(Effect.SHOT) + 0.5) / 2**32, rate), 6000)
    rows = words(Effect.ROW, origin=(origin[0], 0xFFFF))[:, :1]
    signal = (
        collected
        + 2.0 * gaussian(words(Effect.DSNU, **fixed))
        + READ_E * gaussian(words(Effect.READ))
        + ROW_E * gaussian(rows)
    )
    # RGGB seen from row 3, column 10: GB over RG.
    black = np.tile([[66.5, 70.0], [60.0, 64.0]], (20, 25))
    expected = np.clip(np.rint(black + GAIN * signal), 0, 4095)

    sensor = Sensor(camera)
    in_one_pass = sensor.capture(frame, seed, origin).data[0, 0].numpy()
    chain = sensor.read_out(sensor.collect(frame, seed, origin), seed, origin).data[0, 0].numpy()

    # scipy's normal quantile in the upper half loses 1e-13 of a DN: no rounding is that close.
    assert (chain == expected).all()
    assert (in_one_pass == expected).all()


# --- the order of effects --------------------------------------------------------------------


def test_prnu_acts_on_the_rate_so_that_electrons_stay_whole() -> None:
    rate, n = 400.0, 500 * 600
    electrons = Sensor(ideal(prnu_percent=10.0)).collect(flat(rate, 500, 600), seed=3).data

    assert torch.equal(electrons, electrons.round())
    # The law of total variance: mu + (0.1 mu)^2; it is near normal, excess kurtosis below 0.1.
    expected = rate + 40.0**2
    assert abs(float(electrons.double().var()) - expected) < 4 * expected * math.sqrt(2.1 / n)


def test_dark_electrons_are_shot_noise_and_fill_the_well() -> None:
    lit_by_heat = ideal(dark_current_e_per_s=500.0)
    electrons = Sensor(lit_by_heat).collect(flat(0.0, 500, 600), seed=3).data.double()

    assert abs(float(electrons.mean()) - 250) < 4 * math.sqrt(250 / 300_000)
    assert abs(float(electrons.var()) - 250) < 4 * math.sqrt((250 + 2 * 250**2) / 300_000)
    hot = ideal(dark_current_e_per_s=1e5)
    assert float(Sensor(hot).collect(flat(0.0, 4, 4), 3).data.min()) == FULL_WELL_E


def test_a_full_well_still_has_read_noise_and_offsets_but_no_shot_noise() -> None:
    rows, columns = 300, 400
    noisy = profile(prnu_percent=0.0)
    full = burst(1e5, rows, columns, 2)

    collected = Sensor(noisy).collect(full, seed=4)
    pair = Sensor(noisy).read_out(collected, seed=4).data

    assert torch.equal(collected.data, torch.full_like(collected.data, FULL_WELL_E))
    pixel = READ_E**2 + 1 / 12 / GAIN**2
    error = GAIN**2 * math.sqrt(
        (2 * pixel**2 + 4 * pixel * ROW_E**2) / (rows * columns) + 2 * ROW_E**4 / rows
    )
    assert abs(temporal_variance(pair) - GAIN**2 * (pixel + ROW_E**2)) < 4 * error


def test_offsets_are_added_after_the_well_and_before_the_gain() -> None:
    """Saturated photosites differ by gain times their DSNU, rounded."""
    camera = ideal(dsnu_e=20.0)

    dn = Sensor(camera).capture(flat(1e5, 30, 40), seed=4).data

    body = Draws.fixed(0, Effect.DSNU, "bench")
    offsets = dsnu(20.0, 0.0, 30, 40, body, body, torch.device("cpu")).float().double()
    assert torch.equal(dn, torch.round(64 + GAIN * (FULL_WELL_E + offsets)).float())
    assert float(dn.max()) > 64 + GAIN * FULL_WELL_E


def test_the_black_level_is_added_after_the_gain() -> None:
    dn = Sensor(ideal(black_level_dn=(60.0, 64.0, 66.0, 70.0))).capture(flat(0.0, 3, 3), 1).data

    assert dn[0, 0].tolist() == [[60.0, 64.0, 60.0], [66.0, 70.0, 66.0], [60.0, 64.0, 60.0]]


def test_given_noise_stands_in_for_that_of_the_iso() -> None:
    noise = SensorNoise(
        system_gain_dn_per_e=torch.tensor([3.0]), read_noise_e=torch.zeros(1),
        row_noise_e=torch.zeros(1),
    )  # fmt: skip
    collected = Frame.start(torch.full((1, 1, 2, 2), 100.0), Domain.ELECTRONS,
                            shot=Shot.single(iso=100.0))  # fmt: skip

    dn = Sensor(ideal()).read_out(collected, seed=1, noise=noise).data

    assert dn.flatten().tolist() == [364.0] * 4


# --- saturation and the masks ----------------------------------------------------------------


def test_a_full_well_is_clipped_and_its_neighbour_is_measured() -> None:
    light = torch.full((1, 1, 2, 3), 100.0)
    light[..., 0, 1] = 1e5
    sensor = Sensor(ideal())

    collected = sensor.collect(exposed(light), seed=1)
    captured = sensor.read_out(collected, seed=1)

    assert collected.data[0, 0, 0, 1] == FULL_WELL_E
    for frame in (collected, captured):
        assert frame.clipped[0, 0].nonzero().tolist() == [[0, 1]]
        assert torch.equal(frame.measured, ~frame.clipped)
    # 64 + 0.5 * 6000: far below the converter's 4095, and yet nothing was measured.
    assert captured.data[0, 0, 0, 1] == 3064


def test_a_well_that_noise_pulled_below_the_margin_is_still_clipped() -> None:
    """What was lost in electrons does not come back as a low DN: 30 e- of read noise."""
    loud = ideal(readings=(Reading(iso=100.0, system_gain_dn_per_e=GAIN, read_noise_e=30.0),))

    captured = Sensor(loud).capture(flat(1e5, 200, 200), seed=1)

    limit = 64 + GAIN * FULL_WELL_E - 3 * GAIN * 30
    assert bool((captured.data < limit).any())
    assert bool(captured.clipped.all())
    assert not bool(captured.measured.any())


def test_the_converter_saturates_when_the_gain_is_high() -> None:
    """At ISO 400 the gain is 2: 4095 DN come at 2015.5 e-, a third of the well."""
    camera = ideal(readings=(Reading(iso=400.0, system_gain_dn_per_e=2.0),))
    light = torch.tensor([1000.0, 5000.0]).reshape(1, 1, 1, 2)

    captured = Sensor(camera).capture(exposed(light, iso=torch.tensor([400.0])), seed=1)

    assert float(captured.data[0, 0, 0, 1]) == 4095
    assert captured.clipped.flatten().tolist() == [False, True]


def test_impossible_values_do_not_occur() -> None:
    sensor, frame = Sensor(profile()), varied(2, 300, 400)
    collected = sensor.collect(frame, seed=2)
    dn = sensor.read_out(collected, seed=2).data

    for whole in (collected.data, dn):
        assert torch.equal(whole, whole.round())
        assert float(whole.min()) >= 0
    assert float(collected.data.max()) == FULL_WELL_E
    assert float(dn.max()) <= 4095


def test_what_was_not_measured_before_stays_so() -> None:
    clipped = torch.zeros(1, 1, 4, 4, dtype=torch.bool)
    clipped[..., 1, 2] = True
    frame = Frame.start(torch.full((1, 1, 4, 4), 50.0), Domain.EXPECTED, clipped=clipped,
                        shot=Shot.single(iso=100.0))  # fmt: skip

    captured = Sensor(ideal()).capture(frame, seed=1)

    assert torch.equal(captured.clipped, clipped)
    assert torch.equal(captured.measured, ~clipped)


def test_without_a_full_well_two_million_electrons_are_kept() -> None:
    endless = ideal(full_well_e=None)

    electrons = Sensor(endless).collect(flat(2e6, 3, 3), seed=1).data

    assert float((electrons - 2e6).abs().max()) < 7 * 2e6**0.5


# --- parameters per image --------------------------------------------------------------------


def test_each_image_of_a_batch_has_its_own_iso() -> None:
    light = varied(1, 40, 50).data.expand(2, 1, 40, 50)
    same_draws = {"item": torch.zeros(2, dtype=torch.int64)}
    both = exposed(light, iso=torch.tensor([100.0, 400.0]), **same_draws)
    sensor = Sensor(profile())

    captured = sensor.capture(both, seed=5)

    collected = sensor.collect(both, seed=5).data
    assert torch.equal(collected[0], collected[1])  # ISO comes after the light
    for b, iso in enumerate((100.0, 400.0)):
        alone = exposed(light[:1], iso=torch.tensor([iso]))
        assert torch.equal(captured.data[b : b + 1], sensor.capture(alone, 5).data)
        assert torch.equal(captured.clipped[b : b + 1], sensor.capture(alone, 5).clipped)


def test_each_image_of_a_batch_has_its_own_dark_signal() -> None:
    frame = flat(0.0, 300, 400, 2, exposure_time_s=torch.tensor([1.0, 10.0]))

    means = Sensor(profile()).collect(frame, seed=5).data.double().mean(dim=(1, 2, 3))

    for mean, dark in zip(means.tolist(), (40.0, 400.0), strict=True):
        assert abs(mean - dark) < 4 * math.sqrt(dark / 120_000)


# --- body and seed ---------------------------------------------------------------------------


def test_the_pattern_belongs_to_the_body_and_not_to_the_seed() -> None:
    """Mean frames of two seeds share their PRNU: r = 2500 / (2500 + 1000 / 4) = 0.909."""
    rows, columns, frames = 200, 300, 4
    n = rows * columns
    sensor = Sensor(ideal(prnu_percent=5.0))

    def mean(seed: int, body: int) -> Tensor:
        frame = burst(1000.0, rows, columns, frames, body=body)
        return sensor.collect(frame, seed).data.double().mean(dim=0)

    first, second, stranger = mean(1, 0), mean(2, 0), mean(1, 7)

    expected = 2500 / (2500 + 1000 / frames)
    assert abs(correlation(first, second) - expected) < 4 * (1 - expected**2) / math.sqrt(n)
    # Another body under the same seed shares the photons' words, not the pattern.
    shared = (1000 / frames) / (2500 + 1000 / frames)
    assert abs(correlation(first, stranger) - shared) < 5 / math.sqrt(n)


def test_the_pattern_is_that_of_the_body_for_every_item_and_frame() -> None:
    """With the photons' noise a thousandth of the pattern, two items look alike."""
    camera = ideal(prnu_percent=50.0, full_well_e=None)
    a, b = Sensor(camera).collect(flat(1e6, 100, 100, 2), seed=1).data.double()

    # Each sees 5e5 of pattern and 1e3 of photons: r = 1 / (1 + 1e6 / 2.5e11).
    assert correlation(a, b) > 1 - 8e-6


# --- the truth -------------------------------------------------------------------------------


def test_the_expected_dn_is_worked_out_by_hand() -> None:
    """66.5 + 0.5 (101 + 20) = 127; 20 e- of heat; the well at 6000; black levels per site."""
    light = torch.tensor([[0.0, 100.0], [101.0, 1e5]]).reshape(1, 1, 2, 2)

    truth = Sensor(profile()).expected_dn(exposed(light))

    assert truth.data[0, 0].tolist() == [[70.0, 124.0], [127.0, 3070.0]]
    assert truth.domain is Domain.RAW
    assert truth.history[-1] == ("read_out", {"noise": False})


def test_the_mean_of_many_captures_is_the_expected_dn() -> None:
    """Levels whose expected DN is whole: 2 e- a step at 0.5 DN per e-."""
    rows, columns, frames = 200, 160, 25
    levels = torch.tensor([0.0, 20.0, 200.0, 2000.0]).repeat_interleave(columns // 4)
    light = levels.expand(frames, 1, rows, columns)
    camera = ideal(readings=profile().readings, dark_current_e_per_s=40.0)
    sensor = Sensor(camera)
    frame = exposed(light, frame_number=torch.arange(frames), item=torch.zeros(frames).long())

    truth = sensor.expected_dn(frame).data.double()
    difference = sensor.capture(frame, seed=6).data.double() - truth

    for k, level in enumerate((0.0, 20.0, 200.0, 2000.0)):
        assert truth[0, 0, 0, 40 * k] == 64 + GAIN * (level + 20)
        band = difference[..., 40 * k : 40 * (k + 1)]
        pixel = level + 20 + READ_E**2 + 1 / 12 / GAIN**2
        error = GAIN * math.sqrt(pixel / band.numel() + ROW_E**2 / (rows * frames))
        assert abs(float(band.mean())) < 4 * error, level


def test_the_truth_of_a_soft_well_bends_as_the_capture_does() -> None:
    profile = load_profile("GenericPhone").with_fields(
        full_well_e=2000.7, full_well_knee=0.5, prnu_percent=0.0, dsnu_e=0.0
    )
    light = torch.tensor([500.0, 1500.0, 1e5]).reshape(1, 1, 3, 1).expand(1, 1, 3, 4000)
    shot = Shot.single(iso=profile.readings[0].iso, exposure_time_s=0.01, f_number=2.0)
    frame = Frame.start(light.contiguous(), Domain.EXPECTED, shot=shot, profile=profile)
    sensor = Sensor(profile)

    truth = sensor.expected_dn(frame).data.double().mean(dim=-1).flatten()
    mean = sensor.capture(frame, 3).data.double().mean(dim=-1).flatten()

    # Noise of the middle: sqrt(1500) / sqrt(4000) e-, bent by half; DN are coarser than that.
    assert torch.allclose(truth, mean, atol=1.0)
    assert (
        float(truth[1])
        < float(profile.black_level_dn[0])
        + 1500 * float(profile.readings[0].system_gain_dn_per_e)
        - 5
    )


def test_blooming_takes_whole_columns_of_the_sensor() -> None:
    profile = load_profile("GenericPhone").with_fields(blooming_fraction=0.9)
    shot = Shot.single(iso=profile.readings[0].iso, exposure_time_s=0.01, f_number=2.0)
    tile = Frame.start(torch.ones(1, 1, 8, 8), Domain.EXPECTED, shot=shot, profile=profile)

    assert Sensor(profile, size=(8, 64)).capture(tile, 1, (0, 16)).size == (8, 8)
    for sensor, origin in ((Sensor(profile, size=(64, 8)), (0, 0)), (Sensor(profile), (4, 0))):
        with pytest.raises(UsageError, match="whole columns"):
            sensor.capture(tile, 1, origin)


def test_above_the_knee_nothing_is_measured() -> None:
    profile = load_profile("GenericPhone").with_fields(
        full_well_e=1000.0, full_well_knee=0.5, prnu_percent=0.0, dsnu_e=0.0
    )
    shot = Shot.single(iso=profile.readings[0].iso, exposure_time_s=0.01, f_number=2.0)
    light = torch.tensor([300.0, 800.0]).reshape(1, 1, 2, 1).expand(1, 1, 2, 50).contiguous()
    frame = Frame.start(light, Domain.EXPECTED, shot=shot, profile=profile)

    raw = Sensor(profile).capture(frame, 1)

    assert bool(raw.measured[..., 0, :].all())
    assert bool(raw.clipped[..., 1, :].all())
