"""Frames that several test files of the formats start from."""

import pytest
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot


@pytest.fixture
def shallow() -> Frame:
    """A flat field over a well of 3000 e-, which fills at 700 + 500 DN of a 12-bit range."""
    profile = SensorProfile(
        name="shallow",
        cfa=Cfa.RGGB,
        bit_depth=12,
        black_level_dn=(200.25,) * 4,
        white_level_dn=4095,
        readings=(Reading(iso=100, system_gain_dn_per_e=1 / 6, read_noise_e=3.0),),
        full_well_e=3000.0,
    )
    dn = torch.full((1, 1, 32, 32), 500.0)
    dn[..., 16:, :] = 700.0  # black + 3000 e- / 6
    shot = Shot.single(iso=100, exposure_time_s=0.01, f_number=4, white_balance=(2, 1, 1.5))
    return Frame.start(dn, Domain.RAW, profile=profile, shot=shot)
