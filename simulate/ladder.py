"""The exposure ladder of ExposureDiffusion: electrons that grow by exact Poisson increments."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from isp.core.domain import Domain
from isp.core.errors import DomainError, DrawError, FrameError
from isp.core.frame import Frame
from isp.core.poisson import poisson
from isp.core.poisson_series import LARGEST_RATE
from isp.core.rng import Draws, Effect

Form = Literal["chain", "cumulative", "coupled"]


def ladder(
    expected: Frame,
    exposures: Sequence[float],
    seed: int,
    *,
    form: Form = "chain",
    start: Frame | None = None,
    origin: tuple[int, int] = (0, 0),
) -> Iterator[Frame]:
    """ELECTRONS frames at rising exposures; the first is the capture, or a draw of its own.

    expected: EXPECTED, mean electrons X at exposure 1.
    exposures: lambda_T < ... < lambda_0, in units of that exposure. Rung k counts from 0, the
        lowest; its draws are block k of Effect.LADDER, so increments are independent.
    form: how a rung follows, with P(a) a new Poisson draw of mean a:
        chain       s_k = s_(k-1) + P((lambda_k - lambda_(k-1)) X): Cov(s_k, s_j) = Var of the lower
        cumulative  s_k = s_0 + P((lambda_k - lambda_0) X): only the capture is kept
        coupled     s_k = the Poisson quantile at lambda_k X of one word for all rungs: counts never
                    fall, differences are not Poisson (common random numbers)
        With a fixed X every rung has mean and variance lambda_k X in each form, as a direct
        capture has.
    start: ELECTRONS of the capture at exposures[0], in place of a draw (read noise may make them
        fractional or negative); not with "coupled".

    No effect of a sensor is in it: no full well, dark signal or fixed pattern; `expected` may hold
    such rates.

    Raises DomainError, FrameError, and DrawError above 2^24 electrons.

    Source: Wang et al., ICCV 2023 (ExposureDiffusion), equations 8 to 10; cumulative is the form
    of its code.
    """
    _check(expected, exposures, form, start)
    return _rungs(expected, list(exposures), seed, form, start, origin)


def _rungs(
    expected: Frame,
    exposures: list[float],
    seed: int,
    form: Form,
    start: Frame | None,
    origin: tuple[int, int],
) -> Iterator[Frame]:
    name = "" if expected.profile is None else expected.profile.name
    draws = Draws.temporal(seed, Effect.LADDER, name, expected.shot, origin)
    rate = expected.data.double()
    height, width = expected.size

    def drawn(exposure: float, block: int) -> Tensor:
        return poisson(exposure * rate, draws.words(height, width, rate.device, block))

    lowest = exposures[0]
    first = drawn(lowest, 0) if start is None else start.data.double()
    held = first
    for k, exposure in enumerate(exposures):
        if form == "coupled":
            held = drawn(exposure, 0)
        elif k and form == "chain":
            held = held + drawn(exposure - exposures[k - 1], k)
        elif k:
            held = first + drawn(exposure - lowest, k)
        shot = expected.shot
        if shot.exposure_time_s is not None:
            shot = replace(shot, exposure_time_s=shot.exposure_time_s * exposure)
        yield expected.advance(
            "ladder",
            {"seed": seed, "rung": k, "exposure": exposure, "form": form},
            data=held.to(torch.float32),
            domain=Domain.ELECTRONS,
            shot=shot,
        )


def _check(expected: Frame, exposures: Sequence[float], form: Form, start: Frame | None) -> None:
    if expected.domain is not Domain.EXPECTED:
        raise DomainError(f"a ladder starts from EXPECTED, but got {expected.domain.name}")
    rises = all(a < b for a, b in pairwise(exposures))
    if not exposures or not rises or exposures[0] < 0 or not math.isfinite(exposures[-1]):
        raise FrameError(f"exposures rise from 0 or above, but {list(exposures)} came")
    if form not in ("chain", "cumulative", "coupled"):
        raise FrameError(f'form is chain, cumulative or coupled, not "{form}"')
    most = exposures[-1] * float(expected.data.double().max())
    if not most <= LARGEST_RATE:
        raise DrawError(f"a rung holds at most 2^24 electrons, but {most:g} are expected")
    if start is None:
        return
    if form == "coupled":
        raise FrameError("coupled rungs are drawn together; none of them can be given")
    if start.domain is not Domain.ELECTRONS or start.data.shape != expected.data.shape:
        raise FrameError(
            f"the start is an ELECTRONS frame {tuple(expected.data.shape)}, "
            f"but {start.domain.name} {tuple(start.data.shape)} came"
        )
