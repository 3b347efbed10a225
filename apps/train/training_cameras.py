"""Whose noise a training has: lines of several cameras, or one camera's profile."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from apps.train.eld_lines import SPAN_DN
from enhance.exposure_diffusion import Captured
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.eld import NoiseLines, sample_eld_noise
from isp.core.errors import ProfileError, UsageError
from isp.core.frame import Frame
from isp.core.noise_table import QUANTISATION_DN2
from isp.core.readings import SensorNoise
from isp.core.rng import Draws, Effect, uniform
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from simulate.sensor import Sensor

BLACK_DN = 512.0
NOISES = ("eld", "poisson_gaussian", "poisson_gaussian_row")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingCameras:
    """Cameras that captures are drawn from.

    lines: each image is one of them, drawn alike often, at 14 bits.
    profile: one camera in their place, at an ISO drawn log-uniformly between its readings, with
        its own bit depth and well. The black level's error is left out, since the denoiser takes
        off what the profile knows of it; so are fixed patterns, which are another stage's.

    Raises UsageError for neither or both, ProfileError for a profile without readings.
    """

    lines: Sequence[NoiseLines] = ()
    profile: SensorProfile | None = None

    def __post_init__(self) -> None:
        """Check that there is a camera."""
        if bool(self.lines) == (self.profile is not None):
            raise UsageError("training takes the lines of cameras, or one camera's profile")
        if self.profile is not None and not self.profile.readings:
            raise ProfileError(
                f'sensor "{self.profile.name}" has no readings of gain and noise to train on; '
                "measure them with `fullwell calibrate noise`"
            )

    @property
    def black_dn(self) -> float:
        """Of the simulated captures, at every site: whatever it is, it is taken off again."""
        return BLACK_DN if self.profile is None else max(self.profile.black_level_dn)

    @property
    def span_dn(self) -> float:
        """From black to white."""
        return SPAN_DN if self.profile is None else self.profile.white_level_dn - self.black_dn

    def sensor(self, name: str) -> Sensor:
        """The sensor that photographs; its name keys its draws."""
        own = self.profile
        return Sensor(
            SensorProfile(
                name=name, cfa=Cfa.RGGB, bit_depth=14 if own is None else own.bit_depth,
                black_level_dn=(self.black_dn,) * 4, white_level_dn=self.black_dn + self.span_dn,
                full_well_e=None if own is None else own.full_well_e, readings=(),
            )
        )  # fmt: skip

    def noise(
        self, items: Int[Tensor, "b"], choice: Float[Tensor, "b"], kind: str, seed: int
    ) -> SensorNoise:
        """Gain and noise of each image.

        items: their numbers, which key the draws. choice: in 0..1, which camera, or which ISO.
        kind: `eld`, all that is known; `poisson_gaussian_row` and `poisson_gaussian`, less.

        Raises UsageError for another kind.
        """
        if kind not in NOISES:
            raise UsageError(f'noise is {", ".join(NOISES)}, not "{kind}"')
        if self.profile is None:
            noise = self._of_lines(items, choice, kind != "eld", seed)
        else:
            noise = _of_profile(self.profile, choice, kind != "eld")
        if kind == "poisson_gaussian":
            noise = replace(noise, row_noise_e=torch.zeros_like(noise.row_noise_e))
        return noise

    def _of_lines(self, items: Tensor, choice: Tensor, gaussian: bool, seed: int) -> SensorNoise:
        which = (choice * len(self.lines)).long()
        order, parts = [], []
        for camera in which.unique().tolist():
            mine = (which == camera).nonzero().flatten()
            draws = Draws(seed=seed, effect=Effect.NOISE_LEVEL, sensor="training", item=items[mine])
            parts.append(sample_eld_noise([self.lines[camera]], draws, gaussian=gaussian))
            order.append(mine)
        back = torch.cat(order).argsort()

        def whole(name: str) -> Tensor:
            return torch.cat([getattr(part, name) for part in parts])[back]

        return SensorNoise(
            system_gain_dn_per_e=whole("system_gain_dn_per_e"),
            read_noise_e=whole("read_noise_e"),
            row_noise_e=whole("row_noise_e"),
            tukey_lambda_shape=whole("tukey_lambda_shape"),
            tukey_lambda_scale_e=whole("tukey_lambda_scale_e"),
        )


def _of_profile(profile: SensorProfile, choice: Tensor, gaussian: bool) -> SensorNoise:
    isos = [reading.iso for reading in profile.readings]
    iso = min(isos) * (max(isos) / min(isos)) ** choice.double()
    noise = profile.at_iso(iso.clamp(min(isos), max(isos)))
    noise = replace(noise, colour_bias_dn=torch.zeros(1, 1))
    if not gaussian:
        return noise
    zero = torch.zeros_like(noise.read_noise_e)
    return replace(
        noise, tukey_lambda_scale_e=zero, tukey_lambda_shape=zero, column_noise_e=zero,
        banding_amplitude_e=zero,
    )  # fmt: skip


def photographed(
    clean: Float[Tensor, "b 1 h w"],
    ratio: Float[Tensor, "b"],
    noise: SensorNoise,
    sensor: Sensor,
    seed: int,
    items: Int[Tensor, "b"],
) -> Captured:
    """Captures of clean light, `ratio` times too short, as electrons; drawn where the light is.

    clean: RGGB mosaics, 1.0 = white of the reference.
    """
    profile = sensor.profile
    black = profile.black_level_dn[0]
    noise = _on(noise, clean.device)
    gain = noise.system_gain_dn_per_e.reshape(-1, 1, 1, 1)
    white_e = (profile.white_level_dn - black) / (ratio.to(clean.device).reshape(gain.shape) * gain)
    frame = Frame.start(
        clean * white_e, Domain.EXPECTED, profile=profile,
        shot=Shot(item=items, frame_number=torch.zeros_like(items)),
    )  # fmt: skip
    raw = sensor.capture(frame, seed, noise=noise)
    dark = (
        noise.read_noise_e**2 + noise.row_noise_e**2 + noise.column_noise_e**2
        + noise.banding_amplitude_e**2 / 2
    ).reshape(-1, 1, 1, 1) + QUANTISATION_DN2 / gain**2  # fmt: skip
    return Captured(
        electrons=Cfa.RGGB.pack((raw.data - black) / gain), white_e=white_e, dark_variance_e2=dark
    )


def _on(noise: SensorNoise, device: torch.device) -> SensorNoise:
    return replace(noise, **{f.name: getattr(noise, f.name).to(device) for f in fields(noise)})


def training_choices(items: Int[Tensor, "b"], seed: int, count: int) -> Float[Tensor, "b c"]:
    """Numbers in 0..1 by which each image is made."""
    draws = Draws(seed=seed, effect=Effect.AUGMENTATION, sensor="training", item=items)
    return uniform(draws.words(1, count))[:, 0, 0]
