"""Exposures of the states between a capture and its reference."""

import torch

from isp.core.errors import UsageError
from isp.core.rng import Draws, uniform

SPACINGS = ("linear", "log")
LARGEST_RATIO = 65536.0  # 16 stops: one step of a 16-bit converter would be white


def exposures(ratio: float, steps: int, spacing: str = "linear") -> tuple[float, ...]:
    """Exposure lambda of the state before each of the steps + 1 passes, rising from 1.

    ratio: r, exposure of the reference in units of the capture's, at least 1. steps: T, refining
        steps after the first pass. spacing: `linear`, lambda_k = 1 + k (r - 1) / (T + 1);
        `log`, r^(k / (T + 1)).
    The reference's own exposure is not among them: a draw up to it would be seen by no pass.

    Raises UsageError for a ratio under 1, steps under 0 or another spacing.

    Source: Wang et al., ICCV 2023 (ExposureDiffusion), Algorithm 2, with the spacing that its
    released options have; `log` is ours.

    >>> exposures(100, 1), exposures(100, 2)
    ((1.0, 50.5), (1.0, 34.0, 67.0))
    """
    check_ratio(ratio)
    if steps < 0:
        raise UsageError(f"steps are 0 or more, not {steps}")
    if spacing not in SPACINGS:
        raise UsageError(f'exposures are spaced {" or ".join(SPACINGS)}, not "{spacing}"')
    shares = [k / (steps + 1) for k in range(steps + 1)]
    if spacing == "log":
        return tuple(float(ratio) ** share for share in shares)
    return tuple(1 + share * (float(ratio) - 1) for share in shares)


def random_exposures(ratio: float, steps: int, draws: Draws) -> tuple[float, ...]:
    """Exposures for training: 1, and `steps` others anywhere up to the reference's, rising.

    Uniform over 1..ratio, real numbers, since a ratio need not be one of a whole number.

    Source: ExposureDiffusion, Algorithm 1; drawn from whole numbers in its release.
    """
    check_ratio(ratio)
    words = draws.words(1, max(steps, 1)).reshape(-1)[:steps]
    between = torch.sort(uniform(words)).values.tolist()
    return (1.0, *(1 + share * (float(ratio) - 1) for share in between))


def check_ratio(ratio: float) -> None:
    """Refuse a ratio that shortens the exposure, or that no camera's light is behind.

    Raises UsageError.
    """
    if not 1 <= ratio <= LARGEST_RATIO:
        raise UsageError(f"the exposure ratio is 1 to {LARGEST_RATIO:g}, not {ratio:g}")
