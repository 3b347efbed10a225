"""Defects without a list: photosites that neither noise nor the picture around them explains."""

import math
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from isp.core.cfa import Cfa
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.mosaic_noise import check_noise, noise_of
from isp.core.stage import Run, Stage
from isp.stages.defect_judge import DefectJudge, shipped_weights
from isp.stages.defect_surroundings import MEANS, described, outstanding, surroundings, texture
from isp.stages.defects import correct_defects

# Deviations of noise that the unit of the surroundings has at most in even light: 2.1 +- 0.4, by
# the second extremes of two eights. A dot two photosites wide is more.
EVEN_UNITS = 3.5


def find_defects(
    mosaic: Float[Tensor, "b 1 h w"],
    measured: Float[Tensor, "b 1 h w"],
    noise: Float[Tensor, "b 3"],
    cfa: Cfa,
    judge: DefectJudge,
    sigmas: float = 5.0,
    log_odds: float = 0.0,
) -> Bool[Tensor, "b 1 h w"]:
    """Find hot, dead and stuck photosites: True where one is not to be believed.

    measured: 1 where a photosite was measured. What one that was not holds is not looked at, and
        beside two of them nothing is found. It may be a defect itself.
    noise: c0, c1, c2 of the variance c0 + c1 x + c2 x^2, the light x in the mosaic's unit.
    A photosite is looked at when it is beyond the middle of its eight neighbours of any colour and
    of the eight of its own by `sigmas` standard deviations; each is divided by the mean of its
    colour around it before. What a lens has drawn spreads over photosites of every colour, a
    defect does not: how much likelier a defect is than the picture, `judge` says from 7 x 7
    photosites, and `log_odds` is what it must say at least. Where the neighbours differ by no more
    than noise makes them, or where it is very many of their spreads away, nobody is asked.

    Source: own; the likelihood ratio is learned (Sugiyama, Suzuki, Kanamori 2012, chapter 4).
    """
    around_it = surroundings(mosaic, measured, noise, cfa)
    image, _, row, column = torch.nonzero(outstanding(around_it, sigmas), as_tuple=True)
    odds = judge(described(around_it, (image, row, column), cfa))
    departure = (around_it.ratio - around_it.middle).abs()
    is_even = (texture(around_it) < judge.even) & (around_it.unit < EVEN_UNITS * around_it.noise)
    plain = departure > judge.certain * around_it.unit
    plain = plain | (is_even & (departure > judge.even_sigmas * around_it.noise))
    plain = plain[:, 0][image, row, column]
    found = torch.zeros_like(mosaic[:, 0])
    # Scattered as numbers: the exporter has no scatter of booleans.
    found = found.index_put((image, row, column), ((odds > log_odds) | plain).to(mosaic.dtype))
    return (found > 0)[:, None]


class DynamicDefects(Stage):
    """`find_defects` by the noise of the frame's profile, and `correct_defects` where it found.

    sigmas: standard deviations of noise that a defect departs by at least. log_odds: a smaller
        number finds more in fine detail, and takes more of the detail for defects; 0 is where the
        pictures of `apps.defect_training` had 1e-5 false at most.
    noise: slope and offset of var = slope x + offset (a DNG's NoiseProfile) in place of the
        profile's, which also knows PRNU and the tails of the read noise.

    What was found takes its neighbours' value, and is neither measured nor clipped any more.
    Comes after BlackLevel and before white balance, for the noise is the sensor's own.

    Raises UsageError for settings that make no sense; FrameError or ProfileError when nothing is
    known of the noise.
    """

    domain_in = Domain.MOSAIC
    domain_out = Domain.MOSAIC
    counts = ("corrected",)

    def __init__(
        self,
        cfa: Cfa,
        sigmas: float = 5.0,
        log_odds: float = 0.0,
        noise: tuple[float, float] | None = None,
    ) -> None:
        super().__init__()
        if not (sigmas > 0 and math.isfinite(log_odds)):
            raise UsageError(
                f"sigmas must be above 0 and log_odds finite, not {sigmas} and {log_odds}"
            )
        check_noise(noise)
        self.cfa, self.sigmas, self.log_odds, self.noise = cfa, sigmas, log_odds, noise
        self.judge = DefectJudge(shipped_weights())
        # At the border a photosite beside reads three periods inside, and its ring one further.
        self.halo = 4 * max(cfa.period) + MEANS

    def inputs(self, frame: Frame) -> tuple[Tensor, ...]:
        noise = noise_of(frame, self.noise, with_pattern=True, tail_sigmas=self.sigmas)
        return frame.data, frame.measured.float(), noise

    def forward(
        self,
        mosaic: Float[Tensor, "b 1 h w"],
        measured: Float[Tensor, "b 1 h w"],
        noise: Float[Tensor, "b 3"],
    ) -> Float[Tensor, "b 1 h w"]:
        found = find_defects(
            mosaic, measured, noise, self.cfa, self.judge, self.sigmas, self.log_odds
        )
        unsound = torch.maximum(found.to(mosaic.dtype), 1 - measured)
        corrected = correct_defects(mosaic, unsound, self.cfa)
        return torch.where(found, corrected, mosaic)

    def develop(self, frame: Frame) -> Frame:
        """Run the stage; what it changed is what it found."""
        developed = super().develop(frame)
        found = developed.data != frame.data
        name, parameters = developed.history[-1]
        counted = parameters | {"corrected": frame.own(found).sum(dim=(1, 2, 3)).tolist()}
        return replace(
            developed,
            measured=developed.measured & ~found,
            clipped=developed.clipped & ~found,
            history=(*developed.history[:-1], (name, counted)),
        )

    def masks_after(self, measured: Tensor, clipped: Tensor, run: Run) -> tuple[Tensor, Tensor]:
        found = run.after != run.before
        return measured & ~found, clipped & ~found

    def settings(self) -> dict[str, Any]:
        return {"sigmas": self.sigmas, "log_odds": self.log_odds}

    def note(self, inputs: tuple[Tensor, ...]) -> dict[str, Any]:
        return {"noise": inputs[2].tolist()}
