"""The lens: how it dims, blurs and veils the image of a scene."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from isp.core.errors import ProfileError
from simulate.cosine_transform import blur_by_transfer
from simulate.geometry import Placement, mirrored
from simulate.psf import airy_transfer, disc_kernel, gaussian_taps, kernel_transfer, taps_transfer

WIDE = 32.0  # scene pixels: a wider Gaussian goes by its transfer
RGB_NM = (620.0, 540.0, 460.0)  # wavelengths that stand for a scene's R, G and B


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """What a lens does to an image; everything is off unless asked for.

    The order is that of the light: cos4 and vignetting dim each point, lateral colour moves it,
    diffraction, defocus and the Gaussian blur it, veiling glare spreads a share of all light.

    gaussian_psf_um: standard deviation, along each axis of the sensor, of the blur that
        aberrations, filters and focus leave.
    diffraction: the Airy pattern of the f-number at each channel's wavelength.
    defocus_um: diameter on the sensor of the uniform disc that a point becomes.
    cos4: light falls with cos^4 of the field angle, seen from the axis; needs a focal length.
    vignetting: coefficients of r^2, r^4, ... added to 1, r = 1 at the sensor's corner.
    lateral_colour_ppm: magnification of R, G and B in excess of the image's, parts per million.
    veiling_glare: share of the light that lands evenly over the sensor.
    focal_length_mm: where the placement does not say another.
    """

    name: str = "lens"
    gaussian_psf_um: float = 0.0
    diffraction: bool = False
    defocus_um: float = 0.0
    cos4: bool = False
    vignetting: tuple[float, ...] = ()
    lateral_colour_ppm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    veiling_glare: float = 0.0
    focal_length_mm: float | None = None

    def __post_init__(self) -> None:
        """Check every number."""
        for name in ("diffraction", "cos4"):
            if not isinstance(getattr(self, name), bool):
                raise ProfileError(
                    f'{name} is true or false, got {getattr(self, name)!r} (lens "{self.name}")'
                )
        for name in ("gaussian_psf_um", "defocus_um"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ProfileError(f'{name} must be >= 0 um, got {value} (lens "{self.name}")')
        if not 0 <= self.veiling_glare <= 1:
            raise ProfileError(
                f'veiling_glare is a share in 0..1, got {self.veiling_glare} (lens "{self.name}")'
            )
        if len(self.lateral_colour_ppm) != 3 or not all(
            math.isfinite(v) and abs(v) < 1e5 for v in self.lateral_colour_ppm
        ):
            raise ProfileError(
                f"lateral_colour_ppm is three magnifications below 100000 ppm, got "
                f'{self.lateral_colour_ppm} (lens "{self.name}")'
            )
        if not all(math.isfinite(v) for v in self.vignetting):
            raise ProfileError(f'vignetting must be finite numbers (lens "{self.name}")')
        at = torch.linspace(0, 1, 257, dtype=torch.float64)
        if float(_polynomial(self.vignetting, at).min()) < 0:
            raise ProfileError(
                f'vignetting {self.vignetting} gives less than no light (lens "{self.name}")'
            )
        focal = self.focal_length_mm
        if focal is not None and not (math.isfinite(focal) and focal > 0):
            raise ProfileError(
                f'focal_length_mm must be positive, got {focal} (lens "{self.name}")'
            )

    @staticmethod
    def from_record(values: Mapping[str, Any]) -> "Lens":
        """Make a lens of JSON values.

        Raises ProfileError for an unknown field or one of the wrong kind.
        """
        known = {f.name for f in fields(Lens)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ProfileError(
                f"a lens has no field {', '.join(unknown)}; fields: {', '.join(sorted(known))}"
            )
        tuples: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in values.items()
        }
        try:
            return Lens(**tuples)
        except TypeError as error:
            raise ProfileError(f"a field of the lens is of the wrong kind ({error})") from error

    def record(self) -> dict[str, Any]:
        """Plain values for JSON, without what is off."""
        off = Lens()
        return {k: v for k, v in asdict(self).items() if k == "name" or v != getattr(off, k)}

    def magnification(self, wavelength_nm: float) -> float:
        """Scale of the image in light of a wavelength: between R, G and B in proportion."""
        red, green, blue = self.lateral_colour_ppm
        r, g, b = RGB_NM
        if wavelength_nm >= g:
            share = min(1.0, (wavelength_nm - g) / (r - g))
            return 1 + 1e-6 * (green + share * (red - green))
        share = min(1.0, (g - wavelength_nm) / (g - b))
        return 1 + 1e-6 * (green + share * (blue - green))


def fall_off(
    lens: Lens, placement: Placement, height: int, width: int, device: torch.device | None = None
) -> Float[Tensor, "h w"]:
    """Share of the axis's light that reaches the image of each scene pixel: cos4 and vignetting.

    Raises ProfileError where cos4 has no focal length.

    Source: cos^4 law, e.g. Slater, Remote Sensing: Optics and Optical Systems (1980), section 3;
    tan(angle) = r / f behind a rectilinear lens, so cos^4 = (1 + (r / f)^2)^-2.
    """
    down, right = placement.centres_um(height, width, device)
    square = down**2 + right**2
    share = _polynomial(lens.vignetting, square / placement.half_diagonal_um**2).clamp(min=0)
    if not lens.cos4:
        return share
    focal = placement.focal_length_mm
    if focal is None:
        raise ProfileError(
            f'cos4 of lens "{lens.name}" needs a focal length; give --focal-length or --fov'
        )
    return share / (1 + square / (1000 * focal) ** 2) ** 2


def blur(
    light: Float[Tensor, "b c h w"],
    lens: Lens,
    sample_um: float,
    wavelength_nm: float,
    f_number: float | None = None,
) -> Float[Tensor, "b c h w"]:
    """Blur an image by diffraction, defocus and the Gaussian; the scene is mirrored at its edges.

    light: float64, at scene pixels of sample_um on the sensor. Its sum is kept, and light that is
        nowhere negative stays so.

    Raises ProfileError where diffraction has no f-number.
    """
    height, width = light.shape[-2:]
    sigma, disc = lens.gaussian_psf_um / sample_um, lens.defocus_um / sample_um
    if not lens.diffraction and disc == 0 and sigma <= WIDE:
        return light if sigma == 0 else _along(_along(light, sigma, -2), sigma, -1)
    transfer = torch.ones(height, width, dtype=torch.float64)
    if lens.diffraction:
        if f_number is None or not f_number > 0:
            raise ProfileError(f'diffraction of lens "{lens.name}" needs an f-number')
        cutoff = sample_um / (1e-3 * wavelength_nm * f_number)
        transfer = transfer * airy_transfer(cutoff, height, width)
    if disc > 0:
        transfer = transfer * kernel_transfer(disc_kernel(disc), height, width)
    if sigma > 0:
        transfer = transfer * taps_transfer(gaussian_taps(sigma), height, width)
    blurred = blur_by_transfer(light, transfer.to(light.device))
    return blurred if bool((light < 0).any()) else blurred.clamp(min=0)  # of round-off


def veil(image: Float[Tensor, "b c h w"], glare: float) -> Float[Tensor, "b c h w"]:
    """Keep 1 - glare of an image and add glare of its mean: the mean stays.

    >>> veil(torch.tensor([[[[0.0, 2.0]]]]), 0.25)
    tensor([[[[0.2500, 1.7500]]]])
    """
    if glare == 0:
        return image
    return (1 - glare) * image + glare * image.mean(dim=(-2, -1), keepdim=True)


def _along(light: Tensor, sigma: float, axis: int) -> Tensor:
    """Gaussian along one axis."""
    taps = gaussian_taps(sigma).to(light)
    n, reach = light.shape[axis], len(taps) - 1
    around = mirrored(torch.arange(-reach, n + reach, device=light.device), n)
    wide = light.index_select(axis, around)
    total = wide.narrow(axis, reach, n) * taps[0]
    for k in range(1, reach + 1):
        pair = wide.narrow(axis, reach - k, n) + wide.narrow(axis, reach + k, n)
        total = total + pair * taps[k]
    return total


def _polynomial(coefficients: tuple[float, ...], square: Tensor) -> Tensor:
    """1 + a x + b x^2 + ... of x = r^2."""
    total = torch.zeros_like(square)
    for coefficient in reversed(coefficients):
        total = (total + coefficient) * square
    return 1 + total
