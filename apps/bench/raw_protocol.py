"""How raw denoisers are scored on pairs: the published protocol, and what it hides."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Final

import numpy as np
from jaxtyping import Float
from torch import Tensor

from apps.bench.metrics.ssim import ssim
from apps.bench.metrics.ssim_uniform import ssim_uniform
from apps.train.packed_pair import PackedCapture, PackedPair, load_pair
from apps.train.raw_pair import RawPair
from isp.core.errors import FrameError
from isp.core.sensor import SensorProfile

Planes = Float[Tensor, "1 4 h w"]
Denoiser = Callable[[PackedCapture], Tensor]

SID_CENTRE: Final = 512  # packed pixels: a fixed pattern lies in SID's corners; ELD is scored whole
BAND_EDGES: Final = (0.02, 0.1, 0.5)
BANDS: Final = ("<0.02", "0.02-0.1", "0.1-0.5", ">0.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity:
    """PSNR in dB with peak 1; SSIM of Wang 2004 and in the flat window that the papers print."""

    psnr_db: float
    ssim: float
    ssim_uniform: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RawScore:
    """One estimate against its target.

    plain: as it came, the main numbers. corrected: after `illuminance_factor`, the factor beside
    it, as published tables have it. bias: mean of estimate - target, 1 = white.
    band_psnr_db: of target light below 0.02, to 0.1, to 0.5 and above; None where there is none.
    row_residual: standard deviation of the error's means over sensor rows, 1 = white.
    """

    plain: Fidelity
    corrected: Fidelity
    factor: float
    bias: float
    band_psnr_db: tuple[float | None, ...]
    row_residual: float

    def row(self) -> dict[str, float | None]:
        """All numbers by name, for tables and JSON."""
        numbers: dict[str, float | None] = {}
        for suffix, each in (("", self.plain), ("_corrected", self.corrected)):
            numbers |= {
                f"psnr_db{suffix}": each.psnr_db,
                f"ssim{suffix}": each.ssim,
                f"ssim_uniform{suffix}": each.ssim_uniform,
            }
        numbers |= {"factor": self.factor, "bias": self.bias, "row_residual": self.row_residual}
        bands = zip(BANDS, self.band_psnr_db, strict=True)
        return numbers | {f"psnr_db {band}": value for band, value in bands}


@dataclass(frozen=True, slots=True, kw_only=True)
class PairScore:
    """A pair's score; factor and ratio as in `RawPair`."""

    name: str
    factor: int
    ratio: float
    score: RawScore


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Mean over pairs and its standard error, None of a single pair; count of pairs in it."""

    mean: float
    standard_error: float | None
    count: int


def score(estimate: Planes, target: Planes) -> RawScore:
    """Score an estimate of packed linear raw, 1 = white.

    Fidelity is of both clipped to 0..1; bias and row residual are of what came, over target
    light below white, so that noise around black does not look like a bias.

    Raises FrameError for planes that cannot be compared.
    """
    _check(estimate, target)
    estimate, target = estimate.detach().double().cpu(), target.detach().double().cpu()
    shown, truth = estimate.clamp(0, 1), target.clamp(0, 1)
    factor = illuminance_factor(shown, truth)
    error = estimate - target
    below = target < 1
    return RawScore(
        plain=fidelity(shown, truth),
        corrected=fidelity((factor * shown).clamp(0, 1), truth),
        factor=factor,
        bias=float(error[below].mean()),
        band_psnr_db=band_psnr_db(shown, truth),
        row_residual=row_residual(error, below),
    )


def illuminance_factor(estimate: Planes, target: Planes) -> float:
    """sum(p t) / sum(p p) over target light other than 1: the gain that fits the answer best.

    Only for a metric: it knows the answer, and hides any error of brightness. 1 for an estimate
    that is black all over, which no gain changes.

    Raises FrameError where the whole target is at white.

    Source: evaluation of ELD (Wei et al., CVPR 2020), which ExposureDiffusion keeps.
    """
    counts = target != 1
    if not bool(counts.any()):
        raise FrameError("every photosite of the target is at white: nothing tells the brightness")
    p, t = estimate[counts].double(), target[counts].double()
    power = float((p * p).sum())
    return float((p * t).sum()) / power if power > 0 else 1.0


def fidelity(estimate: Planes, target: Planes) -> Fidelity:
    """PSNR over all four planes at once, SSIM as the mean of theirs; nothing is rounded."""
    pictures = [np.asarray(p[0].double().permute(1, 2, 0).numpy()) for p in (estimate, target)]
    return Fidelity(
        psnr_db=psnr_db(estimate, target),
        ssim=ssim(*pictures),
        ssim_uniform=ssim_uniform(*pictures),
    )


def psnr_db(estimate: Tensor, target: Tensor) -> float:
    """-10 log10 of the mean squared error, infinite for equal values."""
    error = float(((estimate.double() - target.double()) ** 2).mean())
    return math.inf if error == 0 else -10 * math.log10(error)


def band_psnr_db(estimate: Planes, target: Planes) -> tuple[float | None, ...]:
    """PSNR in each of `BANDS` of target light; 0.02 and 0.1 begin a band, 0.5 ends one.

    None where the target has no such light.
    """
    low, middle, high = BAND_EDGES
    inside = (
        target < low,
        (target >= low) & (target < middle),
        (target >= middle) & (target <= high),
        target > high,
    )
    return tuple(
        psnr_db(estimate[band], target[band]) if bool(band.any()) else None for band in inside
    )


def row_residual(error: Planes, counts: Tensor) -> float:
    """Standard deviation of the means of error over sensor rows, what row noise leaves.

    Planes 0 and 1 are the even rows of the sensor, 2 and 3 the odd ones; rows without a photosite
    that counts are left out.
    """
    number = _by_row(counts.double())
    means = (_by_row(error.double() * counts) / number.clamp(min=1))[number > 0]
    return float(means.std(correction=0))


def _by_row(planes: Planes) -> Tensor:
    """Sums over each sensor row: (b, 4, h, w) to (b, 2h)."""
    lines = planes.sum(dim=3)  # (b, 4, h)
    return (lines[:, 0::2] + lines[:, 1::2]).transpose(1, 2).flatten(1)


def scores(
    pairs: Iterable[RawPair],
    denoise: Denoiser,
    *,
    centre: int | None = None,
    camera: SensorProfile | None = None,
) -> Iterator[PairScore]:
    """Score a denoiser on pairs of files, one after the other.

    denoise: takes a `PackedCapture`, which knows nothing of the reference, and returns the
        estimate, (1, 4, h, w) at the ratio, 1 = white of the reference.
    centre: side of the middle that is denoised and scored, in packed pixels: `SID_CENTRE` for
        SID; None, the full frame, for ELD. camera: see `load_pair`.

    Raises FileError, FrameError.
    """
    for pair in pairs:
        loaded = load_pair(pair, camera)
        yield PairScore(
            name=pair.name, factor=pair.factor, ratio=pair.ratio,
            score=score_pair(loaded if centre is None else loaded.centre(centre), denoise),
        )  # fmt: skip


def score_pair(pair: PackedPair, denoise: Denoiser) -> RawScore:
    """Denoise the capture of a pair and score it; for synthetic scenes too."""
    return score(denoise(pair.capture), pair.clean)


def summary(rows: Iterable[Mapping[str, float | None]]) -> dict[str, Spread]:
    """Mean and standard error of every number of `RawScore.row` over pairs.

    A pair whose number is None (no light in that band) does not count for it. The error takes
    the pairs for independent, which several short exposures of one scene are not.

    Raises FrameError without a pair.
    """
    columns: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        for name, value in row.items():
            if value is not None:
                columns[name].append(value)
    if not columns:
        raise FrameError("no pair was scored: nothing to sum up")
    return {
        name: Spread(
            mean=fmean(values),
            standard_error=_standard_error(values),
            count=len(values),
        )
        for name, values in columns.items()
    }


def by_factor(results: Iterable[PairScore]) -> dict[int, dict[str, Spread]]:
    """A summary for each factor (100, 250, 300), as the tables have them."""
    groups: dict[int, list[dict[str, float | None]]] = defaultdict(list)
    for result in results:
        groups[result.factor].append(result.score.row())
    return {factor: summary(rows) for factor, rows in sorted(groups.items())}


def _standard_error(values: list[float]) -> float | None:
    if len(values) < 2 or not all(math.isfinite(value) for value in values):
        return None
    return stdev(values) / math.sqrt(len(values))


def _check(estimate: Tensor, target: Tensor) -> None:
    if estimate.shape != target.shape or estimate.ndim != 4 or estimate.shape[:2] != (1, 4):
        raise FrameError(
            f"a score takes two (1, 4, h, w), got {tuple(estimate.shape)} and {tuple(target.shape)}"
        )
    if not (bool(estimate.isfinite().all()) and bool(target.isfinite().all())):
        raise FrameError("a score takes finite values, but an estimate or target holds others")
