"""A sensor with plain numbers, and scenes and exposures for it."""

import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot


def camera(**changes: object) -> SensorProfile:
    """Monochrome, 12 bit, black 64, gain 0.5 DN/e- at ISO 100, no noise but the photons'."""
    values = {
        "name": "plain",
        "cfa": Cfa.MONO,
        "bit_depth": 12,
        "black_level_dn": (64.0,),
        "white_level_dn": 4095.0,
        "full_well_e": 6000.0,
        "quantum_efficiency": 0.5,
        "pixel_pitch_um": 2.0,
        "readings": (Reading(iso=100.0, system_gain_dn_per_e=0.5),),
    }
    return SensorProfile(**(values | changes))  # type: ignore[arg-type]


def light(data: Tensor) -> Frame:
    """SCENE of grey light: (b, h, w) becomes three equal channels."""
    return Frame.start(data[:, None].float().expand(-1, 3, -1, -1), Domain.SCENE)


def shot(batch: int = 1, time_s: float = 0.01) -> Shot:
    """f/4 at ISO 100; items 0, 1, ..."""
    return Shot(
        exposure_time_s=torch.full((batch,), time_s),
        f_number=torch.full((batch,), 4.0),
        iso=torch.full((batch,), 100.0),
        item=torch.arange(batch),
        frame_number=torch.zeros(batch, dtype=torch.int64),
    )


def expected(data: Tensor, time_s: float = 0.01) -> Frame:
    """EXPECTED of (b, h, w) mean electrons."""
    return Frame.start(data[:, None].float(), Domain.EXPECTED, shot=shot(len(data), time_s))


def flat(rate: float, height: int = 500, width: int = 500, batch: int = 1) -> Frame:
    """The same mean everywhere."""
    return expected(torch.full((batch, height, width), rate))


def crop(frame: Frame, y: int, x: int, height: int, width: int) -> Frame:
    """A tile of a frame."""

    def cut(tensor: Tensor) -> Tensor:
        return tensor[..., y : y + height, x : x + width]

    return Frame.start(
        cut(frame.data), frame.domain, shot=frame.shot, profile=frame.profile,
        measured=cut(frame.measured), clipped=cut(frame.clipped), generated=cut(frame.generated),
        history=frame.history,
    )  # fmt: skip
