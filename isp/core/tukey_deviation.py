"""Standard deviation of a Tukey lambda of scale 1, by its closed form."""

import math

from isp.core.errors import ProfileError

NEAR_ZERO = 1e-4  # nearer, the closed form loses its digits


def tukey_lambda_deviation(shape: float) -> float:
    """Deviation of Q(u) = (u^l - (1 - u)^l) / l: what a scale of 1 gives.

    variance = 2 / l^2 (1 / (1 + 2 l) - G(l + 1)^2 / G(2 l + 2)), and pi^2 / 3 at l = 0.

    Raises ProfileError for a shape of -0.5 or less, where the variance is infinite.

    Source: CONVENTIONS section 5.5, Tukey-lambda; equal to scipy.stats.tukeylambda's.

    >>> [round(tukey_lambda_deviation(shape), 3) for shape in (-0.1, 0.0, 0.14, 1.0)]
    [2.186, 1.814, 1.453, 0.577]
    """
    if not shape > -0.5:
        raise ProfileError(
            f"a Tukey lambda's variance is finite for shapes above -0.5, got {shape}"
        )
    if abs(shape) < NEAR_ZERO:
        weight = (shape + NEAR_ZERO) / (2 * NEAR_ZERO)
        ends = _variance(-NEAR_ZERO), _variance(NEAR_ZERO)
        return math.sqrt((1 - weight) * ends[0] + weight * ends[1])
    return math.sqrt(_variance(shape))


def _variance(shape: float) -> float:
    beta = math.exp(2 * math.lgamma(1 + shape) - math.lgamma(2 + 2 * shape))
    return 2 / shape**2 * (1 / (1 + 2 * shape) - beta)
