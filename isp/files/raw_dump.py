"""A RAW frame as a headerless dump and its sidecar: for patterns that no DNG reader holds."""

from pathlib import Path

import numpy as np

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.frame import Frame
from isp.files.dump import DumpFlags, write_dump
from isp.files.profile import profile_record


def write_raw_dump(path: str | Path, frame: Frame, *, force: bool = False) -> None:
    """Write DN as little-endian 16-bit rows; levels, pattern, balance and shot in NAME.json.

    Raises DomainError for a frame that is not RAW, FrameError for a batch, OutputError.
    """
    if frame.domain is not Domain.RAW:
        raise DomainError(f"a dump is written from RAW, but the frame is {frame.domain.name}")
    if frame.data.shape[0] != 1:
        raise FrameError(f"a file holds one picture, but the frame has {frame.data.shape[0]}")
    profile, shot = frame.need_profile(), frame.shot
    balance = shot.white_balance
    flags = DumpFlags(
        bits=profile.bit_depth,
        cfa=profile.cfa.name,
        black_level=profile.black_level_dn,
        white_level=profile.white_level_dn,
        wb=None if balance is None else tuple(balance[0].tolist()),  # type: ignore[arg-type]
    )
    notes = {"profile": profile_record(profile), "shot": shot.record()}
    dn = frame.data[0, 0].cpu().numpy().astype(np.float64)
    write_dump(path, dn, flags, notes=notes, force=force)
