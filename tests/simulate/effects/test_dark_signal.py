"""Dark signal: heat fills the well in proportion to time, doubling with temperature."""

import math

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.rng import Draws, Effect
from isp.core.sensor import SensorProfile
from simulate.effects.dark_signal import dark_rate, dark_spread, warmth
from tests.statistics import NOISE_LIMIT, deviation, normal_variance_error, share_error

CPU = torch.device("cpu")


def sensor(**changes: float) -> SensorProfile:
    return SensorProfile(
        name="dark", cfa=Cfa.MONO, bit_depth=12, black_level_dn=(64.0,), white_level_dn=4095.0,
        readings=(), **({"dark_current_e_per_s": 3.0} | changes),  # type: ignore[arg-type]
    )  # fmt: skip


def spread(
    nonuniformity: float, height: int = 600, width: int = 500, body: int = 1,
    origin: tuple[int, int] = (0, 0),
) -> torch.Tensor:  # fmt: skip
    draws = Draws.fixed(body, Effect.DARK_NONUNIFORMITY, "a", origin)
    return dark_spread(nonuniformity, height, width, draws, CPU)


def test_the_rate_is_the_current_times_the_time() -> None:
    rate = dark_rate(sensor(), torch.tensor([0.0, 0.5, 60.0]))

    assert rate.tolist() == [0.0, 1.5, 180.0]


@pytest.mark.parametrize(
    ("temperature_c", "factor"), [(20.0, 1), (27.0, 2), (34.0, 4), (13.0, 0.5), (23.5, 2**0.5)]
)
def test_every_seven_kelvin_double_it(temperature_c: float, factor: float) -> None:
    camera = sensor(temperature_c=temperature_c)

    assert warmth(camera) == pytest.approx(factor, rel=1e-12)
    rate = dark_rate(camera, torch.tensor([1.0]))
    assert float(rate) == pytest.approx(3.0 * factor, rel=1e-12)


def test_the_doubling_temperature_and_the_reference_are_the_sensor_s_own() -> None:
    cool = sensor(dark_current_temperature_c=-10.0, temperature_c=2.0, doubling_temperature_k=6.0)

    assert warmth(cool) == 4
    assert float(dark_rate(cool, torch.tensor([2.0]))) == pytest.approx(3.0 * 4 * 2)


def test_the_rate_is_float64_so_that_devices_agree() -> None:
    assert dark_rate(sensor(), torch.tensor([1 / 60])).dtype == torch.float64


def test_photosites_differ_in_proportion_to_the_mean() -> None:
    drawn = spread(0.1)
    n = drawn.numel()

    assert abs(deviation(drawn.mean(), 1.0, 0.1 / math.sqrt(n))) < NOISE_LIMIT
    assert abs(deviation(drawn.var(), 0.01, normal_variance_error(0.1, n))) < NOISE_LIMIT


def test_no_photosite_collects_less_than_no_electrons() -> None:
    """At a spread of 1 Phi(-1) = 15.866 % of them would."""
    drawn = spread(1.0)

    assert float(drawn.min()) == 0
    none = float((drawn == 0).double().mean())
    assert abs(deviation(none, 0.1586553, share_error(0.1586553, drawn.numel()))) < NOISE_LIMIT


def test_the_spread_belongs_to_the_body_and_a_tile_has_that_of_its_place() -> None:
    whole = spread(0.1, 40, 50)

    assert torch.equal(spread(0.1, 13, 17, origin=(7, 21)), whole[..., 7:20, 21:38])
    assert not torch.equal(spread(0.1, 40, 50, body=2), whole)
