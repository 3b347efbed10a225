"""The pixels of a bracket's pictures that a response is measured on."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from calibration.response.bracket_codes import CODES, LAST, BracketCodes, Values
from calibration.response.brighter import refuse_equal_light
from calibration.response.still import still_pixels
from calibration.seen_pictures import SeenPictures
from isp.core.domain import Domain
from isp.core.errors import CalibrationError, DomainError, FrameError, UsageError
from isp.core.frame import Frame

PIXELS = 4000
LEAST_PIXELS = 200
EVEN = 4.0  # codes of roughness that noise makes
LEAST_RATIO = 1.2  # of neighbouring exposures
OFF_CODE = 1e-3


def channel_codes(
    frames: Sequence[Frame],
    exposures: Sequence[float],
    names: Sequence[str],
    *,
    pixels: int = PIXELS,
) -> list[BracketCodes]:
    """Codes of chosen pixels for R, G and B; of one channel where the pictures are grey.

    frames: SDR, 8 bits, of one size. exposures: light that each gathered, in any unit and order.
    names: of the files, for errors.

    Raises UsageError for too few pictures, DomainError, FrameError for sizes or bit depths that
    differ, CalibrationError saying what to reshoot.
    """
    order = _order(frames, exposures)
    _check(frames, exposures, names, order)
    light = np.log(np.array([exposures[i] for i in order], dtype=np.float64))
    stack = torch.stack([torch.round(LAST * frames[i].data[0].double()) for i in order])
    codes = stack.to(torch.int64).numpy()  # (pictures, 3, h, w)
    generated = torch.stack([frame.generated[0, 0] for frame in frames]).any(dim=0).numpy()
    masked = torch.stack([
        ~f.measured[0, 0] & ~(f.data[0] <= 0).any(dim=0) & ~(f.data[0] >= 1).any(dim=0)
        for f in frames
    ]).any(dim=0).numpy()  # fmt: skip
    usable = ~(generated | masked).reshape(-1)
    rough = roughness(stack)
    channels = 1 if (codes == codes[:, :1]).all() else 3
    sorted_names = [names[i] for i in order]
    found = []
    for channel in range(channels):
        rows = codes[:, channel].reshape(len(order), -1).T[usable]
        even = rough[channel].reshape(-1)[usable]
        chosen, offered = _chosen(rows, even, sorted_names, pixels)
        found.append(BracketCodes(chosen, light, offered))
    return found


def roughness(stack: Float[Tensor, "n c h w"]) -> Values:
    """Largest difference of codes within 3 x 3 pixels, over the pictures: (c, h, w).

    At an edge, a picture that is moved by a tenth of a pixel shows other light.
    """
    padded = functional.pad(stack, (1, 1, 1, 1), mode="replicate")
    most = functional.max_pool2d(padded, 3, stride=1)
    least = -functional.max_pool2d(-padded, 3, stride=1)
    rough: Values = (most - least).amax(dim=0).numpy()
    return rough


def _chosen(
    codes: NDArray[np.int64], rough: Values, names: list[str], pixels: int
) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
    """Rows such that codes of each picture are about as likely, from even parts all over it.

    Returned with how often each code is measured in the rows to choose from; None of all rows.

    Source: Grossberg and Nayar, IEEE TPAMI 25(11), 2003, have all codes count alike too.
    """
    inside = (codes > 0) & (codes < LAST)
    for picture, share in enumerate(inside.mean(axis=0)):
        if share == 0:
            clipped = "white" if (codes[:, picture] >= LAST).mean() > 0.5 else "black"
            way = "shorter" if clipped == "white" else "longer"
            raise CalibrationError(
                f"{names[picture]} is {clipped} everywhere; leave it out, or reshoot it with a "
                f"{way} exposure"
            )
    twice = inside.sum(axis=1) > 1
    if twice.sum() < LEAST_PIXELS:
        raise CalibrationError(
            f"only {int(twice.sum())} pixels are neither black nor white in two pictures, of "
            f"{LEAST_PIXELS} that are needed; reshoot with steps of 1 to 2 stops"
        )
    refuse_equal_light(codes, names)
    good = twice & still_pixels(codes, names)
    kept: NDArray[np.int64] = codes[good]
    if len(kept) < LEAST_PIXELS:
        raise CalibrationError(f"only {len(kept)} pixels are measured twice and did not move")
    if len(kept) <= pixels:
        return kept, None
    offered = np.bincount(kept[(kept > 0) & (kept < LAST)], minlength=CODES)
    weight = np.zeros(len(kept))
    for picture in range(kept.shape[1]):
        often = np.bincount(kept[:, picture], minlength=CODES).astype(np.float64)
        often[[0, LAST]] = np.inf
        weight += 1 / np.maximum(often, 1)[kept[:, picture]]
    weight /= (EVEN + rough[good]) ** 2
    upto = np.cumsum(weight)
    places = np.searchsorted(upto, (np.arange(pixels) + 0.5) / pixels * upto[-1])
    chosen: NDArray[np.int64] = kept[np.unique(places)]
    return chosen, offered


def _order(frames: Sequence[Frame], exposures: Sequence[float]) -> list[int]:
    """Pictures from the darkest up."""
    if len(frames) < 2:
        raise UsageError("a response needs at least 2 pictures of different exposure")
    if len(exposures) != len(frames) or not all(0 < e < float("inf") for e in exposures):
        raise UsageError(
            f"{len(frames)} pictures need as many positive exposures, but {list(exposures)} came"
        )
    return sorted(range(len(frames)), key=lambda i: exposures[i])


def _check(
    frames: Sequence[Frame], exposures: Sequence[float], names: Sequence[str], order: list[int]
) -> None:
    for frame, name in zip(frames, names, strict=True):
        if frame.domain is not Domain.SDR or len(frame.data) != 1:
            raise DomainError(f"{name}: a response is of 8-bit pictures, not {frame.domain.name}")
        if frame.size != frames[0].size:
            (h, w), (h0, w0) = frame.size, frames[0].size
            raise FrameError(
                f"{name} is {w} x {h}, but {names[0]} is {w0} x {h0}; a bracket is of one size, "
                "not cropped or scaled"
            )
        scaled = frame.data.double() * LAST
        if not bool(((scaled - torch.round(scaled)).abs() < OFF_CODE).all()):
            raise FrameError(f"{name} does not hold codes of 8 bits; a response is told from those")
    for darker, brighter in pairwise(order):
        ratio = exposures[brighter] / exposures[darker]
        if ratio < LEAST_RATIO:
            raise CalibrationError(
                f"{names[darker]} and {names[brighter]} have the same exposure within "
                f"{100 * (ratio - 1):.0f} %, which tells nothing of the response; reshoot with "
                "steps of 1 to 2 stops by exposure time alone"
            )
    _refuse_copies(frames, names)


def _refuse_copies(frames: Sequence[Frame], names: Sequence[str]) -> None:
    """Whole pictures of white or black may be alike; what else is, was not taken twice."""
    seen = SeenPictures()
    for frame, name in zip(frames, names, strict=True):
        first = seen.add(name, frame.data)
        if first is not None and bool(((frame.data > 0) & (frame.data < 1)).any()):
            raise CalibrationError(
                f"{first} and {name} are the same picture; a bracket holds each exposure once, as "
                "the camera took it"
            )
