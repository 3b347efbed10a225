"""What a sensor sees of a scene: through the lens, then averaged over each photosite."""

import torch

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError, UsageError
from isp.core.frame import Frame
from simulate.geometry import Placement, integrate, place, touches
from simulate.optics import RGB_NM, Lens, blur, fall_off, veil


def view(
    scene: Frame,
    *,
    pitch_um: float,
    lens: Lens | None = None,
    size: tuple[int, int] | None = None,
    fov_deg: float | None = None,
    focal_length_mm: float | None = None,
    f_number: float | None = None,
    fill_factor: float = 1.0,
) -> Frame:
    """Return scene light as it falls on the photosites: SCENE to SCENE, a value for each.

    The lens acts at the scene's own pixels, the average over photosites comes after it. So a
    fine scene and a coarse sensor alias as they do in a camera: for a scene whose pixels hold mean
    light, with a whole number of them per photosite, the transfer is the lens's times
    sinc(f pitch). Where that number is not whole it is lower by sinc(f sample)^2.
    Exposure comes after, and knows only the light on the axis.

    scene: RGB, whose channels stand for light of 620, 540 and 460 nm, or spectral.
    size, fov_deg, focal_length_mm: see `simulate.geometry.place`; the lens's focal length counts
        where none is given. Without size one scene pixel is one photosite.
    f_number: for diffraction; else the scene's shot says it, one for the whole batch.
    fill_factor: share of a photosite, in its middle, that collects.

    A photosite is measured where all scene pixels that it averages are, clipped or generated where
    one is.

    Raises DomainError, FrameError, ProfileError, UsageError.
    """
    if scene.domain is not Domain.SCENE:
        raise DomainError(f"a view starts from SCENE, but the frame is {scene.domain.name}")
    if not bool(torch.isfinite(scene.data).all()):
        raise FrameError("the scene holds NaN or infinite light")
    if not 0 < fill_factor <= 1:
        raise UsageError(f"a fill factor is in 0..1, but {fill_factor} came")
    lens = lens or Lens()
    placement = place(
        scene.size, pitch_um=pitch_um, size=size, fov_deg=fov_deg,
        focal_length_mm=_focal_length(lens, size, fov_deg, focal_length_mm),
    )  # fmt: skip
    waves = _wavelengths(scene, lens)
    if lens.diffraction and f_number is None:
        f_number = _f_number(scene)
    image = torch.cat(
        [
            _channel(
                scene.data[:, c : c + 1].double(), lens, placement, wave, f_number, fill_factor
            )
            for c, wave in enumerate(waves)
        ],
        dim=1,
    )
    seen = veil(image, lens.veiling_glare)
    parameters = {
        "lens": lens.record(), "size": placement.size, "pitch_um": pitch_um,
        "scene_pixels_per_photosite": placement.step, "fov_deg": placement.fov_deg,
        "focal_length_mm": placement.focal_length_mm, "f_number": f_number,
    }  # fmt: skip
    return scene.advance(
        "view",
        parameters,
        data=seen.float(),
        measured=~touches(~scene.measured, placement, fill_factor),
        clipped=touches(scene.clipped, placement, fill_factor),
        generated=touches(scene.generated, placement, fill_factor),
    )


def _channel(
    light: torch.Tensor,
    lens: Lens,
    placement: Placement,
    wavelength_nm: float,
    f_number: float | None,
    fill_factor: float,
) -> torch.Tensor:
    own = placement.magnified(lens.magnification(wavelength_nm))
    if lens.cos4 or lens.vignetting:
        light = light * fall_off(lens, own, light.shape[-2], light.shape[-1], light.device)
    light = blur(light, lens, own.sample_um, wavelength_nm, f_number)
    return integrate(light, own, fill_factor)


def _focal_length(
    lens: Lens,
    size: tuple[int, int] | None,
    fov_deg: float | None,
    focal_length_mm: float | None,
) -> float | None:
    """The focal length asked for, else the lens's, unless a field of view alone is to decide."""
    if focal_length_mm is not None or (size is None and fov_deg is not None):
        return focal_length_mm
    return lens.focal_length_mm


def _wavelengths(scene: Frame, lens: Lens) -> tuple[float, ...]:
    channels = scene.data.shape[1]
    known = scene.colour.wavelengths_nm if scene.colour is not None else None
    if known is not None and len(known) == channels:
        return known
    if channels == 3:
        return RGB_NM
    if lens.diffraction or any(lens.lateral_colour_ppm):
        raise FrameError(
            f"a lens with colour needs the wavelengths of the scene's {channels} channels"
        )
    return (RGB_NM[1],) * channels


def _f_number(scene: Frame) -> float:
    values = scene.shot.need("f_number")
    if not bool((values == values[0]).all()):
        raise FrameError("a view has one f-number; photograph the scenes of others apart")
    return float(values[0])
