"""Read a camera raw or a headerless dump into a frame of DN."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import FileError, ProfileError, UsageError
from isp.core.frame import Frame
from isp.core.measured import raw_masks
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.files.black_cells import surplus_map
from isp.files.decoded import Decoded
from isp.files.dng_colour import colour_entries
from isp.files.dng_noise import noise_reading
from isp.files.dump import DumpFlags, sidecar_path
from isp.files.guarded import decode
from isp.files.limits import Limits
from isp.files.mosaic_file import read_mosaic
from isp.files.profile import profile_from
from isp.files.raw_tiff import is_raw_tiff, read_raw_tiff

UNEVEN_BLACK = ("black_cell", "black_delta_h", "black_delta_v")  # what no site's level says
MASKS = ("clipped", "unmeasured")  # of light that we wrote, see isp.files.dng_masks
DNG_SIDECAR = "fullwell dng"  # value of "format" in the sidecar that isp.files.dng writes


def read_raw(
    path: str | Path,
    *,
    limits: Limits | None = None,
    flags: DumpFlags | None = None,
    profile: SensorProfile | None = None,
) -> Frame:
    """Return a raw file as a RAW frame, or as CAMERA for a DNG that is demosaiced already.

    A TIFF that `write_raw_tiff` wrote is read with all that its sidecar knows.

    flags: how a headerless dump (or a mosaic in a PNG or TIFF) is laid out; a sidecar NAME.json
        fills the gaps. profile: the camera, for the noise and whatever else the file does not
        say; levels, pattern and matrices of the file go first.

    Raises FileError naming file and reason, LimitError, UsageError listing missing flags.
    """
    path = Path(path)
    limits = limits or Limits()
    if profile is None and flags in (None, DumpFlags()) and is_raw_tiff(path):
        return read_raw_tiff(path, limits=limits)
    mosaic = read_mosaic(path, limits, flags, _flags_of(profile))
    if mosaic is None:
        mosaic = decode("isp.files.raw_decode:decode_raw", path, limits)
    facts = dict(mosaic.facts)
    if facts["kind"] == "linear":
        return _linear_frame(path, mosaic, profile)
    exact = _exact_levels(path, facts)
    if any(name in mosaic.arrays for name in UNEVEN_BLACK):
        exact.pop("black_level_dn", None)  # a sidecar's has the deltas' mean in it already
    facts |= exact
    if profile is None and facts.get("container") == "dump":
        profile, shot_facts = sidecar_camera(path)
        facts |= shot_facts
    return _mosaic_frame(path, facts, mosaic, profile)


def _mosaic_frame(
    path: Path, facts: dict[str, Any], mosaic: Decoded, camera: SensorProfile | None
) -> Frame:
    shot = _shot(facts)
    profile, notes = _profile(path, facts, camera)
    dn = torch.from_numpy(mosaic.arrays["dn"].astype(np.float32))[None, None]
    try:
        measured, clipped = raw_masks(dn, profile, shot.iso)
    except ProfileError as error:
        notes["noise"] = f"not known here ({error})"
        measured, clipped = raw_masks(dn, profile, None)
    if facts.get("is_float"):
        low = dn <= 0  # whole numbers stop at 0, floating point goes below
        measured, clipped = measured | low, clipped & ~low
    kept = {n: _planes(mosaic.arrays[n]) for n in MASKS if n in mosaic.arrays}
    if kept:  # of a merge: its frames knew it, no white level does
        measured, clipped = ~kept["unmeasured"], kept["clipped"]
    if "mended" in mosaic.arrays:  # by the file's list of bad photosites: known, not measured
        mended = torch.from_numpy(mosaic.arrays["mended"])[None, None]
        measured, clipped = measured & ~mended, clipped & ~mended
    uneven = [mosaic.arrays.get(name) for name in UNEVEN_BLACK]
    if any(part is not None for part in uneven):
        surplus, mean = surplus_map((dn.shape[-2], dn.shape[-1]), *uneven)
        black = tuple(level + mean for level in profile.black_level_dn)
        dn, profile = (
            dn - torch.from_numpy(surplus).float(),
            profile.with_fields(black_level_dn=black),
        )
        notes["uneven_black_level"] = "subtracted, its mean at each site left in the black level"
    return Frame.start(
        dn,
        Domain.RAW,
        shot=shot,
        profile=profile,
        measured=measured,
        clipped=clipped,
        history=((("read_raw"), _origin(path, facts) | notes),),
    )


def _linear_frame(path: Path, mosaic: Decoded, camera: SensorProfile | None) -> Frame:
    """A demosaiced DNG: (DN - black) / (white - black) per channel, then white balance."""
    facts = dict(mosaic.facts)
    shot = _shot(facts)
    notes: dict[str, Any] = {}
    dn = torch.from_numpy(mosaic.arrays["dn"].astype(np.float32)).permute(2, 0, 1)[None]
    black = torch.tensor(facts["black_level_dn"]).float().reshape(1, 3, 1, 1)
    white = torch.tensor(facts["white_level_per_sample"]).float().reshape(1, 3, 1, 1)
    balance = shot.white_balance
    if balance is None:
        notes["white_balance"] = "not in the file; 1, 1, 1 taken"
        balance = torch.ones(1, 3)
        shot = replace(shot, white_balance=balance)
    clipped = dn >= white - 1
    if not facts.get("is_float"):  # whole numbers stop at 0, floating point goes below
        clipped |= dn <= 0
    measured = ~clipped
    kept = {n: _planes(mosaic.arrays[n]) for n in MASKS if n in mosaic.arrays}
    if kept:
        clipped, measured = clipped | kept["clipped"], measured & ~kept["unmeasured"]
    # No mosaic is left; the pattern says only which three channels there are.
    facts |= {"cfa": [["R", "G", "B"]], "black_level_dn": facts["black_level_dn"]}
    profile, more = _profile(path, facts, camera, noise=False)
    return Frame.start(
        (dn - black) / (white - black) * balance.reshape(1, 3, 1, 1),
        Domain.CAMERA,
        shot=shot,
        profile=profile,
        measured=measured,
        clipped=clipped,
        balanced=True,
        history=(("read_raw", _origin(path, facts) | notes | more),),
    )


def _planes(picture: np.ndarray) -> torch.Tensor:
    """(h, w, 3) as (1, 3, h, w)."""
    return torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None]


def _shot(facts: dict[str, Any]) -> Shot:
    balance = facts.get("white_balance")
    return Shot.single(
        exposure_time_s=facts.get("exposure_time_s"),
        f_number=facts.get("f_number"),
        iso=facts.get("iso"),
        white_balance=None if balance is None else (balance[0], balance[1], balance[2]),
        baseline_exposure_ev=_baseline_ev(facts),
        orientation=facts.get("orientation") or 1,
        time=facts.get("time"),
        tags=facts.get("kept") or {},
    )


def _baseline_ev(facts: dict[str, Any]) -> float | None:
    """Stops that the file adds to a picture: BaselineExposure and its profile's offset.

    Source: DNG 1.7.1, BaselineExposure and BaselineExposureOffset.
    """
    said = [facts.get("baseline_exposure_ev"), facts.get("baseline_exposure_offset_ev")]
    stops = [float(value) for value in said if value is not None]
    return sum(stops) if stops else None


def _profile(
    path: Path, facts: dict[str, Any], camera: SensorProfile | None, *, noise: bool = True
) -> tuple[SensorProfile, dict[str, Any]]:
    """The camera as the file tells it, filled up from a profile; and notes for the history."""
    matrices, notes = colour_entries(facts)
    if camera is not None and not matrices:
        matrices = camera.colour_matrices
    levels = {
        "cfa": Cfa(tuple(tuple(row) for row in facts["cfa"])),
        "bit_depth": max(int(facts["bit_depth"]), int(facts["white_level_dn"]).bit_length()),
        "black_level_dn": tuple(facts["black_level_dn"]),
        "white_level_dn": facts["white_level_dn"],
        "colour_matrices": matrices,
    }
    if facts.get("full_well_e") is not None:
        levels["full_well_e"] = facts["full_well_e"]
    if facts.get("full_well_knee", 1.0) < 1:
        levels["full_well_knee"] = facts["full_well_knee"]
    if facts.get("linearization_table_dn"):
        levels["linearization_table_dn"] = facts["linearization_table_dn"]
    if camera is not None and noise and not _is_window(camera.cfa, levels["cfa"]):
        raise UsageError(
            f"{path}: its pattern is {levels['cfa'].name}, but the camera {camera.name} has "
            f"{camera.cfa.name}; name the camera that took it"
        )
    try:
        if camera is not None:
            notes["camera"] = camera.name
            return camera.with_fields(**levels), notes
        name = facts.get("unique_camera_model") or facts.get("model") or "unknown camera"
        readings = noise_reading(facts, tag_white(facts), levels["cfa"]) if noise else ()
        return SensorProfile(name=name, readings=readings, **levels), notes
    except ProfileError as error:
        raise FileError(path, f"its levels do not fit each other: {error}") from error


def _is_window(whole: Cfa, part: Cfa) -> bool:
    """Whether a pattern is another one, or seen from another of its sites."""
    rows, columns = whole.period
    return any(whole.crop(y, x) == part for y in range(rows) for x in range(columns))


def sidecar_camera(path: Path) -> tuple[SensorProfile | None, dict[str, Any]]:
    """The camera that `write_raw_dump` noted beside a dump, or None; and its shot's facts.

    Raises ProfileError naming the sidecar for a profile that is not sound, FileError for a shot.
    """
    sidecar = sidecar_path(path)
    if not sidecar.is_file():
        return None, {}
    values = json.loads(sidecar.read_text(encoding="utf-8"))  # read_sidecar has found it sound
    if values.get("file") != path.name or "profile" not in values:
        return None, {}
    try:
        shot = Shot.from_record(values["shot"]) if "shot" in values else Shot()
    except (KeyError, TypeError, ValueError) as error:
        raise FileError(sidecar, f"its shot is not what a dump's is ({error})") from error
    facts = {
        name: float(value[0])
        for name in ("exposure_time_s", "f_number", "iso")
        if (value := getattr(shot, name)) is not None
    }
    return profile_from(values["profile"], sidecar), facts


def _exact_levels(path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Levels and full well of our own DNG's sidecar, where they agree with the file's tags."""
    sidecar = sidecar_path(path)
    if facts.get("container") != "DNG" or not sidecar.is_file():
        return {}
    try:
        known = json.loads(sidecar.read_text(encoding="utf-8"))
        if known.get("format") != DNG_SIDECAR or known["dng_white_level_dn"] != tag_white(facts):
            return {}
        black = [float(v) for v in known["black_level_dn"]]
        white = float(known["white_level_dn"])
        well = None if known["full_well_e"] is None else float(known["full_well_e"])
        table = tuple(int(v) for v in known.get("linearization_table_dn", ()))
        knee = float(known.get("full_well_knee", 1.0))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}  # a sidecar that is not ours, or no longer sound: the tags stand
    if not 0 < knee <= 1:
        return {}
    if not tag_white(facts) <= white <= 2**32 or not (well is None or 0 < well < 1e12):
        return {}
    tags = facts["black_level_dn"]
    if len(black) != len(tags) or not np.allclose(black, tags, rtol=0, atol=1 / 512):
        return {}
    return {
        "black_level_dn": black,
        "white_level_dn": white,
        "full_well_e": well,
        "linearization_table_dn": table,
        "full_well_knee": knee,
        "tag_white_level_dn": tag_white(facts),
    }


def tag_white(facts: dict[str, Any]) -> float:
    """The white level that stands in the file, whatever a sidecar says."""
    return float(facts.get("tag_white_level_dn", facts["white_level_dn"]))


def _origin(path: Path, facts: dict[str, Any]) -> dict[str, Any]:
    kept = (
        "container", "make", "model", "opcodes_executed", "opcodes_executed_by_libraw",
        "opcodes_skipped", "opcodes_to_come", "tags_left_behind",
    )  # fmt: skip
    return {"file": path.name} | {k: facts[k] for k in kept if facts.get(k)}


def _flags_of(profile: SensorProfile | None) -> DumpFlags:
    """What a profile knows of a dump from its camera."""
    if profile is None:
        return DumpFlags()
    return DumpFlags(
        bits=min(profile.bit_depth, 16),
        cfa=profile.cfa.name,
        black_level=profile.black_level_dn,
        white_level=profile.white_level_dn,
    )
