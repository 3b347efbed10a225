"""The truth of a capture as an EXR: expected and collected electrons of each photosite."""

import json
from pathlib import Path

import numpy as np
import torch

from isp.core.domain import Domain
from isp.core.errors import DomainError, FrameError
from isp.core.frame import Frame
from isp.files.exr import write_channels
from isp.files.safe_write import safe_write


def write_electrons(
    path: str | Path,
    expected: Frame,
    collected: Frame,
    measured: torch.Tensor,
    *,
    force: bool = False,
) -> None:
    """Write float32 channels expected.Y and collected.Y in e-, and half masks as other EXRs have.

    expected: EXPECTED. collected: ELECTRONS of the same photosites. measured: (1, 1, h, w) bool,
    of the RAW frame.

    Raises DomainError for other frames, FrameError for batches, OutputError.
    """
    path = Path(path)
    for frame, domain in ((expected, Domain.EXPECTED), (collected, Domain.ELECTRONS)):
        if frame.domain is not domain:
            raise DomainError(f"{path}: {domain.name} is written here, not {frame.domain.name}")
    if len(expected.data) != 1 or expected.data.shape != collected.data.shape:
        raise FrameError(
            f"{path}: a file holds one picture, but {tuple(expected.data.shape)} and "
            f"{tuple(collected.data.shape)} came"
        )
    planes = {
        "expected.Y": expected.data[0, 0].float(),
        "collected.Y": collected.data[0, 0].float(),
        "measured.Y": measured[0, 0].half(),
        "clipped.Y": collected.clipped[0, 0].half(),
    }
    channels = {n: np.ascontiguousarray(p.detach().cpu().numpy()) for n, p in planes.items()}
    header = {
        "fullwell.unit": "electrons",
        "fullwell.shot": json.dumps(expected.shot.record(), sort_keys=True),
        "fullwell.history": json.dumps(collected.history, sort_keys=True, default=str),
    }
    with safe_write(path, force=force) as place:
        write_channels(path, place, header, channels)
