"""Spectra to expose with: lights, paints, filters, and how bright they look."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import ProfileError
from isp.core.spectral import RelativeSensitivity
from isp.core.wavelengths import check_wavelengths
from simulate.colour_science import colour_science
from simulate.scenes.colour_checker import PATCHES

Spectrum = NDArray[np.float64]

PLANCK_J_S = 6.62607015e-34  # exact, SI 2019
LIGHT_SPEED_M_S = 299_792_458.0  # exact
BOLTZMANN_J_K = 1.380649e-23  # exact
LUMENS_PER_WATT = 683.0  # K_m of CONVENTIONS section 5.1 (683.002 at 555 nm in air)
CHART = "ISO 17321-1"  # the reflectances that `simulate.scenes.colour_checker` was made of


def wavelength_grid(first_nm: float, last_nm: float, step_nm: float) -> tuple[float, ...]:
    """Return evenly spaced wavelengths, both ends included.

    Raises ProfileError when the step does not divide the range.

    >>> wavelength_grid(400, 410, 5)
    (400.0, 405.0, 410.0)
    """
    count = (last_nm - first_nm) / step_nm if step_nm > 0 else math.nan
    if not (count >= 1 and abs(count - round(count)) < 1e-9):
        raise ProfileError(
            f"{first_nm:g}..{last_nm:g} nm is no whole number of steps of {step_nm:g} nm"
        )
    return tuple(float(first_nm + i * step_nm) for i in range(round(count) + 1))


VISIBLE_NM = wavelength_grid(380, 780, 5)


def band_widths(wavelengths_nm: Sequence[float]) -> Spectrum:
    """Width in nm of the band that each sample stands for.

    Bands meet halfway between the wavelengths; the outermost are symmetric about theirs. On an
    even grid an integral is then the sum times the step.

    Source: CIE 15:2018 section 7.1 (summation at even steps in place of the integral).

    >>> band_widths((400, 410, 430)).tolist()
    [10.0, 15.0, 20.0]
    """
    trouble = check_wavelengths(wavelengths_nm)
    if trouble is not None:
        raise ProfileError(trouble)
    steps = np.diff(np.asarray(wavelengths_nm, dtype=np.float64))
    return np.concatenate([steps[:1], (steps[1:] + steps[:-1]) / 2, steps[-1:]])


def illuminant_spectrum(name: str, wavelengths_nm: Sequence[float] = VISIBLE_NM) -> Spectrum:
    """Relative spectral power of a standard illuminant, linear between its tabulated values.

    name: as colour-science has it: A, D50, D65, E, FL2, FL11, LED-B3, ...

    Raises ProfileError for an unknown name, or wavelengths that the table does not reach.
    """
    SDS_ILLUMINANTS = colour_science().SDS_ILLUMINANTS

    if name not in SDS_ILLUMINANTS:
        known = ", ".join(list(SDS_ILLUMINANTS))
        raise ProfileError(f'no illuminant is named "{name}"; known: {known}')
    table = SDS_ILLUMINANTS[name]
    return _inside(f"illuminant {name}", wavelengths_nm, table.wavelengths, table.values)


def blackbody(temperature_k: float, wavelengths_nm: Sequence[float] = VISIBLE_NM) -> Spectrum:
    """Spectral radiance of a black body in W/(m2 sr nm), in vacuum.

    Source: Planck's law, L = 2 h c^2 / (lambda^5 (exp(h c / (lambda k T)) - 1)).

    >>> sun = blackbody(5772.0, wavelength_grid(400, 600, 1))
    >>> int(400 + sun.argmax()), round(float(sun.max()) / 1e4, 3)  # Wien: 2.897772e6 / 5772 = 502
    (502, 2.624)
    """
    if not (math.isfinite(temperature_k) and temperature_k > 0):
        raise ProfileError(f"a temperature is above 0 K, not {temperature_k}")
    metres = np.asarray(wavelengths_nm, dtype=np.float64) * 1e-9
    exponent = PLANCK_J_S * LIGHT_SPEED_M_S / (metres * BOLTZMANN_J_K * temperature_k)
    per_metre = 2 * PLANCK_J_S * LIGHT_SPEED_M_S**2 / metres**5 * np.exp(-exponent)
    return np.asarray(per_metre / -np.expm1(-exponent) * 1e-9)


def colour_checker_reflectances(
    wavelengths_nm: Sequence[float] = VISIBLE_NM,
) -> dict[str, Spectrum]:
    """Reflectance of the 24 patches in reading order, names as `colour_checker.PATCHES`.

    Source: ISO 17321-1 as in colour-science, 380-780 nm in 5 nm steps; linear between them.

    Raises ProfileError for wavelengths outside 380-780 nm.
    """
    SDS_COLOURCHECKERS = colour_science().SDS_COLOURCHECKERS

    tables = SDS_COLOURCHECKERS[CHART].values()
    return {
        name: _inside(f"patch {name}", wavelengths_nm, sd.wavelengths, sd.values)
        for name, sd in zip(PATCHES, tables, strict=True)
    }


def measured_cameras() -> dict[str, RelativeSensitivity]:
    """Cameras whose sensitivities colour-science carries (BSD-3-Clause), per energy.

    Source: Darrodi, Finlayson, Goodman, Mackiewicz, JOSA A 32(3) 381, 2015 (NPL). Each channel
    has its own peak of 1: their balance is not in the data.
    """
    MSDS_CAMERA_SENSITIVITIES = colour_science().MSDS_CAMERA_SENSITIVITIES

    return {
        name: RelativeSensitivity(
            name=name,
            wavelengths_nm=tuple(msds.wavelengths.tolist()),
            values={
                c: tuple(column) for c, column in zip("RGB", msds.values.T.tolist(), strict=True)
            },
            source="colour-science, JOSA A 32(3) 381 (2015)",
        )
        for name, msds in MSDS_CAMERA_SENSITIVITIES.items()
    }


def colour_matching(wavelengths_nm: Sequence[float] = VISIBLE_NM) -> Spectrum:
    """CIE 1931 2 degree colour-matching functions (3, n), linear between 1 nm; 0 outside."""
    MSDS_CMFS = colour_science().MSDS_CMFS

    cmfs = MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
    return np.array(
        [
            np.interp(wavelengths_nm, cmfs.wavelengths, column, left=0.0, right=0.0)
            for column in cmfs.values.T
        ]
    )


def tristimulus(spectra: Spectrum, wavelengths_nm: Sequence[float] = VISIBLE_NM) -> Spectrum:
    """XYZ (..., 3) of spectra (..., n); of radiance in W/(m2 sr nm), Y is luminance in cd/m2."""
    weights = colour_matching(wavelengths_nm) * band_widths(wavelengths_nm)
    return np.asarray(LUMENS_PER_WATT * (spectra @ weights.T))


def at_luminance(
    relative: Spectrum, luminance_cd_m2: float, wavelengths_nm: Sequence[float] = VISIBLE_NM
) -> Spectrum:
    """Scale a relative spectrum to spectral radiance in W/(m2 sr nm) of this luminance.

    Raises ProfileError for a luminance that is not positive, or a spectrum that nobody sees.
    """
    if not (math.isfinite(luminance_cd_m2) and luminance_cd_m2 > 0):
        raise ProfileError(f"a luminance is positive, not {luminance_cd_m2} cd/m2")
    seen = float(tristimulus(relative, wavelengths_nm)[1])
    if not seen > 0:
        raise ProfileError("a spectrum without visible light cannot be scaled to a luminance")
    return np.asarray(relative * (luminance_cd_m2 / seen))


def ir_cut(
    wavelengths_nm: Sequence[float] = VISIBLE_NM, edge_nm: float = 650.0, width_nm: float = 30.0
) -> Spectrum:
    """Transmittance of an infrared-cut filter: half at edge_nm, 90 % to 10 % over width_nm.

    A logistic edge from 1 to 0: a model of the shape, not of one filter.
    """
    return _edge(wavelengths_nm, edge_nm, -width_nm)


def lens_glass(
    wavelengths_nm: Sequence[float] = VISIBLE_NM, edge_nm: float = 385.0, width_nm: float = 25.0
) -> Spectrum:
    """Transmittance of a lens relative to its visible one: half at edge_nm, 10 % to 90 % width.

    The visible transmittance itself (0.90) is in the lens factor of `simulate.exposure`.
    """
    return _edge(wavelengths_nm, edge_nm, width_nm)


def _edge(wavelengths_nm: Sequence[float], edge_nm: float, width_nm: float) -> Spectrum:
    if width_nm == 0:
        raise ProfileError("an edge has a width in nm; 0 would depend on the grid")
    # Logistic: 10 % and 90 % lie ln 9 scales on either side of the middle.
    scale = width_nm / (2 * math.log(9))
    distance = (np.asarray(wavelengths_nm, dtype=np.float64) - edge_nm) / scale
    return np.asarray(0.5 * (1 + np.tanh(distance / 2)))


def _inside(
    what: str, wavelengths_nm: Sequence[float], known_nm: Spectrum, values: Spectrum
) -> Spectrum:
    low, high = min(wavelengths_nm), max(wavelengths_nm)
    if low < known_nm[0] or high > known_nm[-1]:
        raise ProfileError(
            f"{what} is known from {known_nm[0]:g} to {known_nm[-1]:g} nm, "
            f"but {low:g} to {high:g} nm were asked"
        )
    return np.interp(wavelengths_nm, known_nm, values)
