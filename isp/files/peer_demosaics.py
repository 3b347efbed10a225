"""LibRaw's and OpenCV's demosaics alone, to hold beside ours."""

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from isp.core.errors import MissingError, UsageError
from isp.files.decoded import Decoded
from isp.files.guarded import decode
from isp.files.libraw_picture import DEMOSAICS
from isp.files.limits import Limits

OPENCV = {"bilinear": "", "EA": "_EA"}


def libraw_demosaic(
    path: str | Path, demosaic: str, *, rounds: int = 1, limits: Limits | None = None
) -> Decoded:
    """Camera RGB of a raw file by LibRaw: no balance, no colour matrix, no curve, no scaling.

    Returns array `code` (h, w, 3), 65535 at the file's white, and fact `seconds`: the shortest of
    so many runs of LibRaw's processing, which scales and writes 16-bit codes besides.

    Raises UsageError for a demosaic that the wheel lacks, FileError, LimitError.
    """
    if demosaic not in DEMOSAICS:
        raise UsageError(f"LibRaw demosaics are {', '.join(DEMOSAICS)}, not {demosaic}")
    return decode(
        "isp.files.peer_demosaics:demosaic_by_libraw", Path(path), limits or Limits(),
        demosaic=demosaic, rounds=rounds,
    )  # fmt: skip


def demosaic_by_libraw(path: str, limits: Limits, *, demosaic: str, rounds: int) -> Decoded:
    """Run in the decoder's process; see `libraw_demosaic`."""
    import rawpy

    seconds = []
    with rawpy.imread(path) as raw:
        raw.unpack()
        for _ in range(rounds):
            start = time.perf_counter()
            code = raw.postprocess(
                demosaic_algorithm=rawpy.DemosaicAlgorithm[demosaic],
                user_wb=[1.0, 1.0, 1.0, 1.0],
                no_auto_bright=True,
                adjust_maximum_thr=0.0,
                highlight_mode=rawpy.HighlightMode.Clip,
                output_color=rawpy.ColorSpace.raw,
                gamma=(1, 1),
                output_bps=16,
                user_flip=0,
            )
            seconds.append(time.perf_counter() - start)
    return Decoded(facts={"seconds": min(seconds)}, arrays={"code": code})


def opencv_demosaic(dn: NDArray[np.uint16], pattern: str, method: str) -> NDArray[np.uint16]:
    """Camera RGB (h, w, 3) of a Bayer mosaic by OpenCV: `bilinear` or `EA` (edge-aware).

    pattern: RGGB, GRBG, GBRG or BGGR.

    Raises UsageError for another method or pattern, MissingError without OpenCV.
    """
    try:
        import cv2
    except ImportError as error:
        raise MissingError("OpenCV is not installed; pip install opencv-python-headless") from error
    code = getattr(cv2, f"COLOR_Bayer{pattern}2RGB{OPENCV.get(method, '?')}", None)
    if code is None:
        raise UsageError(f"OpenCV has no demosaic {method} of {pattern}")
    picture: NDArray[np.uint16] = cv2.demosaicing(dn, code)
    return picture
