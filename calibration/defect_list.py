"""Defects that stay while the picture changes: a list from several frames of one camera."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.errors import CalibrationError, UsageError

LEAST_FRAMES = 4
MOST_UNITS = 2.0  # that one frame may say: texture's tail in one outweighs no others
MOST_SIGMAS = 8.0
# Mean in units that a list asks for, times the root of the frames: what moves averages out so.
UNITS_ROOT = 3.4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Departure:
    """How far each photosite of a frame is from its surroundings, (1, 1, h, w) each.

    departure, spread, noise: in one unit of any kind; spread of the surroundings, standard
    deviation of the noise that is expected. known: where the surroundings could be looked at.
    """

    departure: Float[Tensor, "1 1 h w"]
    spread: Float[Tensor, "1 1 h w"]
    noise: Float[Tensor, "1 1 h w"]
    known: Bool[Tensor, "1 1 h w"]


class LastingDefects:
    """Sums over frames: a defect departs the same way in each, texture in any.

    What one frame says of a photosite, its departure in spreads of its surroundings, counts up to
    2. A photosite is listed when the mean of n frames is beyond 3.4 / sqrt(n), and its mean
    departure in deviations of the noise (each up to 8) beyond `sigmas`: what merely answers to
    light a little more than others is no defect, however many frames say so.

    The pictures must differ, be it by a hand's unrest: detail that stays is listed like a defect.

    Raises UsageError for `sigmas` that is no positive number.

    Source: own.
    """

    def __init__(self, sigmas: float = 5.0) -> None:
        if not 0 < sigmas < float("inf"):
            raise UsageError(f"a defect departs by a number of deviations above 0, not {sigmas:g}")
        self.sigmas = sigmas
        self.frames = 0
        self._units, self._sigmas, self._count = (torch.zeros(()) for _ in range(3))

    def add(self, frame: Departure) -> None:
        """Add what a frame says.

        Raises CalibrationError when it has another size than those before.
        """
        size = tuple(frame.departure.shape[-2:])
        if self.frames and size != tuple(self._count.shape[-2:]):
            before = "x".join(str(side) for side in self._count.shape[-2:])
            raise CalibrationError(
                f"frame {self.frames + 1} is {size[0]}x{size[1]}, those before are {before}: "
                "a list is of one camera"
            )
        units = (frame.departure / frame.spread).clamp(-MOST_UNITS, MOST_UNITS)
        sigmas = (frame.departure / frame.noise).clamp(-MOST_SIGMAS, MOST_SIGMAS)
        self._units = self._units + torch.where(frame.known, units, 0.0)
        self._sigmas = self._sigmas + torch.where(frame.known, sigmas, 0.0)
        self._count = self._count + frame.known.to(units.dtype)
        self.frames += 1

    def found(self) -> Bool[Tensor, "1 1 h w"]:
        """Where the defects are; none at photosites that fewer than 4 frames say something of.

        Raises CalibrationError with fewer than 4 frames.
        """
        if self.frames < LEAST_FRAMES:
            raise CalibrationError(
                f"a list of defects takes {LEAST_FRAMES} frames or more, not {self.frames}: "
                "one frame's texture looks like defects"
            )
        count = self._count.clamp(min=1.0)
        reach = UNITS_ROOT / count.sqrt()
        departs = ((self._units / count).abs() > reach) & (
            (self._sigmas / count).abs() > self.sigmas
        )
        return departs & (self._count >= LEAST_FRAMES)
