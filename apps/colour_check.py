"""A developed ColorChecker against its reference values: colour difference of every patch."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from apps.developing import develop
from calibration.chart import Chart
from calibration.chart_finding import find_chart
from calibration.chart_patches import read_patches
from calibration.colour import chart_gains, exposure_match, fit_keeping_white
from calibration.colour_checker import (
    NAMES,
    WHITE_XY,
    Values,
    reference_linear,
    reference_xyz,
)
from isp.core.colour import D65_XY, PRIMARIES, adaptation, rgb_to_rgb, rgb_to_xyz, xy_to_xyz
from isp.core.colour_difference import ciede2000, cielab
from isp.core.domain import Domain
from isp.core.errors import CalibrationError, FrameError, UsageError
from isp.core.frame import Frame
from isp.core.transfer import encode_srgb
from isp.files.dump import DumpFlags
from isp.files.profile import load_profile
from isp.files.raw import read_raw

BRIGHT = 0.9  # linear value to which the brightest hundredth is brought to find a chart
CONDITIONS = (
    "CIEDE2000 between CIELAB under D50 (0.3457, 0.3585); patches averaged in linear light after "
    "demosaic and colour matrix (no tone curve, no encoding); reference: ColorChecker24 after "
    "November 2014, D50, not adapted; the picture is adapted from D65 to D50 by linear Bradford; "
    "exposure matched by least squares on the luminance of the measured greys; the fitted 3x3 "
    "matrix is plain least squares in linear BT.709 with rows that sum to 1"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patches:
    """Colour of the patches under one white balance; arrays are (24, …) in reading order.

    gains: white balance R, G, B. exposure: factor that matched it. linear: BT.709, matched;
    fitted: after the matrix. before, after: CIEDE2000 of either; NaN where not measured.
    """

    balance: str
    gains: tuple[float, ...]
    exposure: float
    matrix: Values
    linear: Values
    fitted: Values
    before: Values
    after: Values

    def record(self) -> dict[str, Any]:
        """Plain values for JSON; patches that were not measured are null."""
        return {
            "balance": self.balance,
            "gains": list(self.gains),
            "exposure_factor": self.exposure,
            "matrix": self.matrix.tolist(),
            "delta_e_2000": _summary(self.before),
            "delta_e_2000_after_matrix": _summary(self.after),
            "patches": [
                {
                    "patch": name,
                    "linear_bt709": self.linear[index].tolist(),
                    "delta_e_2000": _or_none(self.before[index]),
                    "delta_e_2000_after_matrix": _or_none(self.after[index]),
                }
                for index, name in enumerate(NAMES)
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ColourCheck:
    """What a chart says of a camera and its development.

    found: whether the chart was found, not pointed out. picture: sRGB codes of the linear
    development under the chart's balance, (h, w, 3). results: by balance; `as_shot` is absent
    where the file has none.
    """

    source: str
    camera: str
    chart: Chart
    found: bool
    measured: NDArray[np.bool_]
    picture: NDArray[np.uint8]
    results: dict[str, Patches]

    def record(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "source": self.source,
            "camera": self.camera,
            "conditions": CONDITIONS,
            "corners": self.chart.corners.tolist(),
            "found": self.found,
            "unmeasured": [n for n, good in zip(NAMES, self.measured, strict=True) if not good],
            "results": {name: result.record() for name, result in self.results.items()},
        }


def check_colour(
    raw: str | Path,
    *,
    corners: Values | None = None,
    camera: str | None = None,
    flags: DumpFlags | None = None,
) -> ColourCheck:
    """Develop a chart by default, and compare its patches with the reference.

    Twice: with the file's own white balance, and with that of the chart's middle greys.
    corners: centres of dark skin, bluish green, black and white; None to have the chart found.

    Raises CalibrationError where no chart is found or too few of its patches are measured,
    MissingError without the detector, FileError, and UsageError for corners that are none.
    """
    frame = read_chart(raw, camera, flags)
    chart = chart_in(frame, corners)
    read = read_patches(before_balance(frame), chart)
    measured = read.measured
    gains = {"chart": chart_gains(read.means, measured)}
    if frame.shot.white_balance is not None:
        gains = {"as_shot": tuple(frame.shot.white_balance[0].tolist())} | gains
    developed = {
        name: develop(frame, preset="hdr_linear", wb=(g[0], g[1], g[2]))
        for name, g in gains.items()
    }
    results = {
        name: patches_of(name, gains[name], read_patches(linear, chart).means, linear, measured)
        for name, linear in developed.items()
    }
    return ColourCheck(
        source=Path(raw).name,
        camera=frame.need_profile().name,
        chart=chart,
        found=corners is None,
        measured=measured,
        picture=_codes(developed["chart"], results["chart"].exposure),
        results=results,
    )


def read_chart(raw: str | Path, camera: str | None, flags: DumpFlags | None = None) -> Frame:
    """Read a raw file that shows a chart.

    camera: name or file of the profile, where the raw file does not say its numbers.

    Raises FileError, and FrameError for what is no raw mosaic of R, G and B.
    """
    frame = read_raw(raw, flags=flags, profile=load_profile(camera) if camera else None)
    if frame.domain is not Domain.RAW or frame.need_profile().cfa.channels != ("R", "G", "B"):
        raise FrameError(f"{raw}: a colour check takes a raw mosaic of R, G and B")
    return frame


def patches_of(
    balance: str,
    gains: tuple[float, ...],
    means: Values,
    linear: Frame,
    measured: NDArray[np.bool_],
) -> Patches:
    """Differences of patch means, (24, 3) in the frame's own linear space."""
    if linear.colour is None:
        raise FrameError("the development has no colour space; a colour check needs one")
    to_bt709 = rgb_to_rgb(linear.colour.primaries, PRIMARIES["bt709"])
    return compare_patches(balance, gains, means @ to_bt709.T, measured)


