"""Write RAW frames as DNG that LibRaw and darktable read exactly."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from isp.core.cfa import Cfa
from isp.core.companding import compand
from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.frame import Frame
from isp.core.measured import white_dn
from isp.core.sensor import SensorProfile
from isp.files.dng_tag_values import (
    Tag,
    black_tags,
    colour_tags,
    exif_entries,
    noise_tags,
    pattern_tags,
    table_tags,
)
from isp.files.dump import refuse_foreign_sidecar, sidecar_path
from isp.files.raw import DNG_SIDECAR
from isp.files.safe_write import safe_write
from isp.files.tiff_patch import PLACEHOLDER, finish

LEAST_SIZE = 22  # LibRaw takes nothing smaller for a raw (measured)
CFA_PHOTOMETRIC, LINEAR_RAW, MIN_IS_BLACK = 32803, 34892, 1
XTRANS_SHIFTS = frozenset(Cfa.XTRANS.crop(y, x) for y in range(6) for x in range(6))


def write_dng(path: str | Path, frame: Frame, *, force: bool = False) -> None:
    """Write a RAW frame's DN exactly, with levels, pattern, colours, noise and exposure.

    WhiteLevel is where the DN really saturate: the lower of the profile's and of
    black + gain x full well. With a linearization table the file stores codes and the table, from
    which readers take the same DN; levels are DN all the same. A sidecar of the same stem
    (NAME.json) keeps what a DNG cannot: the profile's own levels and full well, the shot and the
    history.

    Raises DomainError for another domain, FrameError for DN that are no integers in 0..65535 or
    not in the profile's table, a size or a pattern that DNG readers cannot hold; OutputError.
    """
    path = Path(path)
    dn = _stored(path, frame)
    profile = frame.need_profile()
    codes = _codes(path, dn, profile)
    tagged = profile.with_fields(white_level_dn=_white(profile, frame))
    truth = json.dumps(
        {"file": path.name, "dng_white_level_dn": tagged.white_level_dn} | _truth(frame, profile),
        indent=1, sort_keys=True, default=str,
    )  # fmt: skip
    refuse_foreign_sidecar(path)
    with (
        safe_write(sidecar_path(path), force=force) as note,
        safe_write(path, force=force) as place,
    ):
        note.write_text(truth + "\n", encoding="utf-8")
        _write(place, codes, frame, tagged)


def _stored(path: Path, frame: Frame) -> np.ndarray:
    """(h, w) uint16, after every reason to refuse."""
    if frame.domain is not Domain.RAW:
        raise DomainError(
            f"{path}: a DNG holds raw, but the frame is in {frame.domain.name.lower()}"
        )
    if frame.data.shape[0] != 1:
        raise FrameError(f"a file holds one picture, but the frame is a batch of {len(frame.data)}")
    cfa = frame.need_profile().cfa
    if not (cfa.is_bayer or cfa in XTRANS_SHIFTS or cfa == Cfa.MONO):
        raise FrameError(
            f"{path}: raw readers cannot hold the pattern {cfa.name} and would show wrong colours "
            "without a word; write NAME.raw (a dump) or NAME.tif, each with its sidecar, instead"
        )
    height, width = frame.size
    if min(height, width) < LEAST_SIZE:
        raise FrameError(
            f"{path}: {width} x {height} is too small; LibRaw takes no DNG under "
            f"{LEAST_SIZE} x {LEAST_SIZE} for a raw"
        )
    dn = frame.data[0, 0].double().cpu().numpy()
    wrong = int((~((dn >= 0) & (dn <= 65535) & (dn == np.rint(dn)))).sum())
    if wrong:
        raise FrameError(f"{path}: {wrong} DN are not integers in 0..65535, which a DNG holds")
    return dn.astype(np.uint16)


def _codes(path: Path, dn: np.ndarray, profile: SensorProfile) -> np.ndarray:
    """What the file stores: the DN, or each one's code in the profile's table."""
    if not profile.linearization_table_dn:
        return dn
    table = np.asarray(profile.linearization_table_dn)
    if table[-1] > 65535:
        raise FrameError(f"{path}: its table ends at DN {table[-1]}, but a DNG's at most at 65535")
    codes = np.minimum(np.searchsorted(table, dn), len(table) - 1)
    wrong = int((table[codes] != dn).sum())
    if wrong:
        raise FrameError(
            f"{path}: {wrong} DN are not in the linearization table of {profile.name}; "
            "compand the frame first"
        )
    return codes.astype(np.uint16)


def _white(profile: SensorProfile, frame: Frame) -> float:
    """The lowest DN that a saturated photosite can have in the file."""
    white = white_dn(profile, frame.shot.iso)[:1].cpu()
    return float(torch.minimum(compand(white, profile.linearization_table_dn), white))


def _write(place: Path, dn: np.ndarray, frame: Frame, profile: SensorProfile) -> None:
    import tifffile

    is_mono = profile.cfa == Cfa.MONO
    exif = exif_entries(frame.shot)
    tags = _tags(frame, profile)
    if exif:
        tags.append((PLACEHOLDER, 4, 1, 0, True))
    with tifffile.TiffWriter(place, byteorder="<", bigtiff=False) as tiff:
        tiff.write(
            dn,
            # tifffile refuses LinearRaw of one plane; the tag is set afterwards.
            photometric=MIN_IS_BLACK if is_mono else CFA_PHOTOMETRIC,
            subfiletype=0,
            software="fullwell",
            metadata=None,
            extratags=sorted(tags, key=lambda tag: tag[0]),
        )
    finish(place, exif, {262: LINEAR_RAW} if is_mono else {})


def _tags(frame: Frame, profile: SensorProfile) -> list[Tag]:
    name = profile.name.encode("ascii", "replace").decode()
    orientation = frame.shot.orientation if 1 <= frame.shot.orientation <= 8 else 1
    tags: list[Tag] = [
        (271, 2, 0, "fullwell", True),  # Make
        (272, 2, 0, name, True),  # Model
        (274, 3, 1, orientation, True),
        (50706, 1, 4, bytes([1, 4, 0, 0]), True),  # DNGVersion
        (50707, 1, 4, bytes([1, 1, 0, 0]), True),  # DNGBackwardVersion
        # Not a real camera's name: no editor shall apply that camera's own profile.
        (50708, 2, 0, f"fullwell {name}", True),  # UniqueCameraModel
        (50717, 4, 1, round(profile.white_level_dn), True),  # WhiteLevel
    ]
    tags += table_tags(profile)
    tags += black_tags(profile)
    tags += pattern_tags(profile.cfa)
    tags += colour_tags(frame.shot, profile)
    tags += noise_tags(frame.shot, profile)
    return tags


def _truth(frame: Frame, profile: SensorProfile) -> dict[str, Any]:
    return {
        "format": DNG_SIDECAR,
        "camera": profile.name,
        "cfa": profile.cfa.name,
        "bit_depth": profile.bit_depth,
        "black_level_dn": list(profile.black_level_dn),
        "white_level_dn": profile.white_level_dn,
        "full_well_e": profile.full_well_e,
        "linearization_table_dn": list(profile.linearization_table_dn),
        "full_well_knee": profile.full_well_knee,
        "shot": frame.shot.record(),
        "history": list(frame.history),
    }
