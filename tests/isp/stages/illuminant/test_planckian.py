"""An estimate far from every light's colour is moved; one near it is left alone."""

import numpy as np
import pytest
import torch

from isp.core.camera_matrices import white_from_neutral
from isp.core.sensor import SensorProfile
from isp.core.temperature import cct_to_xy, xy_to_cct, xy_to_duv
from isp.stages.illuminant.planckian import near_planckian
from isp.stages.illuminant.temperature import gains_at


def temperature_of(gains: torch.Tensor, profile: SensorProfile) -> tuple[float, float]:
    white = white_from_neutral(1 / gains.double().numpy(), profile.xyz_to_camera)
    cct = xy_to_cct(white)
    return cct, xy_to_duv(white, cct)


@pytest.mark.parametrize("duv", [-0.019, 0.0, 0.019])
def test_gains_within_the_band_come_back_as_they_are(profile: SensorProfile, duv: float) -> None:
    gains = torch.tensor([gains_at(profile, cct_to_xy(4000, duv))])

    assert torch.equal(near_planckian(gains, profile), gains)


@pytest.mark.parametrize(("duv", "limited"), [(0.045, 0.02), (-0.04, -0.02)])
def test_a_green_or_pink_estimate_keeps_its_temperature_and_loses_its_tint(
    profile: SensorProfile, duv: float, limited: float
) -> None:
    gains = torch.tensor([gains_at(profile, cct_to_xy(4500, duv))])

    cct, left = temperature_of(near_planckian(gains, profile)[0], profile)

    assert cct == pytest.approx(4500, rel=1e-3)
    assert left == pytest.approx(limited, abs=1e-5)


def test_an_estimate_bluer_than_the_sky_stops_at_its_temperature(profile: SensorProfile) -> None:
    gains = torch.tensor([gains_at(profile, cct_to_xy(60000))])

    cct, _ = temperature_of(near_planckian(gains, profile)[0], profile)

    assert cct == pytest.approx(20000, rel=1e-3)


def test_each_image_of_a_batch_is_moved_for_itself(profile: SensorProfile) -> None:
    rows = [gains_at(profile, cct_to_xy(4500, duv)) for duv in (0.0, 0.04)]

    moved = near_planckian(torch.tensor(rows), profile)

    np.testing.assert_allclose(moved[0], rows[0], rtol=1e-6)
    np.testing.assert_allclose(moved[1], gains_at(profile, cct_to_xy(4500, 0.02)), rtol=1e-4)
