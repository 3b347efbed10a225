"""Noise of a mosaic: variance of a photosite as a polynomial of its light."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.errors import FrameError, UsageError
from isp.core.frame import Frame
from isp.core.measured import white_dn
from isp.core.noise_table import QUANTISATION_DN2
from isp.core.readings import SensorNoise
from isp.core.sensor import SensorProfile

# Stages that amplify a mosaic unevenly, after which it no longer has the sensor's noise.
UNEVEN = ("lens_shading",)


def mosaic_noise(
    profile: SensorProfile,
    iso: Float[Tensor, "b"],
    *,
    noise: SensorNoise | None = None,
    with_pattern: bool = False,
    tail_sigmas: float | None = None,
) -> Float[Tensor, "b 3"]:
    """Coefficients c of the variance c0 + c1 x + c2 x^2 of a photosite, x = 0 black, 1 white.

    With the system gain K in DN/e-, W - B the DN between (mean) black and white:
    c1 = K / (W - B), and c0 = (K^2 (read^2 + row^2 + column^2 + banding^2 / 2) + 1/12) / (W - B)^2.
    with_pattern: adds what is fixed but not known photosite by photosite, DSNU and the row and
        column offsets to c0, PRNU and the columns' gain to c2, which is else 0.
    tail_sigmas: heavy-tailed read noise counts as the Gaussian that is as often beyond so many
        of its standard deviations as it is; else by its own deviation.
    noise: gain and noise in place of the profile's at `iso`.
    Dark current is not in it: nobody knows here what it was. Companding's coarser steps neither.

    Raises ProfileError for an ISO outside the readings, or a profile without readings.

    Source: DNG 1.7.1, NoiseProfile (S = c1, O = c0); CONVENTIONS section 5.4.
    """
    noise = noise or profile.at_iso(iso)
    gain = noise.system_gain_dn_per_e.double()
    black = sum(profile.black_level_dn) / len(profile.black_level_dn)
    span = white_dn(profile, iso, noise).to(gain.device).double() - black
    electrons2 = (
        _read_noise_e(noise, tail_sigmas) ** 2
        + noise.row_noise_e.double() ** 2
        + noise.column_noise_e.double() ** 2
        + noise.banding_amplitude_e.double() ** 2 / 2
    )
    relative2 = torch.zeros_like(gain)
    if with_pattern:
        electrons2 = electrons2 + (
            profile.dsnu_e**2 + profile.column_fpn_e**2 + profile.row_fpn_e**2
        )
        relative2 = relative2 + (profile.prnu_percent**2 + profile.column_gain_percent**2) / 1e4
    offset = (gain**2 * electrons2 + QUANTISATION_DN2) / span**2
    return torch.stack([offset, (gain / span).expand_as(offset), relative2], dim=1).float()


def _read_noise_e(noise: SensorNoise, tail_sigmas: float | None) -> Float[Tensor, "b"]:
    """Standard deviation of the read noise, or what a Tukey lambda's tail makes of it."""
    read = noise.read_deviation_e.double()
    if tail_sigmas is None:
        return read
    scale, shape = noise.tukey_lambda_scale_e.double(), noise.tukey_lambda_shape.double()
    beyond = math.erfc(tail_sigmas / math.sqrt(2)) / 2
    log_p, log_q = math.log1p(-beyond), math.log(beyond)
    safe = torch.where(shape.abs() < 1e-6, 1e-6, shape)
    quantile = (torch.expm1(safe * log_p) - torch.expm1(safe * log_q)) / safe
    return torch.maximum(read, scale * quantile / tail_sigmas)


def noise_of(
    frame: Frame,
    given: tuple[float, float] | None,
    *,
    with_pattern: bool = False,
    tail_sigmas: float | None = None,
) -> Float[Tensor, "b 3"]:
    """Coefficients of `mosaic_noise` for a MOSAIC frame, of its profile or as given.

    given: slope and offset of var = slope x + offset, as in a DNG's NoiseProfile.

    Raises FrameError when the mosaic was amplified unevenly before, or the ISO is not known;
    ProfileError when the profile says nothing of noise at that ISO.
    """
    done = [name for name, _ in frame.history if name in UNEVEN]
    done += ["white_balance"] if frame.balanced else []
    if done:
        raise FrameError(
            f"{done[-1]} has changed the noise of the mosaic, photosite by photosite; "
            "stages that rely on the sensor's noise come before it"
        )
    if given is not None:
        slope, offset = given
        return frame.data.new_tensor([[offset, slope, 0.0]]).expand(frame.data.shape[0], 3)
    law = mosaic_noise(
        frame.need_profile(),
        frame.shot.need("iso"),
        with_pattern=with_pattern,
        tail_sigmas=tail_sigmas,
    )
    return law.to(frame.data.device)


def check_noise(given: tuple[float, float] | None) -> None:
    """Refuse a slope that is not positive, an offset below 0, or either above 1, which is white.

    Raises UsageError.
    """
    if given is not None and not (len(given) == 2 and 0 < given[0] <= 1 and 0 <= given[1] <= 1):
        raise UsageError(
            "noise is a slope above 0 and an offset of at least 0, neither above 1 (white), "
            f"not {given}"
        )


def deviation(
    light: Float[Tensor, "b 1 h w"], noise: Float[Tensor, "b 3"]
) -> Float[Tensor, "b 1 h w"]:
    """Standard deviation at a level of light (0 black, 1 white); below black as at black."""
    offset, slope, square = (c.reshape(-1, 1, 1, 1) for c in noise.unbind(dim=1))
    level = light.clamp(min=0.0)
    return torch.sqrt(offset + level * (slope + level * square))
