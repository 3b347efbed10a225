"""A monochrome camera and its brackets, as the tests of merging take them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from apps.bench.metrics.cramer_rao import photosite_information
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.frame import Frame
from isp.core.measured import saturation_limit, white_dn
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.merge.bracket import Merged
from isp.merge.observation import Observation
from isp.stages.black_level import BlackLevel
from simulate.bracket import bracket
from simulate.sensor import Sensor

GAIN, READ_E, BLACK, WELL_E = 0.25, 3.0, 64.0, 15_000.0
CAMERA = SensorProfile(
    name="mono",
    cfa=Cfa.MONO,
    bit_depth=12,
    black_level_dn=(BLACK,),
    white_level_dn=4095.0,
    full_well_e=WELL_E,
    readings=(Reading(iso=100.0, system_gain_dn_per_e=GAIN, read_noise_e=READ_E),),
)
ISO = torch.tensor([100.0])
LIMIT_DN = float(saturation_limit(CAMERA, ISO)[0])
LIMIT_E = (LIMIT_DN - BLACK) / GAIN
WHITE_E = (float(white_dn(CAMERA, ISO)[0]) - BLACK) / GAIN  # e- of 1.0 in MOSAIC
SHOT = Shot.single(exposure_time_s=0.01, iso=100.0)


def expected(light_e: Tensor, profile: SensorProfile = CAMERA, shot: Shot = SHOT) -> Frame:
    """Expected electrons of a frame, (h, w)."""
    return Frame.start(light_e[None, None], Domain.EXPECTED, shot=shot, profile=profile)


def electrons(merged: Merged) -> Tensor:
    """The merged picture in e- of the reference."""
    return merged.frame.data[0, 0].double() * WHITE_E


def least_variance(light_e: float, evs: Sequence[float]) -> float:
    """Least variance, e-^2, that an unbiased estimate of the light at 0 EV can have."""
    told = sum(
        4**ev
        * photosite_information(
            light_e * 2**ev, system_gain_dn_per_e=GAIN, read_noise_e=READ_E,
            black_level_dn=BLACK, limit_dn=LIMIT_DN,
        )
        for ev in evs
    )  # fmt: skip
    return 1 / told


def flat(light_e: float, side: int = 300) -> Tensor:
    return torch.full((side, side), float(light_e))


def ramp(low_e: float, high_e: float, side: int = 300) -> Tensor:
    """Light that grows by the same factor from column to column."""
    steps = torch.logspace(
        float(torch.log10(torch.tensor(low_e))), float(torch.log10(torch.tensor(high_e))), side
    )
    return steps.expand(side, side).contiguous()


def taken(
    light_e: Tensor, evs: Sequence[float], seed: int = 1, profile: SensorProfile = CAMERA,
    jitter_percent: float = 0.0,
) -> list[Frame]:  # fmt: skip
    """A bracket of the light at 0 EV, as MOSAIC frames."""
    frames = bracket(
        Sensor(profile), expected(light_e, profile), None, evs, seed, jitter_percent=jitter_percent
    )
    return [BlackLevel(profile.cfa).develop(raw) for raw, _ in frames]


@dataclass(frozen=True, kw_only=True)
class PlainNoise:
    """Noise in closed form: floor + slope x signal."""

    floor: float = 0.0
    slope: float = 0.0
    alike: float = 0.0  # noise that a whole square shares
    offset: Tensor = field(default_factory=lambda: torch.zeros(1, 1, 1, 1))

    def image(self, index: int) -> "PlainNoise":
        return self

    def variance(self, signal: Tensor) -> Tensor:
        return self.floor + self.slope * signal.clamp(min=0)

    def within(self, signal: Tensor, side: int) -> Tensor:
        return self.variance(signal) + side**2 * self.alike


def seen(
    signal: Tensor, exposure: float = 1.0, *, noise: PlainNoise | None = None,
    measured: Tensor | None = None, limit: float = 1e9,
) -> Observation:  # fmt: skip
    """An observation of one plane, clipped wherever it is unmeasured."""
    plane = signal.reshape(1, 1, *signal.shape[-2:]).float()
    good = torch.ones_like(plane, dtype=torch.bool) if measured is None else measured[None, None]
    return Observation(
        signal=plane,
        exposure=torch.full((1, 1, 1, 1), exposure),
        measured=good,
        clipped=~good,
        generated=torch.zeros_like(good),
        limit=torch.full((1, 1, 1, 1), limit),
        unit=torch.ones(1, 1, 1, 1),
        noise=noise or PlainNoise(floor=1.0),
    )
