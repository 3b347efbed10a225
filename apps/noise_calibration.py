"""Calibrate noise: a folder of flats and darks in, a camera profile and all figures out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calibration.camera import camera_profile, of_sites
from calibration.capture_folder import find_captures
from calibration.captures import CaptureSet
from calibration.noise import NoiseAtIso, measure_noise
from calibration.uncertainty import Figure
from isp.core.sensor import SensorProfile
from isp.files.dump import DumpFlags
from isp.files.guarded import one_child


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoiseCalibration:
    """What a folder of captures said: per ISO, and as a profile."""

    captures: CaptureSet
    found: tuple[NoiseAtIso, ...]
    profile: SensorProfile

    def record(self) -> dict[str, Any]:
        """As JSON holds it: per ISO one key per quantity, each with value, low and high."""
        return {
            "camera": self.profile.name,
            "cfa": self.profile.cfa.name,
            "bit_depth": self.profile.bit_depth,
            "isos": {
                f"{each.iso:g}": {name: f.record() for name, f in figures_of(each).items()}
                | {
                    "read_noise_model": each.law.model if each.law else None,
                    "faults": [fault.record() for fault in each.faults],
                }
                for each in self.found
            },
        }


def calibrate_noise(
    folder: Path,
    *,
    flags: DumpFlags | None = None,
    name: str | None = None,
    advance: Callable[[str], None] | None = None,
) -> NoiseCalibration:
    """Find the captures, measure every ISO, and make the profile.

    Raises FileError or CalibrationError as `find_captures` and `measure_noise` do.
    """
    with one_child():
        captures = find_captures(folder, flags=flags, advance=advance)
        found = tuple(measure_noise(captures, iso, advance=advance) for iso in captures.isos)
    return NoiseCalibration(
        captures=captures, found=found, profile=camera_profile(captures, found, name=name)
    )


def figures_of(at: NoiseAtIso) -> Mapping[str, Figure]:
    """Every figure of an ISO by its name in JSON.

    `read_noise_e` is EMVA's temporal dark noise; `pixel_read_noise_e` the part that rows and
    columns do not share, which the profile takes beside its row noise.
    """
    figures = dict(at.figures) | {
        "pixel_read_noise_e": at.own_noise_e,
        "dsnu_e": of_sites(at.dsnu),
        "prnu_percent": of_sites(at.prnu),
    }
    if at.lines is not None:
        figures |= {"row_noise_e": at.lines.row, "column_noise_e": at.lines.column}
    if at.law is not None:
        figures |= {
            "tukey_lambda_shape": at.law.shape,
            "tukey_lambda_scale_e": at.law.scale_e,
        }
    return figures


def sentences(calibration: NoiseCalibration) -> list[str]:
    """A line for each figure of each ISO, for people."""
    lines = []
    for each in calibration.found:
        lines.append(f"ISO {each.iso:g}")
        lines += [f"  ! {fault}" for fault in each.faults]
        for name, figure in figures_of(each).items():
            if figure.value is None:
                lines.append(f"  {name}: {figure.reason}")
            else:
                ends = "" if figure.low is None else f"  ({figure.low:.5g} .. {figure.high:.5g})"
                doubt = f"  {figure.reason}" if figure.reason else ""
                lines.append(f"  {name}: {figure.value:.6g}{ends}{doubt}")
    return lines
