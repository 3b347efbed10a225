"""Two frames of one place in two pipelines, in numbers."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from apps.bench.metrics.delta_e import lab_from_linear, linear_from_srgb
from isp.core.colour import PRIMARIES, Matrix, rgb_to_rgb
from isp.core.colour_difference import ciede2000
from isp.core.domain import Domain
from isp.core.errors import FullwellError, UsageError
from isp.core.frame import Frame
from isp.stages.colour_matrix import camera_to_rgb

CHUNK = 2**18  # pixels whose colour difference is worked out at a time
Roi = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """How far two frames are apart over some pixels.

    max_abs, mean_abs: of the difference, in the domain's unit (DN in RAW, else 1.0 = white).
    relative: mean_abs over the mean magnitude of the first frame; None where that is 0.
    psnr_db: 10 log10(range^2 / mean square); None, and not infinity, for equal frames.
    delta_e_*: CIEDE2000 under D65; None where the colour of the numbers is not known.
    """

    max_abs: float
    mean_abs: float
    relative: float | None
    psnr_db: float | None
    delta_e_mean: float | None = None
    delta_e_p95: float | None = None
    delta_e_max: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What two frames have to do with each other; names are None where a side has no such stop.

    everywhere: over all pixels; measured: over those that both sides measured.
    trouble: why they cannot be compared. reason: why some of the numbers are none, such as NaN in
    the frames. departs: beyond the tolerance, or not comparable.
    """

    first: str | None
    second: str | None
    domain: str
    departs: bool = False
    trouble: str | None = None
    reason: str | None = None
    everywhere: Numbers | None = None
    measured: Numbers | None = None
    measured_fraction: float | None = None

    def record(self) -> dict[str, Any]:
        """Plain values for JSON: None for a number that is not finite, see `reason`."""
        values = asdict(self)
        for name in ("everywhere", "measured"):
            if values[name] is not None:
                values[name] = {k: _finite(v) for k, v in values[name].items()}
        return values

    @property
    def label(self) -> str:
        """One name for both sides."""
        names = dict.fromkeys(name for name in (self.first, self.second) if name)
        return " / ".join(names)


def compare(names: tuple[str, str], first: Frame, second: Frame, *, tolerance: float) -> Difference:
    """Compare two frames; they depart when any value differs by more than tolerance x range.

    tolerance: share of the domain's range (`range_of`); NaN never passes.
    """
    base: dict[str, Any] = {"first": names[0], "second": names[1], "domain": first.domain.name}
    if first.domain is not second.domain:
        trouble = f"{first.domain.name} against {second.domain.name}"
        return Difference(**base, departs=True, trouble=trouble)
    if first.data.shape != second.data.shape:
        trouble = f"shape {list(first.data.shape)} against {list(second.data.shape)}"
        return Difference(**base, departs=True, trouble=trouble)
    span = range_of(first, second)
    both = (first.measured & second.measured).all(dim=1)  # (b, h, w)
    apart = colour_apart(first, second)
    everywhere = _numbers(first.data, second.data, torch.ones_like(both), apart, span)
    measured = _numbers(first.data, second.data, both, apart, span) if both.any() else None
    within = everywhere.max_abs <= tolerance * span
    return Difference(
        **base,
        departs=not within,
        reason=_reason(first.data, second.data, everywhere, measured),
        everywhere=everywhere,
        measured=measured,
        measured_fraction=float(both.float().mean()),
    )


def crop(frame: Frame, roi: Roi | None) -> Frame:
    """A window x, y, w, h of a frame; the whole frame for None.

    Raises UsageError for a window that is not inside.
    """
    from dataclasses import replace

    if roi is None:
        return frame
    x, y, width, height = roi
    rows, columns = frame.size
    if min(x, y) < 0 or min(width, height) < 1 or x + width > columns or y + height > rows:
        raise UsageError(
            f"--roi {x},{y},{width},{height} is not inside {columns} x {rows} ({frame.domain.name})"
        )
    parts = ("data", "measured", "clipped", "generated")
    return replace(
        frame, **{n: getattr(frame, n)[..., y : y + height, x : x + width] for n in parts}
    )


