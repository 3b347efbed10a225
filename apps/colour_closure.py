"""Closure of colour: a chart through a camera of known matrices, calibrated blind, compared."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from apps.capture_session import saturation_e
from apps.colour_check import before_balance
from calibration.chart import Chart
from calibration.chart_model import fit_chart
from calibration.chart_patches import read_patches
from calibration.colour_checker import COLUMNS, ROWS, Values, reference_linear
from calibration.dng_matrices import matrix_entry
from isp.core.colour import Colour, xy_to_xyz
from isp.core.domain import Domain
from isp.core.errors import ProfileError
from isp.core.frame import Frame
from isp.core.illuminants import illuminant_xy
from isp.core.measured import raw_masks
from isp.core.sensor import ColourMatrixEntry, SensorProfile
from isp.core.shot import Shot
from simulate.sensor import Sensor

PITCH = 96  # pixels between patches
BRIGHTEST = 0.8  # of saturation, for the brightest photosite
GROUND = 0.03


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColourClosure:
    """One light: XYZ to camera of the profile, green of white at 1, and as it was measured."""

    illuminant: str
    truth: Values
    entry: ColourMatrixEntry

    @property
    def largest(self) -> float:
        """The largest difference of the two matrices."""
        return float(np.abs(np.array(self.entry.xyz_to_camera) - self.truth).max())

    def record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "illuminant": self.illuminant,
            "truth": self.truth.tolist(),
            "measured": [list(row) for row in self.entry.xyz_to_camera],
            "largest_difference": self.largest,
        }


def close_colour(
    profile: SensorProfile, *, method: str = "delta-e", seed: int = 0, noisy: bool = True
) -> tuple[ColourClosure, ...]:
    """Photograph the reference patches in each light of the profile, and measure its matrices.

    noisy: with all noise of the camera; else expected DN, rounded to codes.

    Raises ProfileError for a profile without colour matrices or readings.
    """
    if not profile.colour_matrices or not profile.readings:
        raise ProfileError(f"{profile.name}: closure of colour needs matrices and a reading")
    found = []
    for entry in profile.colour_matrices:
        matrix = np.array(entry.xyz_to_camera)
        white = matrix @ xy_to_xyz(illuminant_xy(entry.illuminant))
        raw, chart = chart_capture(profile, entry.illuminant, seed=seed, noisy=noisy)
        read = read_patches(before_balance(raw), chart)
        model = fit_chart(read.means, read.measured, method)
        measured = matrix_entry(entry.illuminant, model.neutral, model.coefficients)
        found.append(
            ColourClosure(illuminant=entry.illuminant, truth=matrix / white[1], entry=measured)
        )
    return tuple(found)


def chart_capture(
    profile: SensorProfile, illuminant: str, *, seed: int = 0, noisy: bool = True
) -> tuple[Frame, Chart]:
    """A RAW frame of the reference patches at the lowest ISO, and where they lie in it."""
    picture = np.full(((ROWS + 1) * PITCH, (COLUMNS + 1) * PITCH, 3), GROUND)
    for index, patch in enumerate(reference_linear()):
        row, column = divmod(index, COLUMNS)
        top, left = row * PITCH + PITCH // 2, column * PITCH + PITCH // 2
        picture[top : top + PITCH, left : left + PITCH] = patch
    scene = Frame.start(
        torch.from_numpy(picture).permute(2, 0, 1)[None].float(),
        Domain.SCENE,
        colour=Colour(anchor_cd_m2=100.0),
    )
    iso, sensor = min(reading.iso for reading in profile.readings), Sensor(profile)
    shot = Shot.single(iso=iso, exposure_time_s=0.01, f_number=4.0)
    tried = sensor.expose(scene, shot, illuminant=illuminant)
    factor = BRIGHTEST * saturation_e(profile, iso) / float(tried.data.max())
    shot = Shot.single(iso=iso, exposure_time_s=0.01 * factor, f_number=4.0)
    expected = sensor.expose(scene, shot, illuminant=illuminant)
    taken = sensor.capture(expected, seed) if noisy else sensor.expected_dn(expected)
    measured, clipped = raw_masks(taken.data, profile, taken.shot.need("iso"))
    raw = Frame.start(
        taken.data, Domain.RAW, shot=taken.shot, profile=profile, measured=measured,
        clipped=clipped,
    )  # fmt: skip
    first = PITCH - 0.5
    across, down = (COLUMNS - 1) * PITCH + first, (ROWS - 1) * PITCH + first
    corners = np.array([[first, first], [across, first], [across, down], [first, down]])
    return raw, Chart(corners=corners)