def compare_patches(
    balance: str, gains: tuple[float, ...], linear: Values, measured: NDArray[np.bool_]
) -> Patches:
    """Differences of patch colours in linear BT.709 at any exposure, (24, 3).

    Raises CalibrationError when the measured patches do not settle exposure and matrix.
    """
    reference = reference_linear()
    luminance = rgb_to_xyz(PRIMARIES["bt709"])[1]
    factor = exposure_match(linear @ luminance, reference @ luminance, measured)
    matched = linear * factor
    matrix = fit_keeping_white(matched[measured], reference[measured])
    fitted = matched @ matrix.T
    before, after = (np.where(measured, difference(side), np.nan) for side in (matched, fitted))
    return Patches(
        balance=balance,
        gains=gains,
        exposure=factor,
        matrix=matrix,
        linear=matched,
        fitted=fitted,
        before=before,
        after=after,
    )


def difference(linear: Values) -> Values:
    """CIEDE2000 of patch colours in linear BT.709 (D65) to the reference, under D50."""
    to_d50 = adaptation(D65_XY, WHITE_XY) @ rgb_to_xyz(PRIMARIES["bt709"])
    return ciede2000(lab_d50(linear @ to_d50.T), lab_d50(reference_xyz()))


def lab_d50(xyz: Values) -> Values:
    """CIELAB under the reference's white.

    >>> lab_d50(xy_to_xyz(WHITE_XY)).round(9).tolist()
    [100.0, 0.0, 0.0]
    """
    return cielab(xyz, xy_to_xyz(WHITE_XY))


def chart_in(frame: Frame, corners: Values | None) -> Chart:
    """The chart in a raw frame: found in its development, or pointed out by its corners.

    Raises CalibrationError where none is found, MissingError without the detector, UsageError for
    corners that are none.
    """
    if corners is not None:
        if corners.shape != (4, 2) or not np.isfinite(corners).all():
            raise UsageError("corners are four points X,Y: dark skin, bluish green, black, white")
        return Chart(corners=corners)
    wb = "as_shot" if frame.shot.white_balance is not None else "grey_world"
    linear = develop(frame, preset="hdr_linear", wb=wb)
    light = linear.data[0].clamp(min=0)
    bright = float(torch.quantile(light.amax(dim=0).flatten()[:: max(1, light.numel() // 10**6)],
                                  0.99))  # fmt: skip
    if bright <= 0:
        raise CalibrationError("the picture is dark: no chart can be found in it")
    picture = encode_srgb((light * (BRIGHT / bright)).clamp(0, 1))
    return find_chart(picture.permute(1, 2, 0).numpy())


def before_balance(frame: Frame) -> Frame:
    """A RAW frame as it stands just before white balance by default."""
    from apps.presets import presets

    pipeline = presets("hdr_linear", frame.need_profile().cfa)
    for tap in pipeline.tap(frame):
        if tap.name == "defects":
            return tap.frame
    raise FrameError("the preset corrects no defects; nothing stands before its white balance")


def _codes(linear: Frame, factor: float) -> NDArray[np.uint8]:
    from apps.preview import preview

    return preview(replace(linear, data=linear.data * factor))


def _summary(each: Values) -> dict[str, float]:
    known = each[np.isfinite(each)]
    return {
        "mean": float(known.mean()),
        "p95": float(np.percentile(known, 95)),
        "max": float(known.max()),
    }


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
