"""Colour matrices of a camera by its spectral sensitivities, its metamerism index beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from apps.colour_calibration import check_lights, with_matrices
from apps.metamerism import metamerism, smi
from calibration.colour_fit import Values, apply_fit, delta_e_d50, fit_colours, method_named
from calibration.dng_matrices import matrix_entry
from calibration.spectral_colours import SpectralColours, spectral_colours
from isp.core.errors import UsageError
from isp.core.sensor import ColourMatrixEntry, SensorProfile
from isp.core.spectral import RelativeSensitivity
from isp.files.profile import load_profile
from isp.files.sensitivity import read_sensitivity
from isp.files.spectra import read_spectra
from simulate.spectra import (
    VISIBLE_NM,
    colour_checker_reflectances,
    colour_matching,
    illuminant_spectrum,
)

GRID = np.array(VISIBLE_NM)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpectralFit:
    """One light: the fit, CIEDE2000 over what it was fitted to and over the ColorChecker.

    smi: sensitivity metamerism index, None for a light that only a file knows.
    """

    light: str
    neutral: Values
    coefficients: Values
    training: Values
    checker: Values
    smi: float | None

    def record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "light": self.light,
            "neutral": self.neutral.tolist(),
            "coefficients": self.coefficients.ravel().tolist(),
            "training_delta_e_2000": _summary(self.training),
            "colour_checker_delta_e_2000": _summary(self.checker),
            "smi": self.smi,
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpectralCalibration:
    """What sensitivities say of a camera: per light, and as a profile where one was asked for."""

    camera: str
    method: str
    paints: int
    fits: tuple[SpectralFit, ...]
    profile: SensorProfile | None

    def record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "camera": self.camera,
            "method": self.method,
            "training_paints": self.paints,
            "lights": [each.record() for each in self.fits],
        }


def calibrate_sensitivity(
    path: Path,
    *,
    lights: Sequence[str],
    training: Path | None = None,
    method: str = "delta-e",
    camera: str | None = None,
) -> SpectralCalibration:
    """Fit matrices to spectral sensitivities in each light.

    path: JSON of rawtoaces or CSV. lights: names, or files of rawtoaces' JSON. training: paints
    in rawtoaces' JSON; without it the ColorChecker's 24. camera: the profile to put the matrices
    into; lights that are files cannot go there.

    Raises FileError, UsageError, ProfileError, CalibrationError.
    """
    if not lights:
        raise UsageError("sensitivities take lights; pass --illuminant A,D65")
    if camera is not None:
        check_lights(lights, len(lights))
    sensitivity = read_sensitivity(path)
    checker = np.array(list(colour_checker_reflectances().values()))
    paints = checker if training is None else read_spectra(training).on(GRID)
    fits = tuple(_fit(sensitivity, light, paints, checker, method) for light in lights)
    profile = None
    if camera is not None:
        entries = tuple(_entry(each) for each in fits)
        profile = with_matrices(load_profile(camera), entries, f"{method} on {path.name}")
    return SpectralCalibration(
        camera=sensitivity.name, method=method, paints=len(paints), fits=fits, profile=profile
    )


def colours_of(sensitivity: RelativeSensitivity, light: str, paints: Values) -> SpectralColours:
    """Paints (n, m) on `GRID` in a named light, or that of a file, through a camera."""
    per_watt = np.array([
        np.interp(GRID, sensitivity.wavelengths_nm, sensitivity.per_photon()[c], left=0, right=0)
        for c in "RGB"
    ]) * GRID  # fmt: skip
    return spectral_colours(per_watt, _spectrum(light), paints, colour_matching(VISIBLE_NM))


def sentences(calibration: SpectralCalibration) -> list[str]:
    """Lines for people, one a light."""
    lines = [f"{calibration.camera}: {calibration.method} over {calibration.paints} paints"]
    for each in calibration.fits:
        own, checker = _summary(each.training), _summary(each.checker)
        index = "" if each.smi is None else f", SMI {each.smi:.1f}"
        lines.append(
            f"  {each.light}: ΔE00 mean {own['mean']:.2f}, max {own['max']:.2f}; ColorChecker "
            f"mean {checker['mean']:.2f}, max {checker['max']:.2f}{index}"
        )
    return lines


def _fit(
    sensitivity: RelativeSensitivity, light: str, paints: Values, checker: Values, method: str
) -> SpectralFit:
    seen, known = (colours_of(sensitivity, light, each) for each in (paints, checker))
    found = fit_colours(seen.camera, seen.xyz, method_named(method))
    training, held = (
        delta_e_d50(apply_fit(each.camera, found), each.xyz) for each in (seen, known)
    )
    return SpectralFit(
        light=light, neutral=seen.neutral, coefficients=found, training=training, checker=held,
        smi=None if _is_file(light) else smi(metamerism(sensitivity, light)),
    )  # fmt: skip


def _entry(fit: SpectralFit) -> ColourMatrixEntry:
    return matrix_entry(fit.light, fit.neutral, fit.coefficients)


def _spectrum(light: str) -> Values:
    if not _is_file(light):
        return illuminant_spectrum(light)
    columns = read_spectra(light).on(GRID)
    if len(columns) != 1:
        raise UsageError(f"{light}: a light is one column, but it has {len(columns)}")
    return np.asarray(columns[0])


def _is_file(light: str) -> bool:
    return light.endswith(".json")


def _summary(each: Values) -> dict[str, float]:
    return {"mean": float(each.mean()), "p95": float(np.percentile(each, 95)),
            "max": float(each.max())}  # fmt: skip
