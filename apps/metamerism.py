"""What three numbers per pixel miss: one ColorChecker by spectra and by RGB, and the difference."""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from apps.report.pages import write_page
from isp.core.cfa import Cfa
from isp.core.colour import Colour
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.core.spectral import RelativeSensitivity
from isp.files.sensitivity import read_sensitivity
from simulate.camera_matrix import exact_for_first, with_sensitivity
from simulate.colour_science import colour_science
from simulate.scenes.colour_checker import PATCHES
from simulate.scenes.spectral_checker import diffuser_radiance
from simulate.sensor import Sensor
from simulate.spectra import VISIBLE_NM, colour_checker_reflectances, measured_cameras, tristimulus
from simulate.spectral import spectral_scene

Matrix = NDArray[np.float64]
Three = tuple[float, float, float]

ILLUMINANTS = ("D65", "A", "FL2", "LED-B3")
LUMINANCE_CD_M2 = 100.0
SHOT = Shot.single(exposure_time_s=1 / 60, f_number=2.0, iso=100.0)
PEAK_EFFICIENCY = 0.5  # of the strongest channel; assumed, and it cancels in every figure but e-
PITCH_UM = 4.0
SMI_PATCHES = 18  # the chromatic ones, all but the grey row


@dataclass(frozen=True, slots=True, kw_only=True)
class PatchRow:
    """One patch, one camera, one light.

    spectral_e, rgb_e: expected electrons R, G, B by either path at 100 cd/m2, f/2, 1/60 s, 4 um.
    level_percent: green of a perfect diffuser by RGB against by spectra. quantum_efficiency is one
        number, that of D65, and every other light has its own.
    error_percent: of the RGB path against the spectral one, the level taken out.
    path_delta_e: CIE DE2000 between the two paths' pictures, both through the camera's matrix,
        the level taken out.
    camera_delta_e, camera_delta_e_ab: CIE DE2000 and DE*ab (1976) that the camera's best 3x3 to
        XYZ leaves against the observer: the camera's own metamerism error.
    """

    camera: str
    illuminant: str
    patch: str
    spectral_e: Three
    rgb_e: Three
    level_percent: float
    error_percent: Three
    path_delta_e: float
    camera_delta_e: float
    camera_delta_e_ab: float


def metamerism(sensitivity: RelativeSensitivity, illuminant: str) -> tuple[PatchRow, ...]:
    """Photograph the 24 patches by both paths in a light; one row per patch.

    The RGB path gets the patches' D65 colours and a profile whose colour matrices (A and D65),
    fitted to these very sensitivities and patches, are as good as they can be.

    Raises ProfileError for an illuminant that is not in isp.core.illuminants.ILLUMINANTS.
    """
    absolute = sensitivity.with_peak_efficiency(PEAK_EFFICIENCY)
    profile = with_sensitivity(_blank(sensitivity.name), absolute, sensitivity.source)
    spectra = _spectra(illuminant)  # (25, n), a perfect diffuser first
    seen = _electrons(profile, _spectral_patches(spectra), illuminant)
    by_rgb = _electrons(profile, _rgb_patches(), illuminant)
    xyz = tristimulus(spectra)
    to_xyz = best_matrix(seen, xyz)
    truth = _lab(xyz, xyz[0])
    level = by_rgb[0, 1] / seen[0, 1]
    camera_lab, rgb_lab = (_lab(e @ to_xyz, xyz[0]) for e in (seen, by_rgb / level))
    own, between = _delta_e_2000(truth, camera_lab), _delta_e_2000(camera_lab, rgb_lab)
    own_ab = np.linalg.norm(truth - camera_lab, axis=1)
    error = 100 * (by_rgb / level / seen - 1)
    return tuple(
        PatchRow(
            camera=sensitivity.name,
            illuminant=illuminant,
            patch=name,
            spectral_e=_three(seen[i]),
            rgb_e=_three(by_rgb[i]),
            level_percent=float(100 * (level - 1)),
            error_percent=_three(error[i]),
            path_delta_e=float(between[i]),
            camera_delta_e=float(own[i]),
            camera_delta_e_ab=float(own_ab[i]),
        )
        for i, name in enumerate(PATCHES, 1)
    )


