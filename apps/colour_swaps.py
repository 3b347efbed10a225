"""What parts our colours from LibRaw's on a chart: one piece of the development swapped at a time.

`python -m apps.colour_swaps [-o docs/colour.md]` writes the page; the chart is in $FULLWELL_DATA.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from apps.bench.metrics.angular_error import angular_error_deg
from apps.colour_check import ColourCheck, before_balance, check_colour, compare_patches, lab_d50
from apps.colour_swaps_page import COMMAND, page
from apps.report.pages import write_page
from calibration.chart_patches import read_patches
from calibration.colour import exposure_match
from calibration.colour_checker import Values, reference_xyz
from isp.core.camera_matrices import white_from_neutral
from isp.core.colour import (
    BRADFORD,
    D50_XYZ,
    D65_XY,
    PRIMARIES,
    Matrix,
    adaptation_xyz,
    rgb_to_xyz,
    xy_to_xyz,
)
from isp.core.colour_difference import ciede2000
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.sensor import SensorProfile
from isp.core.temperature import xy_to_cct
from isp.files.libraw_picture import libraw_picture
from isp.files.raw import read_raw
from isp.stages.colour_matrix import camera_to_rgb
from isp.stages.white_balance import METHODS, estimated_gains
from simulate.spectra import blackbody, colour_checker_reflectances, tristimulus

CHART = "colorchecker/canon_550d_colorchart.dng"
BT709 = PRIMARIES["bt709"]
LIGHTS_K = (2600, 2700, 2800, 2900, 3000, 3100, 3200)  # about the white that the greys imply
Gains = tuple[float, ...]

# XYZ to the responses that each adaptation scales.
CONES: dict[str, Matrix] = {
    "Bradford (DNG, ours)": BRADFORD,
    "CAT02": np.array(  # CIE 159:2004
        [[0.7328, 0.4296, -0.1624], [-0.7036, 1.6975, 0.0061], [0.0030, 0.0136, 0.9834]]
    ),
    "CAT16": np.array(  # Li et al., Color Research and Application 42(6), 2017
        [
            [0.401288, 0.650173, -0.051461],
            [-0.250268, 1.204414, 0.045854],
            [-0.002079, 0.048952, 0.953127],
        ]
    ),
    "Hunt-Pointer-Estevez": np.array(  # normalised to D65
        [[0.40024, 0.70760, -0.08081], [-0.22630, 1.16532, 0.04570], [0.0, 0.0, 0.91822]]
    ),
    "XYZ": np.eye(3),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChartShot:
    """The chart as every piece starts from it.

    camera: mean camera RGB of each patch before the balance, from the mosaic itself, (24, 3).
    libraw: mean of the patches in what LibRaw decodes, (24, 3), by space and gains.
    """

    checked: ColourCheck
    balanced_frame: Frame
    camera: Values
    libraw: Callable[[str, Gains], Values]

    @property
    def profile(self) -> SensorProfile:
        """The camera's."""
        return self.balanced_frame.need_profile()

    @property
    def measured(self) -> NDArray[np.bool_]:
        """Which patches count."""
        return self.checked.measured


def chart_shot(raw: Path) -> ChartShot:
    """Read and check a chart, and make LibRaw's developments of it available.

    Raises what `check_colour` does.
    """
    checked = check_colour(raw)
    frame = before_balance(read_raw(raw))

    def libraw(space: str, gains: Gains) -> Values:
        red, green, blue = gains
        decoded = libraw_picture(raw, "AHD", linear=True, space=space, gains=(red, green, blue))
        light = decoded.arrays["code"].astype(np.float64) / 65535
        windows = checked.chart.windows(light.shape[:2])
        return np.array([light[t:b, x:r].mean(axis=(0, 1)) for x, t, r, b in windows])

    camera = read_patches(frame, checked.chart).means
    return ChartShot(checked=checked, balanced_frame=frame, camera=camera, libraw=libraw)


