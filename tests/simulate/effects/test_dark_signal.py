"""Dark signal: heat fills the well in proportion to time, doubling with temperature."""

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.sensor import SensorProfile
from simulate.effects.dark_signal import dark_rate


def sensor(**changes: float) -> SensorProfile:
    return SensorProfile(
        name="dark", cfa=Cfa.MONO, bit_depth=12, black_level_dn=(64.0,), white_level_dn=4095.0,
        readings=(), **({"dark_current_e_per_s": 3.0} | changes),  # type: ignore[arg-type]
    )  # fmt: skip


def test_the_rate_is_the_current_times_the_time() -> None:
    rate = dark_rate(sensor(), torch.tensor([0.0, 0.5, 60.0]))

    assert rate.tolist() == [0.0, 1.5, 180.0]


@pytest.mark.parametrize(
    ("temperature_c", "factor"), [(20.0, 1), (27.0, 2), (34.0, 4), (13.0, 0.5), (23.5, 2**0.5)]
)
def test_every_seven_kelvin_double_it(temperature_c: float, factor: float) -> None:
    rate = dark_rate(sensor(temperature_c=temperature_c), torch.tensor([1.0]))

    assert float(rate) == pytest.approx(3.0 * factor, rel=1e-12)


def test_the_doubling_temperature_and_the_reference_are_the_sensor_s_own() -> None:
    cool = sensor(dark_current_temperature_c=-10.0, temperature_c=2.0, doubling_temperature_k=6.0)

    assert float(dark_rate(cool, torch.tensor([2.0]))) == pytest.approx(3.0 * 4 * 2)


def test_the_rate_is_float64_so_that_devices_agree() -> None:
    assert dark_rate(sensor(), torch.tensor([1 / 60])).dtype == torch.float64
