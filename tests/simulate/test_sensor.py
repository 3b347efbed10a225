"""The whole sensor: its book of variances, its order of effects, and that it repeats itself."""

import functools
import itertools
import math
import multiprocessing
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.rng import Draws, Effect, normal, uniform
from isp.core.sensor import Defect, SensorNoise, SensorProfile
from isp.core.shot import Shot
from isp.files.profile import load_profile
from simulate.effects.dsnu import dsnu
from simulate.sensor import Sensor
from tests.statistics import correlation, lagged_correlation

GAIN = 0.5
FULL_WELL_E = 6000.0
READ_E, ROW_E = 3.0, 1.5


def profile(**changes: object) -> SensorProfile:
    """Every noise source on, black levels that differ per site, and two gains."""
    values = {
        "name": "bench",
        "cfa": Cfa.RGGB,
        "bit_depth": 12,
        "black_level_dn": (60.0, 64.0, 66.5, 70.0),
        "white_level_dn": 4095.0,
        "full_well_e": FULL_WELL_E,
        "readings": (
            Reading(iso=100.0, system_gain_dn_per_e=GAIN, read_noise_e=READ_E, row_noise_e=ROW_E),
            Reading(iso=400.0, system_gain_dn_per_e=4 * GAIN, read_noise_e=2.0, row_noise_e=0.5),
        ),
        "prnu_percent": 1.0,
        "dsnu_e": 2.0,
        "dark_current_e_per_s": 40.0,
    }
    return SensorProfile(**(values | changes))  # type: ignore[arg-type]


def ideal(**changes: object) -> SensorProfile:
    """No noise but the photons': flat black of 64, gain 0.5."""
    quiet = (Reading(iso=100.0, system_gain_dn_per_e=GAIN),)
    return profile(
        **({"black_level_dn": (64.0,) * 4, "readings": quiet, "prnu_percent": 0.0, "dsnu_e": 0.0,
            "dark_current_e_per_s": 0.0} | changes)
    )  # fmt: skip


def exposed(data: Tensor, **shot: object) -> Frame:
    batch = data.shape[0]
    values = {
        "exposure_time_s": torch.full((batch,), 0.5),
        "iso": torch.full((batch,), 100.0),
        "item": torch.arange(batch),
        "frame_number": torch.zeros(batch, dtype=torch.int64),
    }
    return Frame.start(data, Domain.EXPECTED, shot=Shot(**(values | shot)))  # type: ignore[arg-type]


def flat(rate: float, height: int, width: int, batch: int = 1, **shot: object) -> Frame:
    return exposed(torch.full((batch, 1, height, width), rate), **shot)


def burst(rate: float, height: int, width: int, frames: int, **shot: object) -> Frame:
    """Frames of one item: only the frame number differs."""
    values = {"frame_number": torch.arange(frames), "item": torch.zeros(frames, dtype=torch.int64)}
    return flat(rate, height, width, frames, **(values | shot))


def varied(batch: int, height: int, width: int) -> Frame:
    """Expected electrons from deep shadow to twice the full well, in no order."""
    u = uniform(Draws(seed=99, effect=Effect.AUGMENTATION, item=torch.arange(batch)).words(
        height, width))  # fmt: skip
    return exposed((10 ** (4.1 * u)).float())


def crop(frame: Frame, y: int, x: int, height: int, width: int) -> Frame:
    def cut(tensor: Tensor) -> Tensor:
        return tensor[..., y : y + height, x : x + width]

    return replace(
        frame, data=cut(frame.data), measured=cut(frame.measured), clipped=cut(frame.clipped),
        generated=cut(frame.generated),
    )  # fmt: skip


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


# --- the same pictures, however the work is cut ----------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_batch_gives_the_pictures_of_its_parts(size: int, device: torch.device) -> None:
    sensor, frame = Sensor(profile()), varied(7, 93, 121).to(device)
    whole = sensor.capture(frame, seed=5)

    parts = [sensor.capture(frame.select(slice(i, i + size)), 5) for i in range(0, 7, size)]

    assert torch.equal(torch.cat([p.data for p in parts]), whole.data)
    assert torch.equal(torch.cat([p.measured for p in parts]), whole.measured)