def by_rows(profile: SensorProfile) -> Matrix:
    """Balanced camera RGB to linear BT.709 as LibRaw has it: no white of the scene's own.

    BT.709 to camera is scaled row by row so that white is (1, 1, 1), and inverted: the camera's
    responses themselves are taken for cones, and every light for the one of the matrix.

    Source: our reading of what LibRaw computes; a test holds it against its output.
    """
    to_camera = profile.xyz_to_camera["D65"] @ rgb_to_xyz(BT709)
    return np.asarray(np.linalg.inv(to_camera / to_camera.sum(axis=1, keepdims=True)))


def adapted_by(profile: SensorProfile, gains: Gains, cones: Matrix) -> Matrix:
    """Balanced camera RGB to linear BT.709, the scene's white adapted in the given responses."""
    neutral = gains[1] / np.asarray(gains)
    white = xy_to_xyz(white_from_neutral(neutral, profile.xyz_to_camera))
    turn = adapted(white, xy_to_xyz(D65_XY), cones)
    to_xyz = np.linalg.inv(profile.xyz_to_camera["D65"]) @ np.diag(neutral)
    matrix = np.linalg.inv(rgb_to_xyz(BT709)) @ turn @ to_xyz
    return np.asarray(matrix / (matrix @ np.ones(3))[1])


def adapted(source: Matrix, target: Matrix, cones: Matrix) -> Matrix:
    """Matrix that takes a white's XYZ to another by scaling responses."""
    gains = (cones @ target) / (cones @ source)
    return np.asarray(np.linalg.inv(cones) @ np.diag(gains) @ cones)


def swaps(shot: ChartShot, gains: Gains) -> dict[str, float]:
    """Mean CIEDE2000 to the chart's values as the pieces go from ours to LibRaw's."""
    ours, theirs = camera_to_rgb(shot.profile, gains, BT709), by_rows(shot.profile)
    balanced = shot.camera * np.asarray(gains)
    name = next(n for n, r in shot.checked.results.items() if r.gains == gains)
    rows = {
        "fullwell, as it develops": shot.checked.results[name].linear,
        "no demosaic: each patch's own photosites": balanced @ ours.T,
        "LibRaw's levels and demosaic (AHD), our matrix": shot.libraw("raw", gains) @ ours.T,
        "LibRaw's levels, demosaic and matrix": shot.libraw("raw", gains) @ theirs.T,
        "LibRaw to XYZ, turned to BT.709 by us": (
            shot.libraw("XYZ", gains) @ np.linalg.inv(rgb_to_xyz(BT709)).T
        ),
        "LibRaw to sRGB, which cuts what is below 0": shot.libraw("sRGB", gains),
        "fullwell, cut below 0 likewise": np.maximum(shot.checked.results[name].linear, 0),
    }
    return {what: _mean(linear, shot, gains) for what, linear in rows.items()}


def adaptations(shot: ChartShot, gains: Gains) -> dict[str, float]:
    """Mean CIEDE2000 with the scene's white adapted by each method, and by LibRaw's rows."""
    balanced = shot.camera * np.asarray(gains)
    rows = {name: adapted_by(shot.profile, gains, cones) for name, cones in CONES.items()}
    rows["camera RGB (LibRaw)"] = by_rows(shot.profile)
    return {name: _mean(balanced @ matrix.T, shot, gains) for name, matrix in rows.items()}


def kept_cast(shot: ChartShot, gains: Gains, temperature_k: float) -> tuple[float, ...]:
    """Mean CIEDE2000 of ours and of LibRaw's to the cast that the balance asks to keep.

    The chart's reflectances under a black body, seen by an observer adapted to the white that the
    balance names (by Bradford, then by CAT16: ours, LibRaw's, ours, LibRaw's).
    """
    spectrum = blackbody(temperature_k)
    patches = tristimulus(np.array(list(colour_checker_reflectances().values())) * spectrum)
    patches = patches / tristimulus(spectrum)[1]
    neutral = gains[1] / np.asarray(gains)
    white = xy_to_xyz(white_from_neutral(neutral, shot.profile.xyz_to_camera))
    balanced = shot.camera * np.asarray(gains)
    matrices = (camera_to_rgb(shot.profile, gains, BT709), by_rows(shot.profile))
    scores: list[float] = []
    for cones in (CONES["Bradford (DNG, ours)"], CONES["CAT16"]):
        wanted = patches @ adapted(white, D50_XYZ, cones).T
        scores += [_difference(balanced @ m.T, wanted, shot.measured) for m in matrices]
    return tuple(scores)


