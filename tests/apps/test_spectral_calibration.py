"""Sensitivities give matrices as good as colour-science's, and an observer gives no error."""

import json
from pathlib import Path

import numpy as np
import pytest

from apps.colour_calibration import check_lights
from apps.spectral_calibration import (
    GRID,
    calibrate_sensitivity,
    colours_of,
    sentences,
)
from calibration.colour_fit import apply_fit, delta_e_d50
from isp.core.colour import D50_XYZ, xy_to_xyz
from isp.core.errors import UsageError
from isp.core.illuminants import illuminant_xy
from isp.files.sensitivity import read_sensitivity
from isp.files.spectra import read_spectra
from simulate.spectra import colour_checker_reflectances
from tests.apps.test_metamerism import luther

CANON = "canon_eos_5d_mark_ii_380_780_5.json"


def as_csv(path: Path) -> Path:
    """The observer in disguise, as a file."""
    camera = luther()
    rows = zip(camera.wavelengths_nm, *(camera.values[c] for c in "RGB"), strict=True)
    path.write_text("".join(f"{nm},{r},{g},{b}\n" for nm, r, g, b in rows))
    return path


def test_an_observer_in_disguise_has_no_error_and_an_index_of_100(tmp_path: Path) -> None:
    found = calibrate_sensitivity(as_csv(tmp_path / "luther.csv"), lights=["A", "D65"])

    for fit in found.fits:
        assert fit.training.max() < 1e-4
        assert fit.smi == pytest.approx(100, abs=1e-3)
    assert found.profile is None
    json.dumps(found.record(), allow_nan=False)
    assert "SMI 100.0" in "\n".join(sentences(found))


def test_a_profile_takes_its_matrices_and_colours_that_come_back(tmp_path: Path) -> None:
    found = calibrate_sensitivity(
        as_csv(tmp_path / "luther.csv"), lights=["A", "D65"], camera="NikonD850"
    )
    assert found.profile is not None
    paints = np.array(list(colour_checker_reflectances().values()))

    for entry, fit in zip(found.profile.colour_matrices, found.fits, strict=True):
        seen = colours_of(luther(), entry.illuminant, paints)
        np.testing.assert_allclose(seen.camera @ np.array(entry.forward).T, seen.xyz, atol=1e-6)
        white = np.array(entry.xyz_to_camera) @ xy_to_xyz(illuminant_xy(entry.illuminant))
        np.testing.assert_allclose(white, fit.neutral / fit.neutral[1], rtol=1e-9)
        assert fit.light == entry.illuminant


def test_lights_are_needed_and_files_of_lights_make_no_profile(tmp_path: Path) -> None:
    path = as_csv(tmp_path / "luther.csv")
    with pytest.raises(UsageError, match="pass --illuminant"):
        calibrate_sensitivity(path, lights=[])
    with pytest.raises(UsageError, match=r'no light "own\.json"'):
        check_lights(["own.json"], 1)


def test_rawtoaces_spectra_fit_no_worse_than_colour_sciences_transform(shared_data: Path) -> None:
    """Its input transform (rawtoaces v1) is made for the same camera, light and 190 paints."""
    import colour

    folder = shared_data / "colorchecker" / "rawtoaces"
    training = folder / "training" / "training_spectral.json"
    light = str(folder / "illuminant" / "iso7589_stutung_380_780_5.json")
    found = calibrate_sensitivity(folder / "camera" / CANON, lights=[light], training=training)
    [fit] = found.fits
    sensitivity = read_sensitivity(folder / "camera" / CANON)
    paints = read_spectra(training).on(GRID)
    seen = colours_of(sensitivity, light, paints)

    shape = colour.SpectralShape(380, 780, 5)
    lit = colour.SpectralDistribution(read_spectra(light).on(GRID)[0], GRID)
    camera = colour.MultiSpectralDistributions(
        np.stack([sensitivity.values[c] for c in "RGB"], axis=1), GRID, labels=["R", "G", "B"]
    )
    data = colour.MultiSpectralDistributions(paints.T, GRID)
    theirs, _ = colour.matrix_idt(
        colour.characterisation.RGB_CameraSensitivities(camera.align(shape)), lit, data
    )
    aces = seen.camera @ theirs.T
    aces_to_xyz = colour.RGB_COLOURSPACES["ACES2065-1"].matrix_RGB_to_XYZ
    white = aces_to_xyz @ np.ones(3)
    adapt = colour.adaptation.matrix_chromatic_adaptation_VonKries(white, D50_XYZ, "Bradford")
    theirs_error = delta_e_d50(aces @ (adapt @ aces_to_xyz).T, seen.xyz)

    assert found.paints == 190
    assert fit.smi is None
    ours = delta_e_d50(apply_fit(seen.camera, fit.coefficients), seen.xyz)
    assert np.mean(ours**2) <= np.mean(theirs_error**2)
    assert np.mean(theirs_error) < 3  # theirs is a transform of this camera, and not of another
