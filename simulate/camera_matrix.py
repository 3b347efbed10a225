"""Colour matrices and quantum efficiency of a camera whose spectral sensitivities are known."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from isp.core.sensor import ColourMatrixEntry, SensorProfile
from isp.core.spectral import SpectralSensitivity
from simulate.spectra import (
    Spectrum,
    colour_checker_reflectances,
    illuminant_spectrum,
    tristimulus,
)
from simulate.spectral import FINE_NM, efficiency_under, electrons_per_exposure

LIGHTS = ("A", "D65")


def fit_xyz_to_camera(
    sensitivity: SpectralSensitivity, illuminant: str, channels: Sequence[str] = ("R", "G", "B")
) -> Spectrum:
    """XYZ to camera (channels, 3) in a light: DNG's ColorMatrix, fitted to the ColorChecker.

    Least squares over the 24 patches, a perfect diffuser exact. Both sides are relative to it:
    Y of white is 1, and the second channel (green) of white is 1.
    """
    light = illuminant_spectrum(illuminant, FINE_NM)
    paints = np.array(list(colour_checker_reflectances(FINE_NM).values()))
    xyz = tristimulus(np.vstack([light, paints * light]), FINE_NM)
    weights = electrons_per_exposure(sensitivity, channels, FINE_NM)
    camera = np.vstack([light, paints * light]) @ weights.T
    xyz, camera = xyz / xyz[0, 1], camera / camera[0, min(1, len(channels) - 1)]
    return exact_for_first(xyz, camera).T


def exact_for_first(inputs: Spectrum, outputs: Spectrum) -> Spectrum:
    """Matrix M (k, m) of least |inputs M - outputs| whose first row is met exactly.

    Lagrange: the least-squares solution, corrected along the inverse normal matrix times that
    row.
    """
    anchor, wanted = inputs[0], outputs[0]
    normal = inputs[1:].T @ inputs[1:]
    free = np.linalg.solve(normal, inputs[1:].T @ outputs[1:])
    direction = np.linalg.solve(normal, anchor)
    return np.asarray(free + np.outer(direction, (wanted - anchor @ free) / (anchor @ direction)))


def fitted_matrices(sensitivity: SpectralSensitivity) -> tuple[ColourMatrixEntry, ...]:
    """Colour matrices of an R, G, B sensor for A and D65, by `fit_xyz_to_camera`."""
    return tuple(
        ColourMatrixEntry(
            illuminant=light,
            xyz_to_camera=tuple(
                tuple(row) for row in fit_xyz_to_camera(sensitivity, light).tolist()
            ),
        )
        for light in LIGHTS
    )


def with_sensitivity(
    profile: SensorProfile, sensitivity: SpectralSensitivity, source: str
) -> SensorProfile:
    """Return the profile with these sensitivities, and what RGB scenes need fitted to them.

    quantum_efficiency becomes that of green (or the only channel) under D65; an R, G, B sensor
    gets colour matrices for A and D65. White then gives the same electrons by RGB and by spectra.
    source: where the sensitivities come from, kept in `sources`.

    Raises ProfileError when a channel of the CFA has no sensitivity, or when infrared makes more
    electrons than there are photons within 400-700 nm (quantum_efficiency above 1; then set
    spectral_sensitivity alone, by `with_fields`).
    """
    channels = profile.cfa.channels
    sensitivity.need(channels)
    anchor = "G" if "G" in channels else channels[0]
    fitted = f"from spectral_sensitivity ({source})"
    changes: dict[str, Any] = {
        "spectral_sensitivity": sensitivity,
        "quantum_efficiency": efficiency_under(sensitivity, "D65", anchor),
    }
    sources = {"spectral_sensitivity": source, "quantum_efficiency": f"{anchor} in D65, {fitted}"}
    if channels == ("R", "G", "B"):
        changes["colour_matrices"] = fitted_matrices(sensitivity)
        sources["colour_matrices"] = f"least squares on the ColorChecker, {fitted}"
    return profile.with_fields(
        **changes,
        sources=dict(profile.sources) | sources,
        assumed=tuple(name for name in profile.assumed if name not in changes),
    )
