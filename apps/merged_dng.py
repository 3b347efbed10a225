"""A merged mosaic as a DNG: where its white lies, and whether 16 bits hold what was measured."""

from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from apps.lost_light import ABOVE_MEASURED
from isp.core.frame import Frame
from isp.files.dng import write_dng
from isp.merge.bracket import Merged

CODES = 65535
UNIFORM = 12**-0.5  # deviation of rounding, in steps
MOST_RMS = 0.3  # of rounding over noise: with more, rounding adds over 4 % to the deviation
MOST_ABOVE = 0.05  # of the samples, where rounding may be larger than the noise


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """What 16 bits do to a merge: deviation of rounding over that of the noise.

    rms: over the measured samples. above: share of them where it is over 1.
    """

    rms: float
    above: float

    @property
    def is_small(self) -> bool:
        """Whether the noise hides it."""
        return self.rms <= MOST_RMS and self.above <= MOST_ABOVE


def write_merged_dng(
    path: Path, merged: Merged, *, force: bool = False
) -> tuple[Frame, Rounding, str]:
    """Write a merged mosaic; returns what was written, the rounding of 16 bits, and the sample.

    16-bit codes where the noise hides their rounding, else 32-bit floating point: every program
    reads the first, but the second loses nothing.

    Raises FrameError, OutputError as `write_dng` does.
    """
    picture, white = whitened(merged.frame, most_light(merged))
    rounding = rounding_of(picture, merged.variance, white)
    sample = "uint16" if rounding.is_small else "float32"
    write_dng(path, picture, sample=sample, white=white, force=force)
    return picture, rounding, sample


def whitened(picture: Frame, bound: float) -> tuple[Frame, float]:
    """Bring what every frame lost to one white above all that was measured; return both.

    Raw readers know what is lost by the white level alone. Samples that saturated scatter with the
    read noise: as they are, some would be read as measured light, each colour another. White is as
    high as the light that was measured, at least the reference's white, and only where light was
    lost as high as `bound`, which that light reached. What is unmeasured for another reason goes
    no higher.
    """
    data, lost = picture.data, picture.clipped & (picture.data > 0)
    kept = data[picture.measured]
    most = float(kept.max()) if kept.numel() else 0.0
    white = max(1.0, most * ABOVE_MEASURED, bound if bool(lost.any()) else 0.0)
    level = data.new_tensor(white)
    data = torch.where(lost, level, torch.where(picture.measured, data, data.minimum(level)))
    return picture.advance("to_white", {"white": white}, data=data), white


def most_light(merged: Merged) -> float:
    """Where the shortest frame saturates, on the scale of the reference's white."""
    return max(1.0, 1 / float(merged.exposures.used.min()))


def rounding_of(picture: Frame, variance: Float[Tensor, "b 1 h w"], white: float) -> Rounding:
    """Rounding to 16-bit codes from the darkest value (or 0) to white, against the noise."""
    step = (white - min(0.0, float(picture.data.min()))) / CODES
    ratio = step * UNIFORM / variance[picture.measured].double().sqrt().clamp(min=1e-30)
    if not ratio.numel():
        return Rounding(rms=0.0, above=0.0)
    return Rounding(
        rms=float(ratio.square().mean().sqrt()), above=float((ratio > 1).double().mean())
    )
