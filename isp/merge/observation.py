"""One frame of a bracket on a scale on which its noise is known."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.frame import Frame
from isp.core.measured import saturation_limit, white_dn
from isp.core.mosaic_noise import UNEVEN
from isp.core.response import Response
from isp.core.sensor import SensorProfile
from isp.merge.noise import Noise, PictureNoise, picture_noise, sensor_noise

SHOULDER = 0.02  # of a picture's codes: 250 and above of 255
BEYOND_E = 1e30  # a well that nothing fills


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observation:
    """What a frame says of the scene: signal = exposure x (the scene's) + noise.

    signal: collected e- of a raw frame, linear light of a picture (1.0 = its largest code).
    exposure: light gathered, relative to the bracket's reference.
    limit: signal from which a sample counts as clipped.
    edge: the same between two codes: what is below it is rounded to a code that is measured.
        None where it is `limit`.
    well: signal at which collecting ends, before the noise of reading; None where nothing is
        known of one.
    unit: signal of 1.0 in the frame's own domain.
    period: rows and columns to the next photosite of the same kind.
    trust: share of its weight that each pixel keeps; None where all do.
    bent: where a channel of a developed picture clips or nearly does, so that none of its channels
        is to be believed; None where channels clip each for itself.
    """

    signal: Float[Tensor, "b c h w"]
    exposure: Float[Tensor, "b 1 1 1"]
    measured: Bool[Tensor, "b 1 h w"]
    clipped: Bool[Tensor, "b 1 h w"]
    generated: Bool[Tensor, "b 1 h w"]
    limit: Float[Tensor, "#b #c 1 1"]
    unit: Float[Tensor, "#b 1 #h #w"]
    noise: Noise
    period: tuple[int, int] = (1, 1)
    trust: Float[Tensor, "b 1 h w"] | None = None
    bent: Bool[Tensor, "b 1 h w"] | None = None
    edge: Float[Tensor, "#b 1 #h #w"] | None = None
    well: Float[Tensor, "#b 1 1 1"] | None = None

    @property
    def saturated(self) -> Bool[Tensor, "b 1 h w"]:
        """Where it was clipped at the upper end, not at the floor."""
        bright = self.signal > self.limit / 2
        return self.clipped & bright.any(dim=1, keepdim=True)

    def image(self, index: int) -> "Observation":
        """Return one image of the batch."""

        def pick(value: Tensor) -> Tensor:
            return value[index : index + 1] if len(value) > 1 else value

        names = (
            "signal", "exposure", "measured", "clipped", "generated", "limit", "unit",
        )  # fmt: skip
        changes: dict[str, Any] = {name: pick(getattr(self, name)) for name in names}
        for name in ("trust", "bent", "edge", "well"):
            value = getattr(self, name)
            changes[name] = None if value is None else pick(value)
        return replace(self, noise=self.noise.image(index), **changes)

    def crop(self, rows: slice, columns: slice) -> "Observation":
        """Return a rectangle of it; where rows start between periods, colours stay in place."""
        height, width = self.signal.shape[-2:]

        def cut(value: Tensor) -> Tensor:
            value = value[..., rows, :] if value.shape[-2] == height else value
            return value[..., columns] if value.shape[-1] == width else value

        planes = ("signal", "measured", "clipped", "generated", "unit")
        changes: dict[str, Any] = {name: cut(getattr(self, name)) for name in planes}
        for name in ("trust", "bent", "edge"):
            value = getattr(self, name)
            changes[name] = None if value is None else cut(value)
        return replace(self, **changes)

    def exposed(self, exposure: Tensor) -> "Observation":
        """Return it with another exposure, (b,)."""
        return replace(self, exposure=exposure.to(self.signal).reshape(-1, 1, 1, 1))


def observe(
    frame: Frame, exposure: Float[Tensor, "b"], response: Response | None, last_code: int = 255
) -> Observation:
    """Make an observation of a MOSAIC frame, or of a picture decoded to LINEAR by its response.

    last_code: of a picture, 255 for 8 bits.

    Raises DomainError for another domain or a response that is missing or superfluous,
    FrameError, ProfileError where the sensor's noise is not known.
    """
    if frame.domain is Domain.MOSAIC and response is None:
        return _of_sensor(frame, exposure)
    if frame.domain is Domain.LINEAR and response is not None:
        return _of_picture(frame, exposure, response, last_code)
    raise DomainError(
        "a bracket is of MOSAIC frames, or of pictures reopened as LINEAR with their response, "
        f"but this is {frame.domain.name} with {'a' if response else 'no'} response"
    )


def _of_sensor(frame: Frame, exposure: Tensor) -> Observation:
    profile, iso = frame.need_profile(), frame.shot.need("iso")
    done = [name for name, _ in frame.history if name in UNEVEN]
    if done:
        raise FrameError(f"raws are merged before {done[-1]}, which changes the noise")
    if not profile.readings:
        raise FrameError(
            f"merging weighs frames by their noise, and gain and noise of {profile.name} are not "
            "known; pass --camera with a profile that has them"
        )
    gain = profile.at_iso(iso).system_gain_dn_per_e.reshape(-1, 1, 1, 1)
    white = white_dn(profile, iso).reshape(-1, 1, 1, 1)
    black = profile.cfa.spread_sites(profile.black_sites, *frame.size).to(frame.data.device)
    unit = (white.to(black) - black) / gain
    level = sum(profile.black_level_dn) / len(profile.black_level_dn)
    limit_dn = saturation_limit(profile, iso).reshape(-1, 1, 1, 1).to(gain)
    return Observation(
        signal=frame.data * unit,
        exposure=exposure.to(frame.data).reshape(-1, 1, 1, 1),
        measured=frame.measured,
        clipped=frame.clipped,
        generated=frame.generated,
        limit=(limit_dn - level) / gain,
        unit=unit,
        noise=sensor_noise(frame),
        period=profile.cfa.period,
        edge=(_between_codes(limit_dn, profile) - black) / gain,
        well=_well(profile, gain),
    )


def _between_codes(limit_dn: Tensor, profile: SensorProfile) -> Tensor:
    """DN half way between the last code below a limit and the first one from it on."""
    table = limit_dn.new_tensor(profile.linearization_table_dn)
    if len(table) < 2:
        return limit_dn.ceil() - 0.5
    first = torch.bucketize(limit_dn, table).clamp(1, len(table) - 1)
    return (table[first - 1] + table[first]) / 2


def _well(profile: SensorProfile, gain: Tensor) -> Tensor | None:
    """Full well in e-, beyond reach where the converter ends below it; None where unknown."""
    if profile.full_well_e is None:
        return None
    full_dn = min(profile.black_level_dn) + gain * profile.full_well_e
    return torch.where(full_dn > profile.white_level_dn, BEYOND_E, profile.full_well_e)


def _of_picture(frame: Frame, exposure: Tensor, response: Response, last_code: int) -> Observation:
    noise = picture_noise(frame, response, last_code=last_code)
    return Observation(
        signal=frame.data,
        exposure=exposure.to(frame.data).reshape(-1, 1, 1, 1),
        measured=frame.measured,
        clipped=frame.clipped,
        generated=frame.generated,
        limit=noise.bounds[:, -1].reshape(1, -1, 1, 1),
        unit=torch.ones(1, 1, 1, 1, device=frame.data.device),
        noise=noise,
        trust=noise.trust(frame.data),
        bent=_bent(frame, noise),
    )


def _bent(frame: Frame, noise: PictureNoise) -> Tensor:
    """Where one channel's clipping speaks in the others too.

    A developed picture's colours are mixed from clipped and other channels (colour matrix,
    saturation), its tone curve bends towards white, and compression moves codes by a few: so a
    pixel counts with all its channels, from where one of them is in the last SHOULDER of the codes.
    Taking the pixels beside along, for subsampled chroma, was tried: it leaves edges to the shadows
    of shorter frames, and made more coloured dots.
    """
    return noise.codes(frame.data).amax(dim=1, keepdim=True) > 1 - SHOULDER
