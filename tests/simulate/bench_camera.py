"""A sensor with every common noise source on, and light for it."""

from dataclasses import replace

import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.rng import Draws, Effect, uniform
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot

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


def temporal_variance(pair: Tensor) -> float:
    """Half the mean squared difference of two frames (EMVA 1288)."""
    a, b = pair.double()
    return float(((a - b) ** 2).mean()) / 2