def best_matrix(camera: Matrix, xyz: Matrix) -> Matrix:
    """Camera to XYZ (3, 3), rows multiply from the left, of least squares in CIELAB.

    camera, xyz: (1 + patches, 3), a perfect diffuser first. Starts from least squares in XYZ.
    """
    from scipy.optimize import least_squares

    white, scale = xyz[0], camera[0]
    target = _lab(xyz, white)[1:]

    def residuals(flat: Matrix) -> Matrix:
        picture = (camera[1:] / scale) @ flat.reshape(3, 3) * white
        return np.asarray((_lab(picture, white) - target).ravel())

    start = exact_for_first(camera / scale, xyz / white)
    found = least_squares(residuals, start.ravel(), method="lm", xtol=1e-12, ftol=1e-12)
    return np.asarray(found.x.reshape(3, 3) / scale[:, None] * white)


def smi(rows: Sequence[PatchRow]) -> float:
    """100 - 5.5 times the mean DE*ab of the 18 chromatic patches.

    The sensitivity metamerism index of ISO 17321-1 as DxOMark and others restate it; the
    standard's clause, and how it finds the matrix, are unverified. Ours: `best_matrix`.
    """
    return 100 - 5.5 * float(np.mean([r.camera_delta_e_ab for r in rows[:SMI_PATCHES]]))


def cameras(folder: Path | None) -> dict[str, RelativeSensitivity]:
    """Sensitivities that colour-science carries, and those of files below a data folder."""
    found = measured_cameras()
    if folder is not None:
        chart = folder / "colorchecker"
        paths = [*chart.glob("rawtoaces/camera/*.json"), *chart.glob("ssf_csv/*.csv")]
        for path in sorted(paths):
            found[path.stem] = read_sensitivity(path)
    return found


