"""Statistics that accept an exact sampler and reject an impostor, with derived thresholds.

Everything is CONVENTIONS section 5.5. p-values are two-sided; a family of m tests is accepted at
1e-3 when every p is above 1e-3 / m (Bonferroni).
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import special, stats
from scipy.stats.distributions import rv_frozen
from torch import Tensor

FAMILY_ERROR = 1e-3
NOISE_TESTS = 1000  # more than the statistics that one run of the sensor's noise suite computes

Counts = NDArray[np.int64]


def bonferroni(tests: int, family_error: float = FAMILY_ERROR) -> float:
    """Smallest p-value that one of `tests` tests may show."""
    return family_error / tests


def z_threshold(tests: int, family_error: float = FAMILY_ERROR) -> float:
    """The same as a two-sided z: 3.891 for 10 tests, 4.417 for 100."""
    return float(stats.norm.isf(bonferroni(tests, family_error) / 2))


def deviation(measured: float, truth: float, error: float) -> float:
    """How many standard errors a statistic lies from the truth; see `NOISE_LIMIT`."""
    return (float(measured) - truth) / error


NOISE_LIMIT = z_threshold(NOISE_TESTS)  # 4.89: what |deviation| of a noise statistic may be
NOISE_P = bonferroni(NOISE_TESTS)  # 1e-6: what its p-value may be


def p_of_z(z: float) -> float:
    """Two-sided p-value of a standard normal statistic."""
    return math.erfc(abs(z) / math.sqrt(2))


def frequencies_of(counts: Tensor) -> Counts:
    """How often 0, 1, 2, ... occur; a negative or broken count is an error."""
    numbers = counts.detach().cpu().double().numpy().ravel()
    whole = numbers.astype(np.int64)
    if (whole != numbers).any() or (whole < 0).any():
        raise AssertionError("counts must be integers >= 0")
    return np.bincount(whole)


def charlier_z(frequencies: Counts, rate: float) -> tuple[float, float, float]:
    """Standardised means of the Charlier polynomials of order 1, 2, 3.

    Under Poisson(rate) each has mean 0 and variance k! rate^k exactly, so z is about N(0, 1)
    wherever `charlier_is_normal`.
    """
    x = np.arange(len(frequencies), dtype=np.float64)
    d = x - rate
    polynomials = (d, d**2 - x, d**3 - 3 * d * x + 2 * x)
    n = float(frequencies.sum())
    z = [
        float(frequencies @ c) / math.sqrt(n * math.factorial(k) * rate**k)
        for k, c in enumerate(polynomials, start=1)
    ]
    return z[0], z[1], z[2]


def charlier_is_normal(n: int, rate: float, order: int) -> bool:
    """Whether enough k-fold coincidences are expected (40) for the sum to be near normal.

    At rate 0.01 and a million samples only 0.17 threes are expected: C3 is then one rare event.
    """
    return n * rate**order / math.factorial(order) >= 40


def tail_count_p(frequencies: Counts, rate: float, least: int) -> float:
    """Exact binomial p-value of how many counts are at least `least`; sharp at small rates."""
    n, k = int(frequencies.sum()), int(frequencies[least:].sum())
    share = float(stats.poisson.sf(least - 1, rate))
    law = stats.binom(n, share)
    return float(min(1.0, 2 * min(law.cdf(k), law.sf(k - 1))))


def chi_square_p(frequencies: Counts, rate: float) -> float:
    """p-value of Pearson's chi-square against Poisson(rate).

    Bins are merged from the left until 10 are expected, the last one leftwards.
    """
    n = frequencies.sum()
    far = math.ceil(rate + 12 * math.sqrt(rate) + 30)
    length = max(len(frequencies), far)
    observed = np.zeros(length)
    observed[: len(frequencies)] = frequencies
    expected = n * stats.poisson.pmf(np.arange(length), rate)
    expected[-1] += n * stats.poisson.sf(length - 1, rate)
    bins: list[list[float]] = []
    wanted = seen = 0.0
    for e, o in zip(expected.tolist(), observed.tolist(), strict=True):
        wanted, seen = wanted + e, seen + o
        if wanted >= 10:
            bins.append([wanted, seen])
            wanted = seen = 0.0
    bins[-1][0] += wanted
    bins[-1][1] += seen
    table = np.array(bins)
    statistic = float(((table[:, 1] - table[:, 0]) ** 2 / table[:, 0]).sum())
    return float(stats.chi2.sf(statistic, len(table) - 1))


def pit_ks_p(counts: Tensor, rate: float, fractions: NDArray[np.float64]) -> float:
    """Kolmogorov's p-value of the randomised probability integral transform.

    fractions: uniforms from a stream that the counts do not use: u = F(x-1) + v p(x).
    """
    x = counts.detach().cpu().numpy().ravel().astype(np.int64)
    support = np.arange(int(x.max()) + 1)
    below = stats.poisson.cdf(support - 1, rate)
    here = stats.poisson.pmf(support, rate)
    return ks_uniform_p(below[x] + fractions * here[x])


def ks_uniform_p(u: NDArray[np.float64]) -> float:
    """Kolmogorov's p-value (large n) of numbers that should be uniform in 0..1."""
    ordered = np.sort(u)
    n = len(ordered)
    steps = np.arange(n + 1) / n
    distance = max(float((steps[1:] - ordered).max()), float((ordered - steps[:-1]).max()))
    return float(special.kolmogorov(distance * math.sqrt(n)))


