"""From scene light to mean photo-electrons: photometry as photographers give it."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.camera_matrices import xyz_to_camera_at
from isp.core.cfa import Cfa
from isp.core.colour import Colour, Matrix, adaptation, rgb_to_xyz, xy_to_xyz
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, ProfileError
from isp.core.frame import Frame
from isp.core.illuminants import illuminant_xy, photons_per_lux_second
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot

LENS_FACTOR = 0.65  # q = (pi/4) T v cos^4(10 deg) of ISO 12232 with T = 0.90, v = 0.98
DEFAULT_ANCHOR_CD_M2 = 100.0


def focal_plane_exposure(
    luminance_cd_m2: Tensor, f_number: Tensor, exposure_time_s: Tensor
) -> Tensor:
    """Focal-plane exposure H in lux seconds: q L t / N^2 for a distant object (ISO 12232).

    >>> one = torch.ones(())
    >>> round(float(focal_plane_exposure(100 * one, 2 * one, one / 60)), 4)
    0.2708
    """
    return LENS_FACTOR * luminance_cd_m2 * exposure_time_s / f_number**2


def photons_per_pixel(exposure_lx_s: Tensor, pitch_um: float, illuminant: str) -> Tensor:
    """Photons within 400-700 nm on one photosite of the given pitch.

    >>> round(float(photons_per_pixel(torch.tensor(0.270833), 1.4, "D65")))
    5776
    """
    return exposure_lx_s * pitch_um**2 * photons_per_lux_second(illuminant)


def rgb_to_relative_electrons(
    profile: SensorProfile, colour: Colour, illuminant: str
) -> tuple[Matrix, Matrix]:
    """Scene RGB to each channel's signal relative to green (or the only one) of white, and white.

    The scene's white is adapted to the illuminant (Bradford): R = G = B is a neutral surface in
    the light that the camera sees. Rows follow `profile.cfa.channels`.

    Raises ProfileError for a channel that needs spectra, or without a colour matrix.
    """
    white = illuminant_xy(illuminant)
    scene_to_xyz = adaptation(colour.white_xy, white) @ rgb_to_xyz(colour.primaries)
    channels = profile.cfa.channels
    if channels == ("Y",):
        return scene_to_xyz[1:2], np.ones(1)
    if channels != ("R", "G", "B"):
        raise ProfileError(
            f"scene RGB gives R, G, B or Y, but {profile.cfa.name} has {', '.join(channels)}; "
            "such a sensor needs spectral sensitivities"
        )
    xyz_to_camera = xyz_to_camera_at(profile.xyz_to_camera, white, profile.calibrations)
    neutral = xyz_to_camera @ xy_to_xyz(white)
    return xyz_to_camera @ scene_to_xyz / neutral[1], neutral / neutral[1]


def mosaic_of(channels: Float[Tensor, "b c h w"], cfa: Cfa) -> Float[Tensor, "b 1 h w"]:
    """Keep at each photosite the value of the channel in front of it."""
    height, width = channels.shape[-2:]
    index = cfa.colour_map(height, width, channels.device)
    return channels.gather(1, index.expand(channels.shape[0], 1, height, width))


def expose(
    scene: Frame,
    profile: SensorProfile,
    shot: Shot,
    *,
    illuminant: str = "D65",
    luminance_scale_cd_m2: float | None = None,
) -> Frame:
    """Expected photo-electrons of a scene: one scene pixel is one photosite.

    scene: SCENE, linear RGB in `scene.colour`. 1.0 means luminance_scale_cd_m2, else the colour's
        anchor, else 100 cd/m2.
    shot: exposure_time_s and f_number must be known.
    Out-of-gamut colours that would give a channel less than no light are set to 0; how many is
    noted in the history.

    Raises DomainError, FrameError (NaN or infinite light), ProfileError.
    """
    if scene.domain is not Domain.SCENE:
        raise DomainError(f"an exposure starts from SCENE, but the frame is {scene.domain.name}")
    if scene.data.shape[1] != 3:
        raise FrameError(f"scene RGB has 3 channels, but {scene.data.shape[1]} came")
    if not bool(torch.isfinite(scene.data).all()):
        raise FrameError("the scene holds NaN or infinite light")
    pitch, efficiency = _optics(profile)
    colour = scene.colour or Colour()
    anchor = luminance_scale_cd_m2
    if anchor is None:
        anchor = colour.anchor_cd_m2 or DEFAULT_ANCHOR_CD_M2
    if not anchor > 0:
        raise FrameError(f"1.0 of a scene means a positive luminance, not {anchor} cd/m2")
    shot = shot.for_batch(scene.data.shape[0]).to(scene.data.device)
    # The rate chain runs in float64 and is rounded once, so that devices agree (MECHANICS 4).
    exposure = focal_plane_exposure(
        torch.tensor(anchor, dtype=torch.float64),
        shot.need("f_number").double(),
        shot.need("exposure_time_s").double(),
    )
    per_unit = photons_per_pixel(exposure, pitch, illuminant) * efficiency  # (b,) e- at white 1.0
    if not bool((torch.isfinite(per_unit) & (per_unit > 0)).all()):
        raise FrameError("exposure time, f-number and luminance scale give no positive exposure")
    matrix, neutral = rgb_to_relative_electrons(profile, colour, illuminant)
    to_camera = torch.as_tensor(matrix, device=scene.data.device)
    camera = torch.einsum("cr,brhw->bchw", to_camera, scene.data.double())
    dark = int((camera < 0).sum())
    expected = mosaic_of(camera.clamp(min=0), profile.cfa) * per_unit.reshape(-1, 1, 1, 1)
    parameters: dict[str, Any] = {
        "illuminant": illuminant,
        "luminance_scale_cd_m2": anchor,
        "electrons_per_unit": per_unit.tolist(),
        "neutral": neutral.tolist(),
        "negative_light_set_to_0": dark,
    }
    balance = torch.as_tensor(1 / neutral, dtype=torch.float32, device=scene.data.device)
    gains = balance.expand(len(per_unit), 3) if len(neutral) == 3 else None
    return scene.advance(
        "expose",
        parameters,
        data=expected.float(),
        domain=Domain.EXPECTED,
        profile=profile,
        shot=shot if gains is None else replace(shot, white_balance=gains),
        colour=None,
        measured=scene.measured[:, :1],
        clipped=scene.clipped[:, :1],
        generated=scene.generated[:, :1],
    )


def _optics(profile: SensorProfile) -> tuple[float, float]:
    pitch_um, efficiency = profile.pixel_pitch_um, profile.quantum_efficiency
    if pitch_um is None or efficiency is None:
        values = (("pixel_pitch_um", pitch_um), ("quantum_efficiency", efficiency))
        missing = [name for name, value in values if value is None]
        raise ProfileError(
            f'sensor "{profile.name}" needs {" and ".join(missing)} to be exposed; pass '
            f"{' '.join(f'--set {name}=NUMBER' for name in missing)}, or measure the camera with "
            "calibrate noise --from CAMERA"
        )
    return pitch_um * math.sqrt(profile.fill_factor), efficiency
