"""What a kernel is given: maps of a body as rates, and sensors that it knows."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.files.profile import load_profile
from simulate.fused.maps import KernelMaps, known
from simulate.sensor import Sensor

SPILL = (0.0, 0.01, 0.0, 0.01, 0.96, 0.01, 0.0, 0.01, 0.0)


def expected_of(profile: SensorProfile) -> Frame:
    shot = Shot(iso=torch.tensor([100.0, 100.0]), exposure_time_s=torch.tensor([0.5, 2.0]))
    light = torch.full((2, 1, 4, 6), 10.0)
    return Frame.start(light, Domain.EXPECTED, shot=shot, profile=profile)


def maps_of(**changes: Any) -> KernelMaps:
    plain = {"prnu_percent": 0.0, "dark_current_e_per_s": 0.0, "dark_current_nonuniformity": 0.0}
    profile = load_profile("GenericPhone").with_fields(**plain | changes)
    expected = expected_of(profile)
    pattern = Sensor(profile).pattern(1, (0, 0), (4, 6), expected.data.device)
    return KernelMaps.of(pattern, expected, profile)


def test_without_gain_and_heat_there_is_only_light() -> None:
    maps = maps_of()

    assert maps.light.shape == (2, 1, 4, 6)
    assert (maps.gain, maps.dark_e_per_s, maps.dark_e, maps.dark_factor) == (None,) * 4


def test_heat_doubles_with_the_temperature_and_grows_with_the_time() -> None:
    """8 e-/s at the reference, one doubling warmer, in 0.5 and 2 s."""
    profile = load_profile("GenericPhone")
    warmer = profile.dark_current_temperature_c + profile.doubling_temperature_k

    maps = maps_of(dark_current_e_per_s=8.0, temperature_c=warmer)

    assert maps.dark_e is not None
    assert maps.dark_factor is not None
    assert maps.dark_e.tolist() == [8.0, 32.0]
    assert maps.dark_factor.tolist() == [1.0, 4.0]
    assert maps.dark_e.dtype == torch.float64  # devices agree in a draw only if in the rate


def test_a_finished_rate_has_nothing_beside_it() -> None:
    rate = torch.ones(1, 1, 2, 2)

    maps = KernelMaps.whole(rate)

    assert maps.light is rate
    assert (maps.gain, maps.dark_e_per_s, maps.dark_e) == (None,) * 3


@pytest.mark.parametrize(
    "changes",
    [
        {"full_well_knee": 0.9}, {"full_well_spread_percent": 1.0}, {"blooming_fraction": 0.5},
        {"linearization_table_dn": (0, 5, 1023)},
        {"electrical_crosstalk": dict.fromkeys("RGB", SPILL)},
    ],
    ids=lambda changes: next(iter(changes)),
)  # fmt: skip
def test_what_no_kernel_does_is_not_known(changes: dict[str, Any]) -> None:
    profile = load_profile("GenericPhone")
    other = profile.with_fields(**changes)

    assert known(profile, expected_of(profile))
    assert not known(other, expected_of(other))


def test_a_gradient_is_not_known() -> None:
    profile = load_profile("GenericPhone")
    frame = expected_of(profile)

    assert not known(profile, replace(frame, data=frame.data.requires_grad_()))
