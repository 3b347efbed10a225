"""Calibrate shading: flats in; gains as a DNG opcode, and a profile's polynomial, out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.shading import Shading, mean_light, shading_of, site_gains
from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import CalibrationError, FileError, UsageError
from isp.core.frame import Frame
from isp.core.measured import white_dn
from isp.core.sensor import SensorProfile
from isp.files.dng_opcodes import opcode_bytes
from isp.files.dump import DumpFlags
from isp.files.gain_map_opcode import gain_map_opcodes
from isp.files.guarded import one_child
from isp.files.open import read
from isp.files.profile import save_profile
from isp.files.safe_write import safe_write

SOURCE = "measured by fullwell calibrate shading"


def measure_shading(
    paths: Sequence[Path],
    *,
    flags: DumpFlags | None = None,
    advance: Callable[[str], None] = lambda name: None,
) -> tuple[Shading, SensorProfile]:
    """Measure the shading of flats, RAW files of one camera; and what the first says of it.

    Raises FileError, CalibrationError.
    """
    with one_child():
        if not paths:
            raise CalibrationError("shading needs a flat, and none came")
        first = _raw(paths[0], flags)
        profile = first.need_profile()
        white = float(white_dn(profile, first.shot.iso).min())

        def frames() -> Iterator[NDArray[np.float32]]:
            for path in paths:
                advance(path.name)
                frame = first if path is paths[0] else _raw(path, flags)
                if frame.need_profile().cfa != profile.cfa:
                    raise FileError(path, f"it is no flat of the camera of {paths[0].name}")
                yield frame.data[0, 0].numpy()

        light = mean_light(frames(), profile.black_level_dn, white, profile.cfa)
    return shading_of(light, profile.cfa), profile


def with_shading(profile: SensorProfile, shading: Shading) -> SensorProfile:
    """The profile with the measured polynomials.

    Raises UsageError for a camera of other channels.
    """
    if set(shading.coefficients) != set(profile.cfa.channels):
        raise UsageError(
            f"the flats have channels {', '.join(shading.coefficients)}, but {profile.name} has "
            f"{', '.join(profile.cfa.channels)}"
        )
    return replace(
        profile,
        shading=dict(shading.coefficients),
        sources=dict(profile.sources) | {"shading": SOURCE},
        assumed=tuple(name for name in profile.assumed if name != "shading"),
    )


def write_shading(
    shading: Shading,
    profile: SensorProfile,
    output: Path | None,
    opcode: Path | None,
    *,
    force: bool = False,
) -> None:
    """Write the profile with its shading, and OpcodeList2's bytes; None where not asked for.

    Raises UsageError, OutputError.
    """
    if output is not None:
        save_profile(with_shading(profile, shading), output, force=force)
    if opcode is not None:
        with safe_write(opcode, force=force) as place:
            place.write_bytes(opcode_list(shading, profile.cfa))


def opcode_list(shading: Shading, cfa: Cfa) -> bytes:
    """The bytes of OpcodeList2."""
    return opcode_bytes(gain_map_opcodes(site_gains(shading, cfa), cfa.period, shading.size))


def sentences(shading: Shading) -> list[str]:
    """A line for each channel, for people."""
    return [
        f"{name}: gain up to {shading.gains[name].max():.3f}, light 1 "
        + " ".join(f"{part:+.4g} r^{2 * (i + 1)}" for i, part in enumerate(own))
        + f", {shading.departure_percent[name]:.2f} % not round"
        for name, own in shading.coefficients.items()
    ]


def _raw(path: Path, flags: DumpFlags | None) -> Frame:
    frame = read(path, flags=flags)
    if frame.domain is not Domain.RAW:
        raise FileError(path, "it is a finished picture, not the sensor's numbers")
    return frame
