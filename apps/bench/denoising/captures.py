"""Captures of known light: which camera, at which ISO, how many times too short, which noise."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from apps.train.packed_pair import PackedCapture
from apps.train.training_cameras import NOISES
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.readings import Reading
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.core.tukey_deviation import tukey_lambda_deviation
from isp.files.profile import load_profile
from simulate.sensor import Sensor

CAMERAS = ("SonyA7S2", "NikonD850", "CanonEOS5D4", "CanonEOS70D", "CanonEOS700D")
RATIOS = (100.0, 250.0, 300.0)
ISO = 1600.0
SEED = 2023
EXPOSURE_TIME_S = 1 / 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """camera: name of a shipped profile. ratio: of exposures. noise: see `apps.train.raw_pairs`.

    Raises UsageError for another noise.
    """

    camera: str
    ratio: float
    iso: float = ISO
    noise: str = "eld"

    def __post_init__(self) -> None:
        """Check the noise."""
        if self.noise not in NOISES:
            raise UsageError(f'noise is {", ".join(NOISES)}, not "{self.noise}"')

    def record(self) -> dict[str, Any]:
        """The case as plain values."""
        return asdict(self)

    def profile(self) -> SensorProfile:
        """The camera's profile, with the noise of the case only."""
        profile = load_profile(self.camera)
        return profile.with_fields(readings=tuple(self._reading(r) for r in profile.readings))

    def _reading(self, reading: Reading) -> Reading:
        scale = reading.tukey_lambda_scale_e
        if self.noise == "eld" and scale is not None:
            # ELD's two fits of one camera's read noise differ by up to a quarter; what is drawn
            # is Tukey lambda, and its deviation is what every method is told.
            drawn = scale * tukey_lambda_deviation(reading.tukey_lambda_shape or 0.0)
            return replace(reading, read_noise_e=drawn)
        row = 0.0 if self.noise == "poisson_gaussian" else reading.row_noise_e
        return replace(reading, row_noise_e=row, tukey_lambda_shape=None, tukey_lambda_scale_e=None)


def captured(case: Case, light: Float[Tensor, "1 4 h w"], number: int) -> PackedCapture:
    """Photograph packed light with the whole sensor model, `ratio` times too short.

    number: of the scene; keys the noise with the case's ratio, so that every method gets the same.
    """
    profile = case.profile()
    iso = torch.tensor([case.iso])
    gain = profile.at_iso(iso).system_gain_dn_per_e
    black = profile.black_level_dn[0]
    span = profile.white_level_dn - black
    height, width = (2 * side for side in light.shape[-2:])
    expected = Cfa.RGGB.unpack(light, height, width) * (span / (case.ratio * float(gain)))
    shot = replace(
        Shot.single(iso=case.iso, exposure_time_s=EXPOSURE_TIME_S),
        item=torch.tensor([number]),
        frame_number=torch.tensor([round(case.ratio)]),
    )
    frame = Frame.start(expected.float(), Domain.EXPECTED, shot=shot, profile=profile)
    raw = Sensor(profile).capture(frame, SEED)
    return PackedCapture(
        light_dn=Cfa.RGGB.pack(raw.data - black),
        measured=Cfa.RGGB.pack(raw.measured.float()) > 0,
        span_dn=torch.full((1, 4, 1, 1), span),
        ratio=case.ratio,
        profile=profile,
        iso=iso,
    )
