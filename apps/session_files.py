"""A simulated session on disk: captures in folders that a calibration finds by itself."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from apps.capture_session import Exposure, Plan, exposures, photons, taken
from calibration.emva_descriptor import Descriptor, descriptor_text
from calibration.emva_descriptor import Exposure as Described
from isp.core.errors import UsageError
from isp.core.sensor import SensorProfile
from isp.files.dng import write_dng
from isp.files.profile import profile_record
from isp.files.raw_tiff import write_plane
from isp.files.whole_folder import whole_folder
from simulate.sensor import Sensor

MARK = "session.json"
DESCRIPTOR = "EMVA1288_Data.txt"
LEAST_STACK = 3  # a descriptor tells stacks from pairs by their length
Advance = Callable[[str], None]


def write_session(
    profile: SensorProfile,
    isos: Sequence[float],
    plan: Plan,
    folder: Path,
    *,
    emva: bool = False,
    seed: int = 0,
    body: int = 0,
    force: bool = False,
    advance: Advance = lambda name: None,
) -> dict[str, Any]:
    """Take a session and write it whole, or nothing; returns the facts, which session.json keeps.

    Raw files are DNG, `flats/iso100/12_2.5ms_0.dng` and `darks/...`. emva: 16-bit TIFF of one
    plane and `EMVA1288_Data.txt`, which says exposures and photons. force: replace an older
    session. advance: called with each file's name.

    Raises UsageError for a plan that its files could not tell, ProfileError for an ISO that the
    camera does not have, FrameError for a sensor that the files cannot hold, OutputError.
    """
    _refuse(isos, plan, emva=emva)
    plan = with_darks(plan)
    sensor = Sensor(profile)
    files: dict[str, list[str]] = {"flats": [], "darks": []}
    described: list[Described] = []
    first = 0
    with whole_folder(folder, mark=MARK, force=force) as place:
        for iso in isos:
            planned = exposures(profile, iso, plan, first=first)
            first = planned[-1].numbers.stop
            for index, exposure in enumerate(planned):
                paths = list(_named(place, exposure, index, iso, ".tif" if emva else ".dng"))
                frames = taken(sensor, exposure, iso, plan, seed=seed, body=body)
                for path, frame in zip(paths, frames, strict=True):
                    advance(path.name)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    if emva:
                        write_plane(path, frame)
                    else:
                        write_dng(path, frame)
                    kind = "darks" if exposure.dark else "flats"
                    files[kind].append(path.relative_to(place).as_posix())
                described.append(
                    Described(
                        exposure_time_s=exposure.exposure_time_s,
                        photons=photons(profile, exposure),
                        paths=tuple(paths),
                    )
                )
        if emva:
            _describe(place, profile, plan, described)
        facts = {
            "camera": profile.name, "isos": list(isos), "levels": plan.levels,
            "pair": plan.pair, "stack": plan.stack, "height": plan.size[0],
            "width": plan.size[1], "varies": plan.varies, "seed": seed, "body": body,
            "descriptor": DESCRIPTOR if emva else None, "cfa": profile.cfa.name,
            "flats": len(files["flats"]), "darks": len(files["darks"]),
        }  # fmt: skip
        known = facts | {"files": files, "profile": profile_record(profile)}
        text = json.dumps(known, indent=1, sort_keys=True)
        (place / MARK).write_text(text + "\n", encoding="utf-8")
    return facts


def with_darks(plan: Plan) -> Plan:
    """The plan with a pair of darks for each exposure time, as EMVA has it."""
    return replace(plan, dark_pairs=True)


def count_of(profile: SensorProfile, isos: Sequence[float], plan: Plan) -> int:
    """How many files a session has."""
    plan = with_darks(plan)
    return sum(len(each.numbers) for iso in isos for each in exposures(profile, iso, plan))


def _refuse(isos: Sequence[float], plan: Plan, *, emva: bool) -> None:
    if emva and len(isos) != 1:
        raise UsageError(
            f"an EMVA descriptor is of one gain, but the camera has {len(isos)} ISOs; say --iso"
        )
    if emva and (plan.pair != 2 or plan.stack < LEAST_STACK):
        raise UsageError(
            f"an EMVA descriptor takes two frames for a pair and {LEAST_STACK} or more for a stack"
        )
    if not emva and plan.varies != "time":
        raise UsageError(
            "raw files say no light, only times, so levels of one time would count as one; "
            "vary the time, or write --emva"
        )


def _named(place: Path, exposure: Exposure, index: int, iso: float, suffix: str) -> Iterator[Path]:
    kind = "darks" if exposure.dark else "flats"
    time = np.format_float_positional(exposure.exposure_time_s * 1e3, precision=6, trim="-")
    for frame in range(len(exposure.numbers)):
        yield place / kind / f"iso{iso:g}" / f"{index:03d}_{time}ms_{frame}{suffix}"


def _describe(
    place: Path, profile: SensorProfile, plan: Plan, described: Sequence[Described]
) -> None:
    descriptor = Descriptor(
        bit_depth=profile.bit_depth,
        width=plan.size[1],
        height=plan.size[0],
        exposures=tuple(described),
    )
    (place / DESCRIPTOR).write_text(descriptor_text(descriptor, place), encoding="utf-8")
