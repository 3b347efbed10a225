"""A RAW frame as a 16-bit TIFF and its sidecar: any pattern, and everything the frame knows."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from isp.core.domain import Domain
from isp.core.errors import DomainError, FileError, FrameError
from isp.core.frame import Frame, Step
from isp.core.measured import raw_masks
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.files.dump import refuse_foreign_sidecar, sidecar_path
from isp.files.guarded import decode
from isp.files.limits import Limits
from isp.files.picture import MASK_BITS, masks_path, write_masks
from isp.files.profile import profile_from, profile_record
from isp.files.safe_write import safe_write

RAW_TIFF_SIDECAR = "fullwell raw tiff"  # value of "format" in the sidecar


def write_raw_tiff(path: str | Path, frame: Frame, *, force: bool = False) -> None:
    """Write DN as one plane of 16 bits; profile, shot and history in NAME.json.

    The TIFF holds DN on the linear scale, whatever the profile's linearization table. NAME.json
    also has the keys of a plain mosaic (bits, cfa, black_level, ...). Masks that do not follow
    from the DN go into NAME.masks.png.

    Raises DomainError for a frame that is not RAW, FrameError for a batch or DN that are no
    integers in 0..65535; OutputError.
    """
    path = Path(path)
    dn = _stored(path, frame)
    profile, balance = frame.need_profile(), frame.shot.white_balance
    keeps_masks = not _follow(frame, profile)
    known: dict[str, Any] = {
        "format": RAW_TIFF_SIDECAR,
        "file": path.name,
        "bits": profile.bit_depth,
        "cfa": profile.cfa.name,
        "black_level": list(profile.black_level_dn),
        "white_level": profile.white_level_dn,
        "profile": profile_record(profile),
        "shot": frame.shot.record() | {"tags": dict(frame.shot.tags)},
        "history": list(frame.history),
        "masks": keeps_masks,
    }
    if balance is not None:
        known["wb"] = balance[0].tolist()
    text = json.dumps(known, indent=1, sort_keys=True, default=str)
    refuse_foreign_sidecar(path)
    with (
        safe_write(sidecar_path(path), force=force) as note,
        safe_write(path, force=force) as place,
    ):
        note.write_text(text + "\n", encoding="utf-8")
        _write(place, dn)
        if keeps_masks:
            as_stored = replace(frame, shot=replace(frame.shot, orientation=1))
            write_masks(masks_path(path), as_stored, force=force)


def write_plane(path: str | Path, frame: Frame, *, force: bool = False) -> None:
    """Write DN as one plane of 16 bits and nothing beside it, for programs that read no sidecar.

    Raises as `write_raw_tiff` does.
    """
    path = Path(path)
    dn = _stored(path, frame)
    with safe_write(path, force=force) as place:
        _write(place, dn)


def is_raw_tiff(path: str | Path) -> bool:
    """Whether NAME.json beside a TIFF says that `write_raw_tiff` wrote it."""
    return _known(Path(path)) is not None


def read_raw_tiff(path: str | Path, *, limits: Limits | None = None) -> Frame:
    """Return the RAW frame that `write_raw_tiff` wrote: DN, masks, profile, shot and history.

    Raises FileError naming file and reason, ProfileError for a profile that is not sound,
    LimitError.
    """
    path, limits = Path(path), limits or Limits()
    known = _known(path)
    if known is None:
        raise FileError(path, "no NAME.json of a raw TIFF by fullwell stands beside it")
    sidecar = sidecar_path(path)
    profile = profile_from(known.get("profile"), sidecar)
    try:
        shot, history = Shot.from_record(known["shot"]), _history(known["history"])
    except (KeyError, TypeError, ValueError) as error:
        raise FileError(sidecar, f"its shot or history is damaged ({error!r})") from error
    code = _plane(path, limits)
    dn = torch.from_numpy(code.astype(np.float32))[None, None]
    measured, clipped = raw_masks(dn, profile, shot.iso)
    generated = torch.zeros_like(measured)
    if known.get("masks"):
        bits = _plane(masks_path(path), limits)
        if bits.shape != code.shape:
            raise FileError(masks_path(path), f"its size is not that of {path.name}")
        measured, clipped, generated = (
            torch.from_numpy(bits & MASK_BITS[name] != 0)[None, None]
            for name in ("measured", "clipped", "generated")
        )
    return Frame.start(
        dn, Domain.RAW, shot=shot, profile=profile, history=history, measured=measured,
        clipped=clipped, generated=generated,
    )  # fmt: skip


def _stored(path: Path, frame: Frame) -> np.ndarray:
    """(h, w) uint16, after every reason to refuse."""
    if frame.domain is not Domain.RAW:
        raise DomainError(f"{path}: a raw TIFF is written from RAW, not {frame.domain.name}")
    if frame.data.shape[0] != 1:
        raise FrameError(f"a file holds one picture, but the frame has {frame.data.shape[0]}")
    bits = frame.need_profile().bit_depth
    if bits > 16:
        raise FrameError(f"{path}: the sensor has {bits} bits, but a raw TIFF holds 16")
    dn = frame.data[0, 0].double().cpu().numpy()
    wrong = int((~((dn >= 0) & (dn <= 65535) & (dn == np.rint(dn)))).sum())
    if wrong:
        raise FrameError(f"{path}: {wrong} DN are not integers in 0..65535, which 16 bits hold")
    return dn.astype(np.uint16)


def _write(place: Path, dn: np.ndarray) -> None:
    import tifffile

    with tifffile.TiffWriter(place, byteorder="<", bigtiff=False) as tiff:
        tiff.write(dn, photometric="minisblack", software="fullwell", metadata=None)


def _plane(path: Path, limits: Limits) -> np.ndarray:
    """The codes of a picture of one plane, (h, w)."""
    code = decode("isp.files.picture_decode:decode_picture", path, limits).arrays["code"]
    if code.shape[2] != 1 or code.dtype not in (np.uint8, np.uint16):
        raise FileError(path, f"one plane of whole numbers is expected, but it has {code.shape[2]}")
    return code[..., 0]


def _follow(frame: Frame, profile: SensorProfile) -> bool:
    """Whether reading the DN again gives the frame's masks."""
    measured, clipped = raw_masks(frame.data, profile, frame.shot.iso)
    return bool(
        torch.equal(measured, frame.measured)
        and torch.equal(clipped, frame.clipped)
        and not frame.generated.any()
    )


def _known(path: Path) -> dict[str, Any] | None:
    """What NAME.json says, if it is ours and speaks of this file."""
    try:
        known = json.loads(sidecar_path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    is_ours = isinstance(known, dict) and known.get("format") == RAW_TIFF_SIDECAR
    return known if is_ours and known.get("file") == path.name else None


def _history(steps: list[Any]) -> tuple[Step, ...]:
    return tuple((str(name), dict(parameters)) for name, parameters in steps)