def range_of(first: Frame, second: Frame) -> float:
    """What counts as full scale: the largest code in RAW, 1.0 elsewhere."""
    if first.domain is not Domain.RAW:
        return 1.0
    for frame in (first, second):
        if frame.profile is not None:
            return float(2**frame.profile.bit_depth - 1)
    return max(1.0, float(first.data.abs().max()))


def colour_apart(first: Frame, second: Frame) -> NDArray[np.float64] | None:
    """CIEDE2000 of every pixel, (b, h, w); None where the colour is not known."""
    if first.domain < Domain.CAMERA:
        return None
    if torch.equal(first.data, second.data) and first.colour == second.colour:
        batch, _, height, width = first.data.shape
        known = first.domain is not Domain.CAMERA or _camera_matrix(first, second) is not None
        return np.zeros((batch, height, width)) if known else None
    sides = []
    for frame in (first, second):
        matrix = _matrix(frame, first, second)
        if matrix is None:
            return None
        sides.append((frame.data.permute(0, 2, 3, 1).reshape(-1, 3), matrix, _decodes(frame)))
    count = sides[0][0].shape[0]
    apart = np.empty(count)
    for start in range(0, count, CHUNK):
        part = slice(start, start + CHUNK)
        labs = []
        for values, matrix, decodes in sides:
            chunk = values[part].double().cpu().numpy()
            linear = linear_from_srgb(chunk) if decodes else chunk
            with np.errstate(invalid="ignore"):  # infinity becomes NaN, which `reason` tells
                labs.append(lab_from_linear(linear @ matrix.T))
        with np.errstate(invalid="ignore"):
            apart[part] = ciede2000(*labs)
    return apart.reshape(first.data.shape[0], *first.size)


def _numbers(
    a: Tensor, b: Tensor, counts: Tensor, apart: NDArray[np.float64] | None, span: float
) -> Numbers:
    chosen = counts[:, None].expand_as(a)
    first = a[chosen].double()
    difference = (first - b[chosen].double()).abs()
    square, magnitude = float((difference**2).mean()), float(first.abs().mean())
    largest = float(difference.max())
    mean = float(difference.mean())
    colour: dict[str, float] = {}
    if apart is not None:
        each = apart[counts.cpu().numpy()]
        colour = {
            "delta_e_mean": float(each.mean()),
            "delta_e_p95": float(np.percentile(each, 95)),
            "delta_e_max": float(each.max()),
        }
    return Numbers(
        max_abs=largest,
        mean_abs=mean,
        relative=mean / magnitude if magnitude > 0 else None,
        psnr_db=10 * math.log10(span**2 / square) if square > 0 else None,
        **colour,
    )


def _reason(a: Tensor, b: Tensor, *numbers: Numbers | None) -> str | None:
    """Why a number is not finite; a place that is NaN on both sides counts once."""
    counts = {
        "NaN": int((a.isnan() | b.isnan()).sum()),
        "infinite": int((a.isinf() | b.isinf()).sum()),
    }
    said = [f"{n} value{' is' if n == 1 else 's are'} {word}" for word, n in counts.items() if n]
    if said:
        return ", ".join(said)
    held = [value for n in numbers if n is not None for value in asdict(n).values()]
    if any(value is not None and _finite(value) is None for value in held):
        return "values are too large for these numbers"
    return None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _decodes(frame: Frame) -> bool:
    return frame.domain is Domain.SDR and frame.colour is not None \
        and frame.colour.transfer == "srgb"  # fmt: skip


def _matrix(frame: Frame, first: Frame, second: Frame) -> Matrix | None:
    """To linear BT.709; None where the colour is not known."""
    if frame.domain is Domain.CAMERA:
        return _camera_matrix(first, second)
    if frame.colour is None or frame.colour.transfer not in ("linear", "srgb"):
        return None
    return rgb_to_rgb(frame.colour.primaries, PRIMARIES["bt709"])


def _camera_matrix(first: Frame, second: Frame) -> Matrix | None:
    """One matrix for both sides, of the side that knows its camera and its white balance."""
    for frame in (first, second):
        profile, balance = frame.profile, frame.shot.white_balance
        if profile is not None and balance is not None:
            try:
                return camera_to_rgb(profile, tuple(balance[0].tolist()), PRIMARIES["bt709"])
            except FullwellError:  # no colour matrix: the colour is not known
                continue
    return None