def report(folder: Path | None, illuminants: Sequence[str] = ILLUMINANTS) -> str:
    """The figures of every camera in every light, as a page of Markdown."""
    lines = [
        "# Metamerism: what a camera sees that three numbers per pixel do not hold", "",
        "Made by `python -m apps.metamerism`. The 24 patches of the ColorChecker (ISO 17321-1 "
        "reflectances) at 100 cd/m² of a perfect diffuser, photographed by their spectra and by "
        "their RGB (D65 colours; colour matrices for A and D65 fitted to the same camera and "
        "patches).", "",
        "- **level**: green of a perfect diffuser by RGB against by spectra, %. A profile has one "
        "quantum efficiency, here that of D65; each other light has its own.",
        "- **R, G, B**: mean and largest magnitude of the RGB path's relative error in expected "
        "electrons, %, the level taken out. In lights other than D65 the chromatic adaptation of "
        "the patches' D65 colours (Bradford) is part of it.",
        "- **paths ΔE**: CIEDE2000 between the two pictures through the camera's matrix, the level "
        "taken out.",
        "- **camera ΔE**: CIEDE2000 that the camera's best 3x3 to XYZ leaves (least squares in "
        "CIELAB, white: the perfect diffuser in that light): the camera's own metamerism error.",
        "- **SMI**: 100 - 5.5 · mean ΔE*ab of the 18 chromatic patches, ISO 17321-1's index as "
        "DxOMark restates it (the standard's text unverified).", "",
        "| camera | light | level % | R mean / max % | G mean / max % | B mean / max % "
        "| paths ΔE mean / max | camera ΔE mean / max | SMI |",
        "|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name, sensitivity in cameras(folder).items():
        for illuminant in illuminants:
            rows = metamerism(sensitivity, illuminant)
            lines.append(f"| {name} | {illuminant} | {_summary(rows)} |")
    first = next(iter(cameras(folder).values()))
    lines += ["", f"## Every patch: {first.name}, D65", "",
              "| patch | spectral R, G, B e⁻ | RGB path R, G, B e⁻ | error R, G, B % "
              "| paths ΔE | camera ΔE |", "|---|---|---|---|---|---|"]  # fmt: skip
    lines += [_patch_line(row) for row in metamerism(first, "D65")]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, to a file or to standard output."""
    parser = argparse.ArgumentParser(prog="python -m apps.metamerism", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, help="Markdown file; standard output if none")
    parser.add_argument("--force", action="store_true", help="replace the file")
    options = parser.parse_args(arguments)
    return write_page(lambda: report(data_folder()), options.output, force=options.force)


def data_folder() -> Path | None:
    """The folder that FULLWELL_DATA names; None, and a word on stderr, when it names none.

    Raises UsageError when it names something that is not a folder.
    """
    place = os.environ.get("FULLWELL_DATA")
    if not place:
        print("FULLWELL_DATA is not set: only the cameras in colour-science", file=sys.stderr)
        return None
    if not Path(place).is_dir():
        raise UsageError(f"FULLWELL_DATA is {place}, which is not a folder")
    return Path(place)


def _blank(name: str) -> SensorProfile:
    return SensorProfile(
        name=name, cfa=Cfa.RGGB, bit_depth=14, black_level_dn=(512.0,) * 4,
        white_level_dn=16383.0, readings=(), pixel_pitch_um=PITCH_UM,
    )  # fmt: skip


def _spectra(illuminant: str) -> Matrix:
    light = diffuser_radiance(illuminant, LUMINANCE_CD_M2)
    paints = np.array(list(colour_checker_reflectances().values()))
    return np.vstack([light, paints * light])


def _spectral_patches(spectra: Matrix) -> Frame:
    return spectral_scene(_cells(spectra), VISIBLE_NM)


def _rgb_patches() -> Frame:
    colour = Colour(anchor_cd_m2=LUMINANCE_CD_M2)
    rgb = np.array([(1.0, 1.0, 1.0), *PATCHES.values()])
    return Frame.start(_cells(rgb), Domain.SCENE, colour=colour)


def _cells(values: Matrix) -> torch.Tensor:
    """One 2x2 cell per patch, so that every patch meets R, G and B: (1, c, 2, 2 patches)."""
    flat = torch.from_numpy(values.T.astype(np.float32))
    return flat[None, :, None].repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)


def _electrons(profile: SensorProfile, scene: Frame, illuminant: str) -> Matrix:
    """Electrons (patches, 3) of R, G, B of each patch's cell, a float64 array."""
    mosaic = Sensor(profile).expose(scene, SHOT, illuminant=illuminant).data[0, 0].double().numpy()
    return np.stack([mosaic[0, 0::2], mosaic[0, 1::2], mosaic[1, 1::2]], axis=1)


def _lab(xyz: Matrix, white: Matrix) -> Matrix:
    colour = colour_science()
    XYZ_to_Lab, XYZ_to_xy = colour.XYZ_to_Lab, colour.XYZ_to_xy

    return np.asarray(XYZ_to_Lab(xyz / white[1], XYZ_to_xy(white)))


def _delta_e_2000(one: Matrix, two: Matrix) -> Matrix:
    delta_E = colour_science().delta_E

    return np.asarray(delta_E(one, two, method="CIE 2000"))


def _three(values: Matrix) -> Three:
    red, green, blue = (float(v) for v in values)
    return red, green, blue


def _summary(rows: Sequence[PatchRow]) -> str:
    errors = np.abs([r.error_percent for r in rows])
    cells = [f"{round(rows[0].level_percent, 1) + 0.0:+.1f}"]
    cells += [f"{errors[:, c].mean():.2f} / {errors[:, c].max():.2f}" for c in range(3)]
    for name in ("path_delta_e", "camera_delta_e"):
        values = np.array([getattr(r, name) for r in rows])
        cells.append(f"{values.mean():.2f} / {values.max():.2f}")
    return " | ".join([*cells, f"{smi(rows):.1f}"])


def _patch_line(row: PatchRow) -> str:
    groups = [
        ", ".join(f"{v:{form}}" for v in values)
        for values, form in (
            (row.spectral_e, ".0f"), (row.rgb_e, ".0f"), (row.error_percent, "+.2f"),
        )
    ]  # fmt: skip
    return " | ".join(
        [f"| {row.patch}", *groups, f"{row.path_delta_e:.2f}", f"{row.camera_delta_e:.2f} |"]
    )


if __name__ == "__main__":
    sys.exit(main())
