"""Black level, gain, wells, blooming and quantisation on whole frames."""

import math

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.readings import Reading
from simulate.sensor import Sensor
from tests.simulate.lab_camera import BLACK, GAIN, QUANTISATION_E2, camera, light
from tests.statistics import (
    NOISE_LIMIT,
    deviation,
    normal_variance_error,
)

# --- black level, gain, wells ----------------------------------------------------------------


def test_the_black_level_of_each_site_is_off_by_its_own_error() -> None:
    """ELD's colour bias, in DN, after the gain; in the temporal mean and never in the truth."""
    bias = (0.5, -1.25, 2.0, 0.0)
    profile = camera(
        {"read_noise_e": 3.0, "colour_bias_dn": bias},
        cfa=Cfa.RGGB, black_level_dn=(BLACK, BLACK + 1, BLACK + 2, BLACK + 3),
    )  # fmt: skip
    sensor, exposed = Sensor(profile), light(0.0, 200, 300, 2)

    dn = sensor.capture(exposed, seed=48).data[:, 0].double()

    sigma, n = GAIN * math.sqrt(9 + QUANTISATION_E2), 2 * 100 * 150
    for k, error in enumerate(bias):
        site = dn[:, k // 2 :: 2, k % 2 :: 2]
        wanted = BLACK + k + error
        assert abs(deviation(site.mean(), wanted, sigma / math.sqrt(n))) < NOISE_LIMIT, k
    truth = sensor.expected_dn(exposed).data[0, 0]
    assert truth[:2, :2].tolist() == [[BLACK, BLACK + 1], [BLACK + 2, BLACK + 3]]


@pytest.mark.parametrize(
    ("iso", "gain", "read"), [(400.0, 0.8, 6.0), (639.0, 1.278, 6.0), (640.0, 2.56, 1.5)]
)
def test_both_gains_switch_gain_and_read_noise_at_the_branch(
    iso: float, gain: float, read: float
) -> None:
    """Photon transfer: K is the slope of variance against mean, and the dark is read noise."""
    profile = camera(
        readings=(
            Reading(iso=100.0, system_gain_dn_per_e=0.2, read_noise_e=6.0),
            Reading(iso=400.0, system_gain_dn_per_e=0.8, read_noise_e=6.0),
            Reading(iso=640.0, system_gain_dn_per_e=2.56, read_noise_e=1.5, branch=1),
            Reading(iso=6400.0, system_gain_dn_per_e=25.6, read_noise_e=1.2, branch=1),
        )
    )
    rows, columns, rate = 400, 500, 4000.0
    n = rows * columns

    pairs = [
        Sensor(profile).capture(light(level, rows, columns, 2, iso=iso), seed=49).data.double()
        for level in (0.0, rate)
    ]
    (dark, lit), (low, high) = (
        [float((p[0] - p[1]).var()) / 2 for p in pairs], [float(p.mean()) for p in pairs],
    )  # fmt: skip

    pixel_dark, pixel = read**2 + 1 / 12 / gain**2, rate + read**2 + 1 / 12 / gain**2
    error = gain * math.sqrt(2 * pixel**2 / n + 2 * pixel_dark**2 / n + rate / 2 / n) / rate
    error = math.hypot(error, gain * math.sqrt(pixel / (2 * n)) / rate)
    assert abs(deviation((lit - dark) / (high - low), gain, error)) < NOISE_LIMIT
    error = math.sqrt(2 / n) * pixel_dark
    assert abs(deviation(dark / gain**2, pixel_dark, error)) < NOISE_LIMIT


def test_a_soft_well_holds_less_than_it_gets_until_it_is_full() -> None:
    """1500 e- in a well of 2000 with its knee at half: 1000 + 1000 (1 - exp(-1/2)) = 1393.5."""
    profile = camera(full_well_e=2000.0, full_well_knee=0.5)
    sensor, n = Sensor(profile), 200 * 200

    held = sensor.collect(light(1500.0, 200, 200), seed=50)

    # The bend also costs half its curvature times the variance: -1500 exp(-1/2) / 2000.
    mean = 2000 - 1000 * math.exp(-0.5) - 1500 * math.exp(-0.5) / 2000
    slope = math.exp(-0.5)
    error = math.hypot(slope * math.sqrt(1500 / n), 0.02)  # and the third order: below 0.02 e-
    assert abs(deviation(held.data.double().mean(), mean, error)) < NOISE_LIMIT
    assert bool(held.measured.all())
    full = sensor.collect(light(1e6, 20, 20), seed=50)
    assert torch.equal(full.data, torch.full_like(full.data, 2000.0))
    assert bool(full.clipped.all())


@pytest.mark.parametrize("changes", [{}, {"full_well_knee": 0.9}, {"blooming_fraction": 0.5}])
def test_a_well_of_a_fraction_more_holds_whole_electrons(changes: dict[str, float]) -> None:
    sensor, exposed = Sensor(camera(full_well_e=2000.7, **changes)), light(1e6, 8, 8)

    assert sensor.collect(exposed, seed=58).data.unique().tolist() == [2000.0]
    assert sensor.capture(exposed, seed=58).data.unique().tolist() == [BLACK + GAIN * 2000]


@pytest.mark.parametrize("knee", [1.0, 0.7])
def test_wells_fill_to_their_own_capacity_in_any_tile(knee: float) -> None:
    profile = camera(full_well_e=3000.0, full_well_spread_percent=2.0, full_well_knee=knee)
    sensor = Sensor(profile)

    full = sensor.collect(light(1e6, 200, 300), seed=51)

    wells = sensor.pattern(2, (0, 0), (200, 300), full.data.device).wells
    assert torch.equal(full.data, wells)
    assert bool(full.clipped.all())
    tile = sensor.collect(light(1e6, 20, 30), seed=51, origin=(50, 60))
    assert torch.equal(tile.data, full.data[..., 50:70, 60:90])
    error = normal_variance_error(60.0, wells.numel())
    assert abs(deviation(wells.double().var(), 3600 + 1 / 12, error)) < NOISE_LIMIT


# --- blooming --------------------------------------------------------------------------------


def lamp(width: int = 24) -> Frame:
    """A spot of 3 x 3 photosites that get twice the 20 000 e- of their wells, in dim light."""
    exposed = light(50.0, 61, width)
    exposed.data[..., 29:32, 10:13] = 40_000.0
    return exposed


def test_blooming_runs_up_and_down_from_a_lamp_and_not_sideways() -> None:
    still, blooming = (
        Sensor(camera(blooming_fraction=fraction)).collect(lamp(), seed=52).data[0, 0]
        for fraction in (0.0, 1.0)
    )
    more = blooming - still

    assert bool((more >= 0).all())
    assert float(more[:, :10].sum() + more[:, 13:].sum()) == 0
    # 30 000 e- each way: the first photosites beyond fill, the second take the rest.
    for first, second in ((28, 27), (32, 33)):
        assert blooming[first, 10:13].tolist() == [20_000.0] * 3
        assert float(more[second, 10:13].min()) > 9000
    # Every electron that a full well lost is found again, but for the halves of odd ones.
    freed = Sensor(camera(full_well_e=None)).collect(lamp(), seed=52).data[0, 0]
    lost = (freed - 20_000).clamp(min=0)
    lamps = int((lost % 2).sum())
    assert float(more.sum()) == float(lost.sum()) - lamps


@pytest.mark.parametrize("strip", [1, 5, 16])
def test_strips_of_whole_columns_bloom_like_the_whole(strip: int) -> None:
    profile = camera(
        {"read_noise_e": 2.0}, blooming_fraction=0.8, full_well_knee=0.9, prnu_percent=2.0,
        full_well_spread_percent=1.0,
    )  # fmt: skip
    sensor, exposed = Sensor(profile), lamp()
    whole = sensor.capture(exposed, seed=53)

    pieces = []
    for x in range(0, 24, strip):
        data = exposed.data[..., x : x + strip]
        part = Frame.start(data, Domain.EXPECTED, shot=exposed.shot)
        pieces.append(sensor.capture(part, 53, origin=(0, x)))

    for name in ("data", "measured", "clipped"):
        joined = torch.cat([getattr(p, name) for p in pieces], dim=-1)
        assert torch.equal(joined, getattr(whole, name)), name


def test_a_tile_that_does_not_begin_a_column_cannot_bloom() -> None:
    sensor = Sensor(camera(blooming_fraction=0.5))

    with pytest.raises(UsageError, match="whole columns of 4 rows, but the tile has 4 from row 8"):
        sensor.capture(light(1.0, 4, 4), 1, origin=(8, 0))


# --- quantisation ----------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_quantisation_adds_a_twelfth_of_a_dn_squared(bits: int) -> None:
    """Read noise of 1.5 DN at any depth: 2.25 + 1/12, and the mean keeps fractions of a DN."""
    reading = Reading(iso=100.0, system_gain_dn_per_e=0.5, read_noise_e=3.0)
    black = 40.3
    profile = camera(
        bit_depth=bits, black_level_dn=(black,), white_level_dn=2.0**bits - 1, readings=(reading,)
    )
    n = 500 * 600

    dn = Sensor(profile).capture(light(0.0, 500, 600), seed=54 + bits).data.double()

    truth = 2.25 + 1 / 12
    assert abs(deviation(dn.mean(), black, math.sqrt(truth / n))) < NOISE_LIMIT
    assert abs(deviation(dn.var(), truth, truth * math.sqrt(2 / n))) < NOISE_LIMIT
