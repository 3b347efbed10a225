"""Which photosites were really measured: the rule of the masks, in one place."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.companding import compand
from isp.core.errors import ProfileError
from isp.core.readings import SensorNoise
from isp.core.sensor import SensorProfile


def saturation_dn(
    profile: SensorProfile, iso: Float[Tensor, "b"] | None, noise: SensorNoise | None = None
) -> tuple[Tensor, Tensor]:
    """Lowest DN that saturation can give, and the margin of noise below it, each (b,).

    White is the lower of white_level_dn and black + gain x full_well_e; the margin is three
    standard deviations of read noise in DN, at least 1. Without gain or ISO only white_level_dn
    and a margin of 1 are known.

    noise: gain and read noise per image in place of the profile's at `iso`.
    """
    white = torch.tensor([profile.white_level_dn], dtype=torch.float32)
    margin = torch.ones(1)
    noise = _noise(profile, iso, noise)
    if noise is None:
        return white, margin
    gain = noise.system_gain_dn_per_e
    margin = (3 * noise.read_noise_e * gain).clamp(min=1.0)
    white = white.to(gain.device).expand(len(gain))
    if profile.full_well_e is not None:
        full = min(profile.black_level_dn) + gain * profile.full_well_e
        white = torch.minimum(white, full)
    return white, margin


def _noise(
    profile: SensorProfile, iso: Float[Tensor, "b"] | None, noise: SensorNoise | None
) -> SensorNoise | None:
    """The noise that was given, else the profile's at an ISO; None where neither is known."""
    if noise is None and iso is not None and profile.readings:
        return profile.at_iso(iso)
    return noise


def white_dn(
    profile: SensorProfile, iso: Float[Tensor, "b"] | None, noise: SensorNoise | None = None
) -> Float[Tensor, "#b"]:
    """The whole DN that counts as white, (b,) or (1,): where the sensor saturates.

    What MOSAIC calls 1.0 and what a DNG's WhiteLevel holds. An ISO that the profile does not cover
    leaves white_level_dn.
    """
    try:
        white, _ = saturation_dn(profile, iso, noise)
    except ProfileError:
        white, _ = saturation_dn(profile, None)
    lowest = math.floor(max(profile.black_level_dn)) + 1.0  # white stays above black
    white = white.floor().clamp(min=lowest).minimum(white.new_tensor(profile.white_level_dn))
    # A companded photosite that is full gives the nearest DN of the table, which may be lower.
    return torch.minimum(compand(white, profile.linearization_table_dn), white).clamp(min=lowest)


def saturation_limit(
    profile: SensorProfile, iso: Float[Tensor, "b"] | None, noise: SensorNoise | None = None
) -> Float[Tensor, "#b"]:
    """DN from which a photosite counts as lost: white less the margin of noise, or the knee."""
    _, margin = saturation_dn(profile, iso, noise)
    limit = white_dn(profile, iso, noise) - margin
    if profile.full_well_knee >= 1 or profile.full_well_e is None:
        return limit
    noise = _noise(profile, iso, noise)
    if noise is None:
        return limit
    # Above its knee a soft well no longer answers in proportion to the light.
    knee_e = profile.full_well_knee * profile.full_well_e
    bent = min(profile.black_level_dn) + noise.system_gain_dn_per_e * knee_e
    return torch.minimum(limit, bent.floor())


def raw_masks(
    dn: Float[Tensor, "b 1 h w"],
    profile: SensorProfile,
    iso: Float[Tensor, "b"] | None,
    noise: SensorNoise | None = None,
) -> tuple[Bool[Tensor, "b 1 h w"], Bool[Tensor, "b 1 h w"]]:
    """Masks `measured` and `clipped` of a RAW frame.

    Unmeasured: DN >= saturation - margin, DN == 0, or a listed defect; clipped is the part of it
    lost to saturation or to the floor. A defect is not clipped: it is corrected, never invented.
    """
    limit = saturation_limit(profile, iso, noise).to(dn.device).reshape(-1, 1, 1, 1)
    floor = float(profile.linearization_table_dn[0]) if profile.linearization_table_dn else 0.0
    clipped = (dn >= limit) | (dn <= floor)
    measured = ~clipped
    forget_defects(measured, clipped, profile)
    return measured, clipped


def and_into(mask: Tensor, other: Tensor) -> Tensor:
    """`mask` and `other`, written into `mask`; without a pass where `other` is all True.

    Of a mask that is one value expanded, as `Frame.start` makes them, only that value is read.
    """
    return mask if _is_everywhere(other, True) else mask.logical_and_(other)


def or_into(mask: Tensor, other: Tensor) -> Tensor:
    """`mask` or `other`, written into `mask`; without a pass where `other` is all False."""
    return mask if _is_everywhere(other, False) else mask.logical_or_(other)


def _is_everywhere(mask: Tensor, value: bool) -> bool:
    one = mask.numel() > 0 and not any(mask.stride())
    return one and bool(mask[0, 0, 0, 0]) is value


def forget_defects(measured: Tensor, clipped: Tensor, profile: SensorProfile) -> None:
    """Set both masks to False at the listed defects, in place."""
    rows, columns = measured.shape[-2:]
    inside = [d for d in profile.defects if 0 <= d.row < rows and 0 <= d.column < columns]
    if inside:
        measured[..., [d.row for d in inside], [d.column for d in inside]] = False
        clipped[..., [d.row for d in inside], [d.column for d in inside]] = False


def code_masks(code: Float[Tensor, "b 3 h w"]) -> tuple[Tensor, Tensor]:
    """Masks `measured` and `clipped` (b, 1, h, w) of an 8-bit picture: codes 0 and 255."""
    clipped = ((code <= 0) | (code >= 1)).any(dim=1, keepdim=True)
    return ~clipped, clipped
