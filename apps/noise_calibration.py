"""Calibrate noise: a folder of flats and darks in, a camera profile and all figures out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.completed_profile import Stated, missing_for_scenes, taken_fields
from calibration.camera import camera_profile, of_sites
from calibration.capture_folder import find_captures
from calibration.captures import CaptureSet
from calibration.iso_lines import IsoLines, iso_lines
from calibration.noise import NoiseAtIso, measure_noise
from calibration.noise_model import choose_model
from calibration.noise_profile import noise_profile
from calibration.uncertainty import Figure
from isp.core.sensor import SensorProfile
from isp.files.dump import DumpFlags
from isp.files.guarded import one_child


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoiseCalibration:
    """What a folder of captures said: per ISO, and as a profile.

    taken: fields of the profile that the captures did not tell, and where each came from.
    """

    captures: CaptureSet
    found: tuple[NoiseAtIso, ...]
    profile: SensorProfile
    taken: Mapping[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> IsoLines:
        """Noise over gain, all ISOs together."""
        return iso_lines(self.found)

    def record(self) -> dict[str, Any]:
        """As JSON holds it: per ISO one key per quantity, each with value, low and high."""
        return {
            "camera": self.profile.name,
            "cfa": self.profile.cfa.name,
            "bit_depth": self.profile.bit_depth,
            "iso_stated": self.captures.iso_stated,
            "taken": dict(self.taken),
            "missing_for_scenes": list(missing_for_scenes(self.profile)),
            "noise_lines": self.lines.record(),
            "isos": {f"{each.iso:g}": self._record_of(each) for each in self.found},
        }

    def _record_of(self, at: NoiseAtIso) -> dict[str, Any]:
        captures = self.captures
        profile = noise_profile(at.sites, captures.cfa, captures.white_level_dn)
        patterns = at.patterns
        defects = patterns.defects if patterns else None
        shading = patterns.shading if patterns else None
        return {name: figure.record() for name, figure in figures_of(at).items()} | {
            "read_noise_model": at.law.model if at.law else None,
            "read_noise_left_out_share": at.law.left_out if at.law else None,
            "model": choose_model(at.law, at.lines, at.banding).record(),
            "banding": _bands(at),
            "noise_profile": {name: {"S": s, "O": o} for name, (s, o) in profile.items()},
            "dark_shading_coefficients_dn": shading and shading.coefficients_dn.tolist(),
            "defects": None if defects is None else [flaw.record() for flaw in defects.flaws],
            "faults": [fault.record() for fault in at.faults],
        }


def calibrate_noise(
    folder: Path,
    *,
    flags: DumpFlags | None = None,
    name: str | None = None,
    with_defects: bool = False,
    stated: Stated | None = None,
    advance: Callable[[str], None] | None = None,
) -> NoiseCalibration:
    """Find the captures, measure every ISO, and make the profile.

    with_defects: list the defects that the stacks show in the profile. stated: what else is
    known of the camera, for what the captures do not tell.

    Raises FileError or CalibrationError as `find_captures` and `measure_noise` do, and as
    `Stated.check`.
    """
    with one_child():
        captures = find_captures(folder, flags=flags, advance=advance)
        return calibrate_captures(
            captures, name=name, with_defects=with_defects, stated=stated, advance=advance
        )


def calibrate_captures(
    captures: CaptureSet,
    *,
    name: str | None = None,
    with_defects: bool = False,
    stated: Stated | None = None,
    advance: Callable[[str], None] | None = None,
) -> NoiseCalibration:
    """Measure every ISO of captures that were found, and make the profile.

    Raises as `measure_noise` and `Stated.check` do.
    """
    stated = stated or Stated()
    stated.check(captures)
    found = tuple(measure_noise(captures, iso, advance=advance) for iso in captures.isos)
    measured = camera_profile(captures, found, name=name, with_defects=with_defects)
    profile = stated.complete(measured)
    return NoiseCalibration(
        captures=captures, found=found, profile=profile, taken=taken_fields(measured, profile)
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
    if at.banding is not None and at.banding.bands:
        figures["banding_amplitude_e"] = at.banding.bands[0].amplitude_e
    if at.patterns is not None and at.patterns.shading is not None:
        figures["dark_shading_e"] = at.patterns.shading.deviation_e
        figures["dark_shading_span_e"] = at.patterns.shading.span_e
    if at.warming is not None:
        figures["doubling_temperature_k"] = at.warming.doubling_temperature_k
    return figures


def _bands(at: NoiseAtIso) -> list[dict[str, Any]]:
    return [
        {
            "frequency_cycles_per_row": band.frequency_cycles_per_row,
            "amplitude_e": band.amplitude_e.record(),
            "false_alarm": band.false_alarm,
        }
        for band in (at.banding.bands if at.banding else ())
    ]


def sentences(calibration: NoiseCalibration) -> list[str]:
    """A line for each figure of each ISO, for people."""
    lines = []
    for each in calibration.found:
        lines.append(calibration.captures.iso_name(each.iso))
        lines += [f"  ! {fault}" for fault in each.faults]
        for name, figure in figures_of(each).items():
            if figure.value is None:
                lines.append(f"  {name}: {figure.reason}")
            else:
                ends = "" if figure.low is None else f"  ({figure.low:.5g} .. {figure.high:.5g})"
                doubt = f"  {figure.reason}" if figure.reason else ""
                lines.append(f"  {name}: {figure.value:.6g}{ends}{doubt}")
        lines.append(f"  {choose_model(each.law, each.lines, each.banding).sentence}")
    switch = calibration.lines.switch_iso
    if switch is not None:
        lines.append(f"A second conversion gain takes over at ISO {switch:g}.")
    lines += [f"Not measured here, {name}: {source}" for name, source in calibration.taken.items()]
    lines += [
        f"No scene can be simulated without {name}: {option}"
        for name, option in missing_for_scenes(calibration.profile).items()
    ]
    return lines
