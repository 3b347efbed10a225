"""From a scene file to a raw file: everything `fullwell simulate` does."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch

from apps.light import Seen, direction_of, light_on_sensor
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.illuminants import ILLUMINANTS
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.files.dump import refuse_foreign_sidecar, sidecar_path
from isp.files.picture import masks_path
from isp.files.profile import load_profile
from isp.files.safe_write import refuse_output
from isp.files.save import write
from simulate.rolling_shutter import Flicker, pan, row_start_times, under_flicker
from simulate.sensor import Sensor
from simulate.spectral import is_spectral

FIXED_FIELDS = (
    "name", "cfa", "readings", "colour_matrices", "defects", "sources", "assumed", "extra",
    "width", "height", "spectral_sensitivity", "linearization_table_dn", "optical_crosstalk",
    "electrical_crosstalk", "shading", "read_out_order",
)  # fmt: skip
WHOLE_FIELDS = ("bit_depth",)
TIFF_SUFFIXES = (".tif", ".tiff")
RAW_SUFFIXES = (".dng", ".raw", *TIFF_SUFFIXES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutter:
    """What changes while the rows are exposed, one `row_time_s` of the camera after another.

    pan_px_s: the scene's motion down and right, photosites a second. flicker: of the light.
    """

    pan_px_s: tuple[float, float] | None = None
    flicker: Flicker | None = None


STILL = Shutter()


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationRequest:
    """What a user asks for; units are in the names."""

    scene: str
    camera: str
    iso: float
    exposure_time_s: float
    f_number: float
    seed: int = 0
    body: int = 0
    changes: dict[str, Any] = field(default_factory=dict)
    noise: bool = True
    luminance_scale_cd_m2: float | None = None
    illuminant: str = "D65"
    frame_number: int = 0
    seen: Seen = field(default_factory=Seen)
    shutter: Shutter = field(default_factory=lambda: STILL)


def photograph(
    request: SimulationRequest,
    output: Path,
    *,
    force: bool = False,
    advance: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """Photograph a scene and write the raw file; returns the facts to report.

    Raises FileError for a scene that cannot be read, ProfileError for a camera, OutputError.
    """
    refuse_raw(output, force=force)
    advance("scene")
    sensor, light = set_up(request)
    advance("exposure")
    expected = while_open(request, sensor, light)
    advance("sensor")
    raw = sensor.capture(expected, request.seed) if request.noise else sensor.expected_dn(expected)
    advance("file")
    write(output, raw, force=force)
    return facts_of(request, sensor.profile, expected, raw) | {"file": output.name}


def refuse_raw(output: Path, *, force: bool) -> None:
    """Refuse, before any work, a raw file whose name says none, or that may not be written.

    Raises UsageError, OutputError for the file or one that would stand beside it.
    """
    if output.suffix.lower() not in RAW_SUFFIXES:
        raise UsageError(
            f"{output}: a simulated raw is written as .dng, .tif or .raw (a dump); an 8-bit "
            "picture needs --ldr"
        )
    refuse_output(output, force=force)
    refuse_foreign_sidecar(output)
    refuse_output(sidecar_path(output), force=force)
    if output.suffix.lower() in TIFF_SUFFIXES:
        refuse_output(masks_path(output), force=force)


def set_up(request: SimulationRequest) -> tuple[Sensor, Frame]:
    """The camera with its changes, and the light that falls on its photosites.

    Raises UsageError, FileError, ProfileError.
    """
    sensor = camera_of(request)
    return sensor, light_on_sensor(
        request.scene, request.seen, sensor.profile, request.f_number, request.seed
    )


def camera_of(request: SimulationRequest) -> Sensor:
    """The camera of a request with its changes.

    Raises UsageError, FileError, ProfileError.
    """
    if request.illuminant not in ILLUMINANTS:
        known = ", ".join(ILLUMINANTS)
        raise UsageError(f'no illuminant is named "{request.illuminant}"; known: {known}')
    return Sensor(changed(load_profile(request.camera), request.changes))


def shot_of(request: SimulationRequest) -> Shot:
    """The shot of a request."""
    return Shot.single(
        exposure_time_s=request.exposure_time_s, f_number=request.f_number, iso=request.iso,
        body=request.body, frame_number=torch.tensor([request.frame_number]),
    )  # fmt: skip


def exposed(
    request: SimulationRequest, sensor: Sensor, light: Frame, shot: Shot | None = None
) -> Frame:
    """Expected electrons of the light in a request's exposure, or another shot.

    Raises UsageError for a luminance scale with spectra, which are absolute.
    """
    if request.luminance_scale_cd_m2 is not None and is_spectral(light):
        raise UsageError(
            f"{request.scene} is spectral radiance in W/(m2 sr nm), which is absolute and takes no "
            "--luminance-scale"
        )
    return sensor.expose(
        light, shot or shot_of(request), illuminant=request.illuminant,
        luminance_scale_cd_m2=request.luminance_scale_cd_m2,
    )  # fmt: skip


def while_open(request: SimulationRequest, sensor: Sensor, light: Frame) -> Frame:
    """Expected electrons of one exposure during which the scene moves or the light flickers."""
    shutter, row_time_s = request.shutter, sensor.profile.row_time_s
    if shutter.pan_px_s is not None:
        light = pan(light, shutter.pan_px_s, row_time_s, request.exposure_time_s)
    expected = exposed(request, sensor, light)
    if shutter.flicker is None:
        return expected
    start = row_start_times(expected.size[0], row_time_s)
    time = expected.shot.need("exposure_time_s")
    swung = under_flicker(expected.data, start, time, shutter.flicker)
    lamp = {"frequency_hz": shutter.flicker.frequency_hz, "depth": shutter.flicker.depth,
            "row_time_s": row_time_s}  # fmt: skip
    return expected.advance("flicker", lamp, data=swung.float())


def changed(profile: SensorProfile, changes: dict[str, Any]) -> SensorProfile:
    """Return the profile with fields set from the command line.

    Raises UsageError for an unknown field or one that is not a number, ProfileError for a value
    out of range.
    """
    known = [f.name for f in fields(profile) if f.name not in FIXED_FIELDS]
    for name, value in changes.items():
        if name in FIXED_FIELDS:
            raise UsageError(f"--set changes numbers of a camera; {name} belongs in a FILE.json")
        if name not in known:
            raise UsageError(f"a camera has no {name}; --set changes {', '.join(known)}")
        if name == "black_level_dn":
            many = value if isinstance(value, list) else [value] * len(profile.black_level_dn)
            changes = {**changes, name: tuple(float(_number(name, v)) for v in many)}
        else:
            _number(name, value)
    return profile.with_fields(**changes) if changes else profile


def _number(name: str, value: Any) -> float:
    kinds = int if name in WHOLE_FIELDS else int | float
    if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):
        raise UsageError(f"--set {name} takes a {'whole ' * (kinds is int)}number, not {value!r}")
    return float(value)


def facts_of(
    request: SimulationRequest, profile: SensorProfile, expected: Frame, raw: Frame
) -> dict[str, Any]:
    """What a user is told of a capture."""
    return facts_of_request(request, profile, raw) | {
        "cfa": profile.cfa.name,
        "mean_expected_e": float(expected.data.double().mean()),
        "clipped_percent": 100 * float(raw.clipped.float().mean()),
        "measured_percent": 100 * float(raw.measured.float().mean()),
        "history": [[name, parameters] for name, parameters in raw.history],
    }


def facts_of_request(
    request: SimulationRequest, profile: SensorProfile, picture: Frame
) -> dict[str, Any]:
    """What was asked for and, where the request left it open, drawn or assumed."""
    height, width = picture.size
    direction = direction_of(picture)
    return {
        "scene": request.scene,
        "camera": profile.name,
        "assumed": list(profile.assumed),
        "width": width,
        "height": height,
        "iso": request.iso,
        "exposure_time_s": request.exposure_time_s,
        "f_number": request.f_number,
        "view": None
        if direction is None
        else {
            "yaw_deg": direction[0],
            "pitch_deg": direction[1],
            "drawn": request.seen.direction == "random",
        },
        "seed": request.seed,
        "body": request.body,
        "noise": request.noise,
    }
