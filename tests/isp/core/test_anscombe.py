"""The transform makes noise even, and its inverse gives back the mean of the light."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from isp.core.anscombe import destabilise, inverse_table, mean_stabilised, stabilise

RATES = (0.0, 0.3, 1.0, 3.0, 10.0, 40.0, 99.0)


DARK = 1.2247449  # 2 sqrt(3/8), which is where no light lies in Anscombe's own scale


def test_the_transform_is_anscombe_s_from_no_light_on_where_there_is_no_read_noise() -> None:
    """2 sqrt(x + 3/8): of 0, 1 and 10 electrons, and of less than none."""
    values = stabilise(torch.tensor([0.0, 1.0, 10.0, -5.0]), torch.zeros(1)) + DARK

    assert values.tolist() == pytest.approx([1.224745, 2.345208, 6.442049, 0.0], abs=1e-6)


@pytest.mark.parametrize("sigma", [1e3, 1e5, 1e7])
def test_under_read_noise_alone_the_transform_divides_by_its_deviation(sigma: float) -> None:
    """Z / sigma, less by z / (4 sigma^2) of itself; the root's next term is z^2 / (8 sigma^4)."""
    light = sigma * torch.tensor([-3.0, -0.01, 0.0, 0.5, 20.0])

    values = stabilise(light, torch.tensor([sigma**2]))

    wanted = (light / sigma * (1 - light / (4 * sigma**2))).tolist()
    assert values.tolist() == pytest.approx(wanted, rel=(20 / sigma) ** 2 / 8 + 1e-6)


@pytest.mark.parametrize("variance", [1e6, 1e8, 1e9, 1e10, 1e12, 1e14])
def test_the_inverse_is_steady_under_any_read_noise(variance: float) -> None:
    """Mean light within a millionth of the noise, from three deviations below black on."""
    sigma = math.sqrt(variance)
    light = sigma * torch.tensor([-3.0, -0.1, 0.0, 1e-6, 0.1, 3.0, 300.0])
    table, ends = inverse_table(torch.tensor([variance]))
    stabilised = stabilise(light, torch.tensor([variance])).reshape(1, 1, 1, -1)

    found = destabilise(stabilised, torch.full((1, 1, 1, 1), variance), table, ends).flatten()

    # It knows that the value is a mean: 1/4 e- more. The line below black leaves the root's bend
    # of (3 sigma)^2 / (4 sigma^2) e- out.
    bend = torch.where(light < 0, (light / sigma) ** 2 / 4, 0.0)
    away = (found - light - 0.25 + bend).abs() / sigma
    assert float((away / (1 + light / sigma).clamp(min=1)).max()) < 3e-6


@pytest.mark.parametrize(("rate", "sigma"), [(0.3, 0.0), (0.3, 0.7), (4.0, 3.0), (12.0, 0.7)])
def test_the_mean_is_that_of_scipy_s_law(rate: float, sigma: float) -> None:
    """An independent sum and integral of the same expectation."""

    def mean_at(count: int) -> float:
        def part(x: float) -> float:
            root = max(count + sigma * x + 0.375 + sigma**2, 0.0)
            return float(2 * math.sqrt(root) * stats.norm.pdf(x))

        kink = -(count + 0.375 + sigma**2) / sigma if sigma else 0.0
        low = max(kink, -9.0)
        return part(0.0) * math.sqrt(2 * math.pi) if sigma == 0 else integrate.quad(part, low, 9)[0]

    counts = np.arange(int(rate + 12 * math.sqrt(rate) + 15))
    wanted = sum(stats.poisson.pmf(k, rate) * mean_at(int(k)) for k in counts)
    wanted -= 2 * math.sqrt(0.375 + sigma**2)  # from no light on

    found = mean_stabilised(torch.tensor([rate]), sigma**2)

    assert float(found) == pytest.approx(wanted, abs=2e-5)  # the kink, cut by 0.004 sigma steps


@pytest.mark.parametrize("sigma", [0.0, 0.5, 2.0, 8.0])
def test_the_inverse_of_the_mean_is_the_rate(sigma: float) -> None:
    variance = torch.tensor([sigma**2])
    table, ends = inverse_table(variance)
    means = mean_stabilised(torch.tensor(RATES), sigma**2).float().reshape(1, 1, 1, -1)

    found = destabilise(means, variance.reshape(1, 1, 1, 1), table, ends)

    # A line between two of 1024 rows: d''/8 h^2 = (1/2) (20/1023)^2 / 8, and float32 of 2000.
    assert found.flatten().tolist() == pytest.approx(RATES, abs=1e-4)


@pytest.mark.parametrize("sigma", [0.0, 2.0, 8.0])
def test_the_closed_form_goes_on_where_the_table_ends(sigma: float) -> None:
    """It is an approximation: 0.012 electrons too much at 100, less the brighter."""
    variance = torch.tensor([sigma**2])
    table, ends = inverse_table(variance)
    rates = torch.tensor([99.9, 100.1, 150.0, 1000.0, 9000.0])
    means = mean_stabilised(rates, sigma**2).float().reshape(1, 1, 1, -1)

    found = destabilise(means, variance.reshape(1, 1, 1, 1), table, ends).flatten()

    assert found.tolist() == pytest.approx(rates.tolist(), abs=0.015, rel=1e-6)


def test_darker_than_dark_is_negative_and_does_not_stop_at_0() -> None:
    variance = torch.tensor([4.0])
    table, ends = inverse_table(variance)
    dark = ends[:, 0].reshape(1, 1, 1, 1)
    below = torch.cat([dark - 0.2, dark - 0.1, dark, dark + 0.1], dim=3)

    found = destabilise(below, variance.reshape(1, 1, 1, 1), table, ends).flatten()

    steps = found.diff()
    assert float(found[2]) == pytest.approx(0, abs=1e-5)
    assert float(steps[0]) == pytest.approx(float(steps[1]), rel=1e-3)  # one line below
    assert float(steps[2]) == pytest.approx(float(steps[1]), rel=0.05)  # which the curve enters


def test_each_image_has_its_own_table() -> None:
    variance = torch.tensor([1.0, 25.0])
    table, ends = inverse_table(variance)
    means = torch.stack([mean_stabilised(torch.tensor([7.0]), float(v)) for v in variance])

    found = destabilise(
        means.float().reshape(2, 1, 1, 1), variance.reshape(2, 1, 1, 1), table, ends
    )

    assert found.flatten().tolist() == pytest.approx([7.0, 7.0], abs=1e-4)