def automatic(shot: ChartShot) -> dict[str, tuple[Gains, float, float, float]]:
    """Gains of every balance, its angle to the chart's greys in degrees, CIEDE2000 of ours, theirs.

    Theirs is LibRaw's matrix under the same gains.
    """
    frame = shot.balanced_frame
    truth = 1 / np.asarray(shot.checked.results["chart"].gains)
    known = {name: result.gains for name, result in shot.checked.results.items()}
    for method in METHODS[1:]:
        found = estimated_gains(
            method, frame.data, frame.measured, shot.profile.cfa, shot.profile
        )  # fmt: skip
        known[method] = tuple(found[0].double().tolist())
    rows = {}
    for name, gains in known.items():
        balanced = shot.camera * np.asarray(gains)
        matrices = (camera_to_rgb(shot.profile, gains, BT709), by_rows(shot.profile))
        ours, theirs = (_mean(balanced @ matrix.T, shot, gains) for matrix in matrices)
        rows[name] = (gains, angular_error_deg(1 / np.asarray(gains), truth), ours, theirs)
    return rows


def implied_kelvin(shot: ChartShot) -> float:
    """Correlated temperature of the white that the chart's greys imply, by the camera's matrix."""
    neutral = 1 / np.asarray(shot.checked.results["chart"].gains)
    return xy_to_cct(white_from_neutral(neutral, shot.profile.xyz_to_camera))


def _mean(linear: Values, shot: ChartShot, gains: Gains) -> float:
    return float(np.nanmean(compare_patches("", gains, linear, shot.measured).before))


def _difference(linear: Values, wanted: Values, measured: NDArray[np.bool_]) -> float:
    """Mean CIEDE2000 of linear BT.709 to XYZ under D50, exposure matched on the greys."""
    to_d50 = adaptation_xyz(xy_to_xyz(D65_XY), D50_XYZ) @ rgb_to_xyz(BT709)
    seen = linear @ to_d50.T
    # Lightness as in the check: the greys' reference is that of the chart.
    target = wanted * exposure_match(wanted[:, 1], reference_xyz()[:, 1], measured)
    matched = seen * exposure_match(seen[:, 1], target[:, 1], measured)
    return float(ciede2000(lab_d50(matched), lab_d50(target))[measured].mean())


def measure(folder: Path, command: str) -> str:
    """Run everything on the chart of the data folder and return the page.

    Raises UsageError when the folder holds no chart.
    """
    path = folder / CHART
    if not path.is_file():
        raise UsageError(f"{folder} holds no {CHART}; set FULLWELL_DATA to where it is")
    shot = chart_shot(path)
    balances = {name: result.gains for name, result in shot.checked.results.items()}
    return page(
        command=command,
        kelvin=implied_kelvin(shot),
        exposures={name: r.exposure for name, r in shot.checked.results.items()},
        swaps={name: swaps(shot, gains) for name, gains in balances.items()},
        adaptations={name: adaptations(shot, gains) for name, gains in balances.items()},
        cast={k: kept_cast(shot, balances["as_shot"], k) for k in LIGHTS_K},
        automatic=automatic(shot),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or print the page; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m apps.colour_swaps")
    parser.add_argument("-o", "--output", type=Path, help="markdown page to write")
    parser.add_argument("--force", action="store_true", help="replace what is there")
    asked = parser.parse_args(arguments)
    output = "" if asked.output is None else f" -o {asked.output}"
    data = Path(os.environ.get("FULLWELL_DATA", "."))
    return write_page(lambda: measure(data, COMMAND + output), asked.output, force=asked.force)


if __name__ == "__main__":
    sys.exit(main())
