"""A laboratory's camera and light for the statistics of noise: monochrome, no effect on."""

import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from simulate.sensor import Sensor

GAIN = 2.0  # DN per electron: quantisation is a small part
BLACK = 1000.0
QUANTISATION_E2 = 1 / 12 / GAIN**2


def camera(reading: dict[str, object] | None = None, **changes: object) -> SensorProfile:
    """A monochrome 16-bit sensor without any noise but the photons'."""
    values = {
        "name": "lab", "cfa": Cfa.MONO, "bit_depth": 16, "black_level_dn": (BLACK,),
        "white_level_dn": 65535.0, "full_well_e": 20_000.0,
        "readings": (Reading(iso=100.0, system_gain_dn_per_e=GAIN, **(reading or {})),),  # type: ignore[arg-type]
    }  # fmt: skip
    return SensorProfile(**(values | changes))  # type: ignore[arg-type]


def light(
    rate: float, height: int, width: int, frames: int = 1, *, items: bool = False,
    iso: float = 100.0, seconds: float = 1.0,
) -> Frame:  # fmt: skip
    """Even light on frames of one burst, or on the first frames of many items."""
    number = torch.arange(frames)
    shot = Shot(
        exposure_time_s=torch.full((frames,), seconds), iso=torch.full((frames,), iso), body=2,
        frame_number=number * (not items), item=number * items,
    )  # fmt: skip
    data = torch.full((1, 1, 1, 1), rate).expand(frames, 1, height, width)
    return Frame.start(data.contiguous(), Domain.EXPECTED, shot=shot)


def electrons(profile: SensorProfile, exposed: Frame, seed: int) -> Tensor:
    """What the DN say in electrons, float64, (frames, h, w)."""
    dn = Sensor(profile).capture(exposed, seed).data[:, 0].double()
    return (dn - BLACK) / profile.readings[0].system_gain_dn_per_e


def emva_spatial_variance(stack: Tensor) -> tuple[float, float]:
    """Variance over the mean of L frames less what is left of temporal noise; and the latter."""
    frames = len(stack)
    temporal = float(stack.var(0).mean())
    return float(stack.mean(0).var()) - temporal / frames, temporal / frames
