"""From spectral radiance to mean photo-electrons, wavelength by wavelength."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, ProfileError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.core.spectral import BAND_NM, SpectralSensitivity
from simulate.exposure import focal_plane_exposure
from simulate.spectra import (
    LIGHT_SPEED_M_S,
    PLANCK_J_S,
    Spectrum,
    band_widths,
    illuminant_spectrum,
    wavelength_grid,
)

FINE_NM = wavelength_grid(380, 780, 1)


def spectral_scene(
    radiance: Tensor, wavelengths_nm: Sequence[float], history: tuple[Any, ...] = ()
) -> Frame:
    """Make a SCENE frame of spectral radiance (b, n, h, w) in W/(m2 sr nm).

    Raises FrameError when the channels are not one per wavelength.
    """
    if radiance.ndim != 4 or radiance.shape[1] != len(wavelengths_nm):
        raise FrameError(
            f"a spectral scene of {len(wavelengths_nm)} wavelengths is (b, {len(wavelengths_nm)}, "
            f"h, w), but {tuple(radiance.shape)} came"
        )
    colour = Colour(wavelengths_nm=tuple(float(w) for w in wavelengths_nm))
    return Frame.start(radiance, Domain.SCENE, colour=colour, history=history)


def is_spectral(scene: Frame) -> bool:
    """Whether a frame holds spectra rather than RGB."""
    return scene.colour is not None and scene.colour.wavelengths_nm is not None


def photons_per_joule(wavelengths_nm: Sequence[float]) -> Spectrum:
    """Photons in a joule of light of each wavelength: lambda / (h c)."""
    return np.asarray(wavelengths_nm) * 1e-9 / (PLANCK_J_S * LIGHT_SPEED_M_S)


def electrons_per_exposure(
    sensitivity: SpectralSensitivity,
    channels: Sequence[str],
    wavelengths_nm: Sequence[float],
    transmittance: Spectrum | None = None,
) -> Spectrum:
    """Electrons per um^2 for a radiant exposure of 1 J/(m2 nm) in each band (channels, n).

    tau eta_c lambda / (h c) d lambda of CONVENTIONS section 5.1, 1e-12 m2 in a um^2.

    Raises ProfileError for a channel without sensitivity, FrameError for a transmittance that
    does not fit the wavelengths.
    """
    passed = np.ones(len(wavelengths_nm)) if transmittance is None else transmittance
    if passed.shape != (len(wavelengths_nm),):
        raise FrameError(
            f"a transmittance has one value per wavelength ({len(wavelengths_nm)}), "
            f"but {passed.shape} came"
        )
    if not (np.isfinite(passed).all() and passed.min() >= 0 and passed.max() <= 1):
        raise FrameError("a transmittance is in 0..1 at every wavelength")
    efficiency = sensitivity.sampled(channels, wavelengths_nm)
    photons = photons_per_joule(wavelengths_nm) * band_widths(wavelengths_nm)
    return np.asarray(efficiency * passed * photons * 1e-12)


def efficiency_under(sensitivity: SpectralSensitivity, illuminant: str, channel: str) -> float:
    """Electrons of a channel per photon within 400-700 nm of an illuminant: eta-bar.

    The number that makes an RGB scene and a spectral one give the same electrons for white.
    """
    light = illuminant_spectrum(illuminant, FINE_NM) * photons_per_joule(FINE_NM)
    grid = np.array(FINE_NM)
    seen = float(light @ sensitivity.sampled((channel,), FINE_NM)[0])
    return seen / float(light[(grid >= BAND_NM[0]) & (grid <= BAND_NM[1])].sum())


def neutral_under(
    sensitivity: SpectralSensitivity,
    illuminant: str,
    channels: Sequence[str] = ("R", "G", "B"),
    filtered: tuple[Sequence[float], Spectrum] | None = None,
) -> Spectrum:
    """Electrons per channel of a surface without colour, the second channel's (green) 1.

    DNG's AsShotNeutral for light of 380-780 nm. filtered: wavelengths and transmittance of what
    is in front of the sensor.

    Raises ProfileError for an illuminant that is not known over 380-780 nm.
    """
    light = illuminant_spectrum(illuminant, FINE_NM)
    if filtered is not None:
        light = light * np.interp(FINE_NM, *filtered)
    neutral = electrons_per_exposure(sensitivity, channels, FINE_NM) @ light
    return np.asarray(neutral / neutral[1])


def expose_spectral(
    scene: Frame,
    profile: SensorProfile,
    shot: Shot,
    *,
    illuminant: str | None = None,
    transmittance: Spectrum | None = None,
) -> Frame:
    """Expected photo-electrons of a spectral scene: one scene pixel is one photosite.

    scene: SCENE, spectral radiance (b, n, h, w) in W/(m2 sr nm) at `scene.colour.wavelengths_nm`.
    profile: needs spectral_sensitivity for each channel of its CFA, and pixel_pitch_um.
    shot: exposure_time_s and f_number must be known.
    illuminant: the light that the camera is balanced for; it sets the shot's white balance where
        the sensor has R, G and B. None leaves the shot's own. The light of the scene itself is
        in its spectra.
    transmittance: of an infrared-cut filter and a lens, (n,) in 0..1, where the sensitivity does
        not hold it yet.

    e_c = p^2 t sum E tau eta_c lambda/(hc) d lambda, E = q L / N^2 with the lens factor q of
    `simulate.exposure` (pi/4 is in it). Bands as `Colour.wavelengths_nm` says.

    Source: CONVENTIONS section 5.1; ISO 12232 for q.

    Raises DomainError, FrameError (no wavelengths, NaN or infinite light), ProfileError.
    """
    if scene.domain is not Domain.SCENE:
        raise DomainError(f"an exposure starts from SCENE, but the frame is {scene.domain.name}")
    grid = scene.colour.wavelengths_nm if scene.colour else None
    if grid is None or len(grid) != scene.data.shape[1]:
        raise FrameError(
            f"a spectral scene has one wavelength per channel, but {scene.data.shape[1]} channels "
            f"have {len(grid or ())} in colour.wavelengths_nm"
        )
    if not bool(torch.isfinite(scene.data).all()):
        raise FrameError("the scene holds NaN or infinite light")
    sensitivity, pitch = profile.spectral_sensitivity, profile.pixel_pitch_um
    if sensitivity is None or pitch is None:
        raise ProfileError(
            f'sensor "{profile.name}" needs spectral_sensitivity and pixel_pitch_um to be exposed '
            "to a spectral scene"
        )
    shot = shot.for_batch(scene.data.shape[0]).to(scene.data.device)
    # q t / N^2, which turns radiance into radiant exposure as it turns cd/m2 into lux seconds.
    per_radiance = focal_plane_exposure(
        torch.ones((), dtype=torch.float64),
        shot.need("f_number").double(),
        shot.need("exposure_time_s").double(),
    )
    per_unit = per_radiance * (pitch**2 * profile.fill_factor)
    if not bool((torch.isfinite(per_unit) & (per_unit > 0)).all()):
        raise FrameError("exposure time and f-number give no positive exposure")
    weights = electrons_per_exposure(sensitivity, profile.cfa.channels, grid, transmittance)
    mean = _mosaic_sum(scene.data, weights, profile.cfa) * per_unit.reshape(-1, 1, 1, 1)
    parameters: dict[str, Any] = {
        "illuminant": illuminant,
        "wavelengths_nm": [grid[0], grid[-1], len(grid)],
        "filtered": transmittance is not None,
        "negative_light_set_to_0": int((mean < 0).sum()),
    }
    if illuminant is not None and {"R", "G", "B"} <= set(profile.cfa.channels):
        filtered = None if transmittance is None else (grid, transmittance)
        neutral = neutral_under(sensitivity, illuminant, filtered=filtered)
        parameters["neutral"] = neutral.tolist()
        gains = torch.as_tensor(1 / neutral, dtype=torch.float32, device=scene.data.device)
        shot = replace(shot, white_balance=gains.expand(len(per_unit), 3))
    return scene.advance(
        "expose_spectral",
        parameters,
        data=mean.clamp(min=0).float(),
        domain=Domain.EXPECTED,
        profile=profile,
        shot=shot,
        colour=None,
        measured=scene.measured[:, :1],
        clipped=scene.clipped[:, :1],
        generated=scene.generated[:, :1],
    )


def _mosaic_sum(radiance: Tensor, weights: Spectrum, cfa: Cfa) -> Tensor:
    """Sum over the bands with the weights of each photosite's channel, in float64.

    Band after band: a photosite's sum never depends on its neighbours, tile or batch, and the
    scene is never held twice.
    """
    height, width = radiance.shape[-2:]
    index = cfa.colour_map(height, width, radiance.device)
    table = torch.as_tensor(weights, device=radiance.device)  # (c, n)
    total = radiance.new_zeros((radiance.shape[0], height, width), dtype=torch.float64)
    for band in range(radiance.shape[1]):
        total = total + radiance[:, band].double() * table[:, band][index]
    return total.unsqueeze(1)
