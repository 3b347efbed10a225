"""The loss of equation 11 is the divergence of two Poisson laws."""

import math

import pytest
import torch
from scipy import stats

from enhance.losses.poisson_divergence import poisson_divergence


@pytest.mark.parametrize(("model", "truth"), [(2.0, 1.0), (0.3, 0.5), (7.0, 7.0)])
def test_it_is_the_divergence_summed_over_all_counts(model: float, truth: float) -> None:
    counts = range(200)
    p, q = stats.poisson(model), stats.poisson(truth)
    summed = sum(p.pmf(n) * (p.logpmf(n) - q.logpmf(n)) for n in counts if p.pmf(n) > 0)

    found = float(poisson_divergence(torch.tensor(model), torch.tensor(truth), 0.0))

    assert found == pytest.approx(summed, abs=1e-6)


def test_its_gradient_is_the_logarithm_of_the_quotient() -> None:
    estimate = torch.tensor([0.5, 2.0], requires_grad=True)

    poisson_divergence(estimate, torch.tensor([1.0, 1.0]), 0.0).sum().backward()

    assert estimate.grad is not None
    assert estimate.grad.tolist() == pytest.approx([math.log(0.5), math.log(2.0)])


def test_small_errors_in_the_dark_weigh_more_by_the_reciprocal_of_light() -> None:
    dark, bright = (float(poisson_divergence(torch.tensor(x + 1e-3), torch.tensor(x), 0.0))
                    for x in (0.05, 0.5))  # fmt: skip

    assert dark / bright == pytest.approx(10, rel=0.02)  # (F - X)^2 / 2 X


def test_darkness_and_values_below_it_have_finite_losses_and_gradients() -> None:
    estimate = torch.tensor([-0.5, 0.0, 0.0, 1.0], requires_grad=True)

    loss = poisson_divergence(estimate, torch.tensor([0.2, 0.0, 0.3, 0.0]))
    loss.sum().backward()

    assert estimate.grad is not None
    assert bool(torch.isfinite(loss).all())
    assert bool(torch.isfinite(estimate.grad).all())