def correlation(first: Tensor, second: Tensor) -> float:
    """Pearson's r in float64; about N(0, 1/n) for independent fields."""
    a, b = first.double().flatten(), second.double().flatten()
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / torch.sqrt((a * a).sum() * (b * b).sum()))


def lagged_correlation(field: Tensor, down: int, right: int) -> tuple[float, int]:
    """Pearson's r of a field (..., h, w) with itself moved, and the number of pairs."""
    height, width = field.shape[-2:]
    first = field[..., : height - down, : width - right]
    second = field[..., down:, right:]
    return correlation(first, second), first.numel()


def poisson_variance_error(rate: float, n: int) -> float:
    """Standard error of the sample variance of n Poisson counts (mu4 = rate + 3 rate^2)."""
    return math.sqrt(rate / n + 2 * rate**2 / (n - 1))


def normal_variance_error(sigma: float, n: int) -> float:
    """Standard error of the sample variance of n normal numbers."""
    return sigma**2 * math.sqrt(2 / (n - 1))


def share_error(p: float, n: int) -> float:
    """Standard error of a share of n independent photosites."""
    return math.sqrt(p * (1 - p) / n)


def two_sided_p(law: rv_frozen, value: float) -> float:
    """Two-sided p-value of one number under a law of scipy's."""
    return float(min(1.0, 2 * min(law.cdf(value), law.sf(value))))


@dataclass(frozen=True, slots=True)
class Components:
    """Variances that rows, columns and single photosites have of their own."""

    row: float
    column: float
    pixel: float

    def errors(self, rows: int, columns: int, frames: int = 1) -> "Components":
        """Standard errors of `variance_components` where these are the truth (CONVENTIONS 5.5)."""
        rest = self.pixel * math.sqrt(2 / (frames * (rows - 1) * (columns - 1)))
        row = (self.row + self.pixel / columns) * math.sqrt(2 / (frames * (rows - 1)))
        column = (self.column + self.pixel / rows) * math.sqrt(2 / (frames * (columns - 1)))
        return Components(math.hypot(row, rest / columns), math.hypot(column, rest / rows), rest)

    def deviations(self, truth: "Components", rows: int, columns: int, frames: int = 1) -> Tensor:
        """Standard errors by which the three lie from the truth."""
        errors = truth.errors(rows, columns, frames)
        names = ("row", "column", "pixel")
        return torch.tensor(
            [(getattr(self, n) - getattr(truth, n)) / getattr(errors, n) for n in names]
        )


def variance_components(fields: Tensor) -> Components:
    """Two-way analysis of variance of (..., h, w), averaged over the fields.

    EMVA 1288's split s^2 = row^2 + column^2 + pixel^2 with degrees of freedom in place of counts.
    """
    values = fields.double().reshape(-1, *fields.shape[-2:])
    rows, columns = values.shape[-2:]
    of_rows, of_columns = values.mean(-1, keepdim=True), values.mean(-2, keepdim=True)
    rest = values - of_rows - of_columns + values.mean((-2, -1), keepdim=True)
    pixel = float((rest**2).sum((-2, -1)).mean()) / ((rows - 1) * (columns - 1))
    row = float(of_rows.var(dim=-2).mean()) - pixel / columns
    column = float(of_columns.var(dim=-1).mean()) - pixel / rows
    return Components(row, column, pixel)


def periodogram(series: Tensor) -> Tensor:
    """Power of (n, m) series at 1/m, 2/m, ... below 1/2, over its mean: exponential for white."""
    values = series.double() - series.double().mean(-1, keepdim=True)
    power: Tensor = torch.fft.rfft(values).abs()[..., 1 : (values.shape[-1] + 1) // 2] ** 2
    return power / power.mean(-1, keepdim=True)


def periodogram_limit(bins: int) -> float:
    """What no bin of a white periodogram exceeds, but at `NOISE_P`: ln(bins / p)."""
    return math.log(bins / NOISE_P)
