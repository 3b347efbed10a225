"""The truth of a capture as an EXR: expected and collected electrons of each photosite."""

import json
from pathlib import Path

import numpy as np

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.frame import Frame
from isp.files.exr import write_channels
from isp.files.exr_names import MASKS, OWN
from isp.files.safe_write import safe_write


def write_electrons(
    path: str | Path,
    expected: Frame,
    collected: Frame,
    raw: Frame,
    *,
    force: bool = False,
) -> None:
    """Write float32 channels expected.Y and collected.Y in e-, and half masks as other EXRs have.

    expected: EXPECTED, before dark signal and fixed patterns. collected: ELECTRONS, what the wells
    held. raw: RAW frame of the same photosites, whose masks and history are written. The shot is
    that of the electrons: its exposure time is the true one.

    Raises DomainError for other frames, FrameError for batches or frames of several sizes,
    OutputError.
    """
    path = Path(path)
    frames = {Domain.EXPECTED: expected, Domain.ELECTRONS: collected, Domain.RAW: raw}
    for domain, frame in frames.items():
        if frame.domain is not domain:
            raise DomainError(f"{path}: {domain.name} is written here, not {frame.domain.name}")
    shapes = [tuple(frame.data.shape) for frame in frames.values()]
    if shapes[0][0] != 1 or len(set(shapes)) > 1:
        raise FrameError(
            f"{path}: a file holds one picture of one size, but expected, collected and raw are "
            f"{', '.join(map(str, shapes))}"
        )
    planes = {
        "expected.Y": expected.data[0, 0].float(),
        "collected.Y": collected.data[0, 0].float(),
    } | {f"{name}.Y": getattr(raw, name)[0, 0].half() for name in MASKS}
    channels = {n: np.ascontiguousarray(p.detach().cpu().numpy()) for n, p in planes.items()}
    header = {
        f"{OWN}unit": "electrons",
        f"{OWN}shot": json.dumps(expected.shot.record(), sort_keys=True),
        f"{OWN}history": json.dumps(raw.history, sort_keys=True, default=str),
    }
    with safe_write(path, force=force) as place:
        write_channels(path, place, header, channels)