@functools.cache
def _whole() -> tuple[Sensor, Frame, Frame]:
    defects = tuple(Defect(row=r, column=c) for r, c in ((0, 0), (77, 301), (599, 708), (64, 65)))
    sensor = Sensor(profile(defects=defects))
    frame = varied(1, 600, 709)
    return sensor, frame, sensor.capture(frame, seed=5)


def _tiles(size: int, first: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    """Rows and columns cut every `size`, the first cut at `first`: y, x, height, width."""

    def cuts(length: int, start: int) -> list[tuple[int, int]]:
        edges = sorted({0, *range(start, length, size), length})
        return list(itertools.pairwise(edges))

    return [
        (y0, x0, y1 - y0, x1 - x0)
        for y0, y1 in cuts(600, first[0])
        for x0, x1 in cuts(709, first[1])
    ]


def _assemble(pieces: list[tuple[tuple[int, int, int, int], Frame]], name: str) -> Tensor:
    whole = torch.zeros(1, 1, 600, 709, dtype=getattr(pieces[0][1], name).dtype)
    for (y, x, height, width), piece in pieces:
        whole[..., y : y + height, x : x + width] = getattr(piece, name)
    return whole


@pytest.mark.parametrize("size", [64, 128, 256, 512])
@pytest.mark.parametrize("first", [(0, 0), (37, 51)], ids=["even", "odd"])
def test_tiles_in_any_order_give_the_whole_picture(size: int, first: tuple[int, int]) -> None:
    sensor, frame, whole = _whole()
    tiles = _tiles(size, first)
    order = torch.randperm(len(tiles), generator=torch.Generator().manual_seed(size)).tolist()

    pieces = [
        (tiles[i], sensor.capture(crop(frame, *tiles[i]), 5, origin=tiles[i][:2])) for i in order
    ]

    assert torch.equal(_assemble(pieces, "data"), whole.data)
    assert torch.equal(_assemble(pieces, "measured"), whole.measured)
    assert torch.equal(_assemble(pieces, "clipped"), whole.clipped)


def test_a_tile_says_which_colours_and_blacks_it_starts_with() -> None:
    sensor, frame, _ = _whole()

    tile = sensor.capture(crop(frame, 3, 10, 8, 8), 5, origin=(3, 10))

    assert tile.profile.cfa == Cfa.GBRG
    assert tile.profile.black_level_dn == (66.5, 70.0, 60.0, 64.0)
    # The defect of row 64, column 65 seen from the tile at (60, 60), whose colours stay.
    even = sensor.capture(crop(frame, 60, 60, 8, 8), 5, origin=(60, 60))
    assert [(d.row, d.column) for d in even.profile.defects if d.row < 8 and d.column < 8] == [
        (4, 5)
    ]


@pytest.mark.parametrize("workers", [1, 2])
def test_worker_processes_give_the_picture_of_this_one(workers: int) -> None:
    """Spawned, never forked; handed out one by one, so that both take part."""
    sensor, frame, whole = _whole()
    tiles = _tiles(256, (37, 51))

    context = multiprocessing.get_context("spawn")
    with context.Pool(workers) as pool:
        arguments = [(crop(frame, *t), 5, t[:2]) for t in reversed(tiles)]
        captured = pool.starmap(sensor.capture, arguments, chunksize=1)
        pool.close()
        pool.join()

    pieces = list(zip(reversed(tiles), captured, strict=True))
    assert torch.equal(_assemble(pieces, "data"), whole.data)
    assert torch.equal(_assemble(pieces, "clipped"), whole.clipped)


def test_the_same_seed_gives_the_same_picture_and_another_seed_another() -> None:
    sensor, frame = Sensor(profile()), varied(1, 60, 70)
    first = sensor.capture(frame, seed=5).data

    assert torch.equal(sensor.capture(frame, seed=5).data, first)
    assert not torch.equal(sensor.capture(frame, seed=6).data, first)


def test_nothing_depends_on_what_was_drawn_before() -> None:
    sensor, frame = Sensor(profile()), varied(1, 60, 70)
    first = sensor.capture(frame, seed=5).data
    torch.manual_seed(1)
    torch.rand(100)

    sensor.capture(varied(2, 30, 30), seed=5)

    assert torch.equal(sensor.capture(frame, seed=5).data, first)


def test_light_at_one_photosite_changes_that_photosite_only() -> None:
    sensor, frame = Sensor(profile()), varied(1, 60, 70)
    brighter = frame.data.clone()
    brighter[..., 20, 31] += 500

    changed = sensor.capture(exposed(brighter), 5).data != sensor.capture(frame, 5).data

    assert changed[0, 0].nonzero().tolist() == [[20, 31]]


# --- the book of variances -------------------------------------------------------------------


def temporal_variance(pair: Tensor) -> float:
    """Half the mean squared difference of two frames (EMVA 1288)."""
    a, b = pair.double()
    return float(((a - b) ** 2).mean()) / 2


@pytest.mark.parametrize("patterned", [False, True], ids=["no pattern", "PRNU and DSNU"])
@pytest.mark.parametrize("rate", [0.0, 200.0, 3000.0])
def test_the_temporal_variance_is_the_sum_of_its_sources(rate: float, patterned: bool) -> None:
    """K^2 (mu + D t + sigma_d^2 + sigma_row^2) + 1/12 DN^2, whatever is fixed (section 5.4)."""
    rows, columns = 1000, 800
    n, dark = rows * columns, 40.0 * 0.5
    patterns = {} if patterned else {"prnu_percent": 0.0, "dsnu_e": 0.0}
    pair = Sensor(profile(**patterns)).capture(burst(rate, rows, columns, 2), seed=8).data

    pixel = rate + dark + READ_E**2 + 1 / 12 / GAIN**2  # e-^2, independent between photosites
    expected = GAIN**2 * (pixel + ROW_E**2)
    # Half the mean of (p + r)^2, Var p = 2 pixel with fourth cumulant 2 (mu + D t), and
    # Var r = 2 row shared along a row.
    error = GAIN**2 * math.sqrt(
        (2 * pixel**2 + 4 * pixel * ROW_E**2 + (rate + dark) / 2) / n + 2 * ROW_E**4 / rows
    )
    # PRNU also lets the mean rate of this very field be off by mu * 1 % / sqrt(n).
    error = math.hypot(error, GAIN**2 * rate * 0.01 / math.sqrt(n) if patterned else 0.0)
    assert abs(temporal_variance(pair) - expected) < 4 * error


def test_the_spatial_variance_of_a_mean_frame_adds_the_fixed_patterns() -> None:
    """K^2 (DSNU^2 + PRNU^2 mu^2) + temporal / L."""
    rate, rows, columns, frames = 2000.0, 500, 400, 16
    captured = Sensor(profile()).capture(burst(rate, rows, columns, frames), seed=9)
    black = profile().cfa.spread_sites(profile().black_sites, rows, columns)
    mean = (captured.data.double() - black).mean(dim=0)

    fixed = 2.0**2 + (0.01 * rate) ** 2
    temporal = rate + 20 + READ_E**2 + 1 / 12 / GAIN**2
    pixel, row = fixed + temporal / frames, ROW_E**2 / frames
    expected = GAIN**2 * (pixel + row)
    error = GAIN**2 * math.sqrt(2 * pixel**2 / (rows * columns) + 2 * row**2 / rows)
    assert abs(float(mean.var()) - expected) < 4 * error


def test_row_noise_shows_in_the_means_of_the_rows() -> None:
    """Variance of the difference of two frames' row means: 2 (row^2 + pixel / columns) K^2."""
    rows, columns = 4000, 100
    pair = Sensor(profile()).capture(burst(100.0, rows, columns, 2), seed=10).data.double()

    difference = (pair[0] - pair[1]).mean(dim=-1).flatten()

    pixel = 100.0 + 20 + READ_E**2 + 1 / 12 / GAIN**2
    expected = 2 * GAIN**2 * (ROW_E**2 + pixel / columns)
    assert abs(float(difference.var()) - expected) < 4 * expected * math.sqrt(2 / (rows - 1))


@pytest.mark.parametrize(("iso", "gain", "read", "row"), [(100.0, 0.5, 3.0, 1.5),
                                                          (400.0, 2.0, 2.0, 0.5)])  # fmt: skip
def test_the_gain_scales_signal_and_noise_together(
    iso: float, gain: float, read: float, row: float
) -> None:
    rows, columns = 1000, 500
    frame = burst(300.0, rows, columns, 2, iso=torch.full((2,), iso))
    pair = Sensor(ideal(readings=profile().readings)).capture(frame, seed=11).data

    pixel = 300.0 + read**2 + 1 / 12 / gain**2
    error = gain**2 * math.sqrt(
        (2 * pixel**2 + 4 * pixel * row**2 + 150) / (rows * columns) + 2 * row**4 / rows
    )
    assert abs(temporal_variance(pair) - gain**2 * (pixel + row**2)) < 4 * error
    mean_error = gain * math.sqrt(pixel / (2 * rows * columns) + row**2 / (2 * rows))
    assert abs(float(pair.double().mean()) - (64 + gain * 300)) < 4 * mean_error


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


# --- gradients -------------------------------------------------------------------------------


def test_the_gradient_of_a_capture_is_the_gain_through_the_mean() -> None:
    light = torch.linspace(50, 3000, 120).reshape(1, 1, 10, 12).requires_grad_()

    dn = Sensor(ideal(readings=profile().readings)).capture(exposed(light), seed=1).data
    weight = torch.arange(120.0).reshape(1, 1, 10, 12)
    (dn * weight).sum().backward()

    assert torch.equal(light.grad, GAIN * weight)


def test_the_gradient_carries_prnu_and_stops_at_saturation() -> None:
    light = torch.tensor([1000.0, 1e5]).reshape(1, 1, 1, 2).requires_grad_()

    Sensor(profile()).capture(exposed(light), seed=1).data.sum().backward()

    gain_map = 1 + 0.01 * normal(Draws.fixed(0, Effect.PRNU, "bench").words(1, 2))
    # float32 rounds the rate once on the way.
    assert float(light.grad[0, 0, 0, 0]) == pytest.approx(GAIN * float(gain_map[..., 0]), rel=1e-6)
    assert float(light.grad[0, 0, 0, 1]) == 0


def test_the_gradient_is_that_of_the_mean_of_captures() -> None:
    """Finite differences of the mean over 40 000 photosites, common draws: 10 e- more light."""
    sensor = Sensor(ideal(readings=profile().readings))
    low = sensor.capture(flat(500.0, 200, 200), seed=1).data.double().mean()
    high = sensor.capture(flat(510.0, 200, 200), seed=1).data.double().mean()

    # Even if the two shared nothing, the error would be K sqrt(2 * 519 / n).
    assert abs(float(high - low) / 10 - GAIN) < 4 * GAIN * math.sqrt(2 * 519 / 40_000) / 10


# --- independence ----------------------------------------------------------------------------


@functools.cache
def _noise_fields() -> dict[str, Tensor]:
    """Captures of flat light with pixel noise only, a million photosites each."""
    sensor = Sensor(ideal(readings=(Reading(iso=100.0, system_gain_dn_per_e=2.0,
                                            read_noise_e=READ_E),)))  # fmt: skip
    size = (1000, 1000)
    return {
        "first": sensor.capture(flat(40.0, *size), seed=1).data,
        "seed": sensor.capture(flat(40.0, *size), seed=2).data,
        "frame": sensor.capture(flat(40.0, *size, frame_number=torch.tensor([1])), 1).data,
        "item": sensor.capture(flat(40.0, *size, item=torch.tensor([1])), 1).data,
        "dark": sensor.capture(flat(0.1, *size), seed=3).data,
    }


@pytest.mark.parametrize("name", ["first", "dark"])
def test_noise_does_not_remember_its_neighbours(name: str) -> None:
    """Lags 1 to 8 along rows, columns and the diagonal: |r| < 5 / sqrt(N)."""
    field = _noise_fields()[name]

    for lag in range(1, 9):
        for down, right in ((0, lag), (lag, 0), (lag, lag)):
            r, n = lagged_correlation(field, down, right)
            assert abs(r) < 5 / math.sqrt(n), (down, right)


@pytest.mark.parametrize("name", ["first", "dark"])
def test_the_colours_of_a_cell_are_independent(name: str) -> None:
    planes = Cfa.RGGB.pack(_noise_fields()[name])[0]

    for i in range(4):
        for j in range(i):
            assert abs(correlation(planes[i], planes[j])) < 5 / math.sqrt(planes[i].numel())


@pytest.mark.parametrize("other", ["seed", "frame", "item"])
def test_seeds_frames_and_items_are_independent(other: str) -> None:
    fields = _noise_fields()

    assert abs(correlation(fields["first"], fields[other])) < 5 / math.sqrt(1e6)


def test_photons_read_noise_and_patterns_are_independent_of_each_other() -> None:
    size, dark = (1000, 1000), {"full_well_e": None}
    shot = Sensor(ideal()).collect(flat(40.0, *size), seed=1).data
    loud = (Reading(iso=100.0, system_gain_dn_per_e=10.0, read_noise_e=30.0),)
    streams = {
        "photons": shot,
        "read noise": Sensor(ideal(readings=loud, black_level_dn=(2000.0,) * 4)).capture(
            flat(0.0, *size), seed=1).data,
        "DSNU": Sensor(ideal(dsnu_e=200.0, black_level_dn=(2000.0,) * 4)).capture(
            flat(0.0, *size), seed=1).data,
        "PRNU": Sensor(ideal(prnu_percent=30.0, **dark)).collect(flat(1e5, *size), seed=77).data,
    }  # fmt: skip
    names = list(streams)

    for i, first in enumerate(names):
        for second in names[:i]:
            r = correlation(streams[first], streams[second])
            assert abs(r) < 5 / math.sqrt(1e6), (first, second)


def test_split_exposures_draw_their_own_photons() -> None:
    """Var(N1 + N2) = Var N1 + Var N2: a bracket never rescales one draw."""
    pair = Sensor(ideal()).collect(burst(50.0, 700, 700, 2), seed=4).data.double()
    n = 700 * 700

    total = float((pair[0] + pair[1]).var())

    assert abs(total - 100) < 4 * math.sqrt((100 + 2 * 100**2) / n)


# --- doors -----------------------------------------------------------------------------------


def test_a_frame_of_another_domain_is_refused() -> None:
    sensor = Sensor(profile())
    raw = Frame.start(torch.zeros(1, 1, 2, 2), Domain.RAW)

    for door in (lambda: sensor.capture(raw, 1), lambda: sensor.read_out(raw, 1),
                 lambda: sensor.expected_dn(raw)):  # fmt: skip
        with pytest.raises(DomainError, match="but got RAW"):
            door()


def test_a_frame_exposed_for_another_camera_is_refused() -> None:
    frame = replace(flat(1.0, 2, 2), profile=profile(name="other"))

    with pytest.raises(FrameError, match='exposed for "other", not "bench"'):
        Sensor(profile()).capture(frame, 1)


def test_what_the_shot_must_say_is_asked_for() -> None:
    light = torch.ones(1, 1, 2, 2)
    unknown = Frame.start(light, Domain.EXPECTED, shot=Shot.single(exposure_time_s=1.0))
    with pytest.raises(FrameError, match="iso"):
        Sensor(profile()).capture(unknown, 1)

    timeless = Frame.start(light, Domain.EXPECTED, shot=Shot.single(iso=100.0))
    with pytest.raises(FrameError, match="exposure_time_s"):
        Sensor(profile()).capture(timeless, 1)


def test_history_says_which_seed_and_body_it_was() -> None:
    captured = Sensor(profile()).capture(flat(1.0, 2, 2, body=4), seed=123)

    assert captured.history == (("collect", {"seed": 123, "body": 4}), ("read_out", {"seed": 123}))


def test_the_expected_frame_is_left_untouched() -> None:
    frame = varied(1, 20, 20)
    before = frame.data.clone()

    Sensor(profile()).capture(frame, 1)

    assert torch.equal(frame.data, before)
    assert frame.history == ()


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


def test_a_sensor_is_of_one_profile_and_travels_without_its_maps() -> None:
    sensor = Sensor(load_profile("GenericPhone"))
    sensor.pattern(0, (0, 0), (50, 60), torch.device("cpu"))

    with pytest.raises(AttributeError):
        sensor.profile = load_profile("NikonD850")  # type: ignore[misc]
    copy = pickle.loads(pickle.dumps(sensor))

    assert sensor._patterns
    assert not copy._patterns
    assert copy.profile == sensor.profile


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


def test_a_frozen_profile_does_not_change_with_the_mapping_it_was_made_of() -> None:
    shading = {"G": (-0.1,)}
    profile = load_profile("GenericPhone").with_fields(shading=shading)

    shading["G"] = (-0.9,)

    assert profile.shading == {"G": (-0.1,)}
