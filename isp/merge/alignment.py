"""Alignment: how far each frame of a hand-held bracket is moved against its reference."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isp.core.errors import FrameError
from isp.core.frame import Frame
from isp.merge.observation import Observation
from isp.merge.ratios import by_brightness

COARSE = 256  # largest side at which every shift is tried
FARTHEST = 0.25  # of height and width: frames further apart share too little
LOCAL = (
    24  # pixels of that scale: what changes more slowly, as from sky to ground, is alike anywhere
)
ALIKE = 0.4  # least correlation: of pairs of one scene 0.61 to 1.0, of 20 pairs of two up to 0.24
SHARED = 0.05  # least share of the picture that neither frame lost
STEADY = 1e-9  # of a rank's variance: below it there is no structure

Shift = tuple[int, int]


def shifts_of(bracket: Sequence[Observation], reference: int) -> list[list[Shift]]:
    """Rows and columns by which each frame's scene lies further down and right: [frame][image].

    Whole periods of the mosaic, so that every photosite stays of its colour; half a period may be
    left. Neighbours by brightness are held against each other, and steps add up to the reference.

    Frames are compared by the ranks of their pixels, which are those of the light whatever
    exposure and response were; ranks that one of the two lost to saturation or to the floor are
    alike in both. The shift is that of the largest normalised cross-correlation over the overlap:
    of all shifts at a coarse scale, then finer, scale by scale.

    Source: Padfield 2012, IEEE TIP 21(5), equation 23 (correlation of overlaps by FFT); Ward 2003,
    Journal of Graphics Tools 8(2), section 2 (order instead of value; steps from coarse to fine).

    Raises FrameError naming two frames that do not match.
    """
    images = len(bracket[reference].exposure)
    found: list[list[Shift]] = [[(0, 0)] * images for _ in bracket]
    rows, columns = bracket[0].period
    for image in range(images):
        order = by_brightness([seen.image(image) for seen in bracket])
        ranks = [_ranks(seen.image(image)) for seen in bracket]
        here = order.index(reference)
        for side in (order[here:], order[here::-1]):
            down, right = 0, 0
            for i, j in pairwise(side):
                step, alike = _shift(ranks[i], ranks[j])
                if alike < ALIKE:
                    raise FrameError(
                        f"frames {i + 1} and {j + 1} do not match: moved onto each other they "
                        f"correlate by {alike:.2f}, and frames of one scene by {ALIKE:g} at least"
                    )
                down, right = down + step[0], right + step[1]
                found[j][image] = down * rows, right * columns
    return found


def moved_back(frame: Frame, shifts: Sequence[Shift]) -> Frame:
    """The frame with each image moved up and left by its shift, in pixels.

    What the frame did not see is 0, unmeasured and not clipped.
    """

    def moved(planes: Tensor) -> Tensor:
        pairs = zip(planes, shifts, strict=True)
        return torch.stack([_moved(plane, shift) for plane, shift in pairs])

    return replace(
        frame,
        data=moved(frame.data),
        measured=moved(frame.measured),
        clipped=moved(frame.clipped),
        generated=moved(frame.generated),
    )


def _moved(plane: Float[Tensor, "c h w"] | Tensor, shift: Shift) -> Tensor:
    result = torch.zeros_like(plane)
    height, width = plane.shape[-2:]
    to, source = zip(*(_overlap(n, by) for n, by in zip((height, width), shift, strict=True)),
                     strict=True)  # fmt: skip
    result[:, to[0], to[1]] = plane[:, source[0], source[1]]
    return result


def _overlap(length: int, by: int) -> tuple[slice, slice]:
    """Where a line keeps what lay `by` further on, and where that lay."""
    by = max(-length, min(length, by))
    return slice(max(0, -by), length - max(0, by)), slice(max(0, by), length + min(0, by))


def _ranks(seen: Observation) -> tuple[Tensor, float, float]:
    """Ranks 0..1 of the light of each period, (h, w), and the shares lost to floor and limit."""
    light = seen.signal / seen.unit
    white = float(light.max()) + 1
    # Where collecting ends, noise alone decides the order.
    light = torch.where(seen.saturated, white, light).mean(dim=1, keepdim=True)
    full, dark = seen.saturated.float(), (seen.clipped & ~seen.saturated).float()
    if min(seen.signal.shape[-2:]) < 2 * max(seen.period):
        raise FrameError(f"{tuple(seen.signal.shape[-2:])} pixels are too few to be aligned")
    light, full, dark = (F.avg_pool2d(plane, seen.period)[0, 0] for plane in (light, full, dark))
    light = torch.where(full > 0, white, light)
    ordered = light.flatten().sort().values
    ranks = torch.searchsorted(ordered, light).float() / light.numel()
    return ranks, float((dark > 0).float().mean()), float((full > 0).float().mean())


def _shift(
    first: tuple[Tensor, float, float], second: tuple[Tensor, float, float]
) -> tuple[Shift, float]:
    """How far the second lies down and right of the first, in periods, and their correlation."""
    low, high = max(first[1], second[1]), 1 - max(first[2], second[2])
    if high - low < SHARED:
        return (0, 0), 0.0
    scales = [(first[0].clamp(low, high), second[0].clamp(low, high))]
    while max(scales[-1][0].shape) > COARSE:
        one, other = (F.avg_pool2d(plane[None], 2)[0] for plane in scales[-1])
        scales.append((one, other))
    one, other = (_without_slow_changes(plane) for plane in scales[-1])
    shift, alike = _anywhere(one, other)
    for one, other in scales[-2::-1]:
        shift = _nearby(one, other, (2 * shift[0], 2 * shift[1]))
    return shift, alike


def _without_slow_changes(plane: Tensor) -> Tensor:
    around = F.avg_pool2d(
        plane[None], 2 * LOCAL + 1, stride=1, padding=LOCAL, count_include_pad=False
    )
    return plane - around[0]


def _anywhere(one: Tensor, other: Tensor) -> tuple[Shift, float]:
    """The best of all shifts up to FARTHEST, and its correlation."""
    size = one.shape[-2] * 2, one.shape[-1] * 2
    ones = torch.ones_like(one).double()
    # Means taken off first: less is lost in differences of sums.
    planes = [ones, *(p.double() - p.double().mean() for p in (one, other))]
    mask, a, b, a2, b2 = (
        torch.fft.rfft2(p, s=size) for p in (*planes, planes[1] ** 2, planes[2] ** 2)
    )

    def over_overlap(still: Tensor, moving: Tensor) -> Tensor:
        summed: Tensor = torch.fft.irfft2(still.conj() * moving, s=size)
        return summed

    count = over_overlap(mask, mask).clamp(min=1)
    sum_a, sum_b = over_overlap(a, mask), over_overlap(mask, b)
    covariance = over_overlap(a, b) - sum_a * sum_b / count
    variances = [
        (over_overlap(*pair) - total**2 / count).clamp(min=0)
        for pair, total in (((a2, mask), sum_a), ((mask, b2), sum_b))
    ]
    correlation = _correlation(covariance, variances[0], variances[1], count)
    down, right = (torch.fft.fftfreq(n, 1 / n, dtype=torch.float64).round() for n in size)
    near = (down.abs() <= FARTHEST * one.shape[-2])[:, None] & (
        right.abs() <= FARTHEST * one.shape[-1]
    )
    best = int(torch.where(near, correlation, -1.0).argmax())
    row, column = divmod(best, size[1])
    return (int(down[row]), int(right[column])), float(correlation[row, column])


def _nearby(one: Tensor, other: Tensor, start: Shift) -> Shift:
    """The shift near another from which no step to a neighbour correlates better."""
    tried: dict[Shift, float] = {}
    best = start
    while True:
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                shift = best[0] + down, best[1] + right
                if shift not in tried:
                    tried[shift] = _alike(one, other, shift)
        top = max(tried, key=lambda shift: tried[shift])
        if top == best:
            return best
        best = top


def _alike(one: Tensor, other: Tensor, shift: Shift) -> float:
    (rows, far_rows), (columns, far_columns) = (
        _overlap(n, by) for n, by in zip(one.shape, shift, strict=True)
    )
    a, b = one[rows, columns].double(), other[far_rows, far_columns].double()
    if a.numel() < 2:
        return -1.0
    a, b = a - a.mean(), b - b.mean()
    sums = (a * b).sum(), a.square().sum(), b.square().sum()
    return float(_correlation(*sums, a.new_tensor(a.numel())))


def _correlation(covariance: Tensor, one: Tensor, other: Tensor, count: Tensor) -> Tensor:
    """Normalised by both variances, all as sums over `count`; 0 where there is no structure."""
    least = STEADY * count
    has = (one > least) & (other > least)
    return torch.where(has, covariance / torch.where(has, one * other, 1.0).sqrt(), 0.0)
