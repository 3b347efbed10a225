"""The square-root domain is odd, has an inverse, and evens out photon noise."""

import pytest
import torch

from isp.stages.demosaic.root_domain import TOE, from_root, to_root


def plane(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64).reshape(1, 1, 1, -1)


def test_a_value_of_three_toes_is_the_root_of_one_toe() -> None:
    # sqrt(3 t + t) - sqrt(t) = sqrt(t)
    assert to_root(plane(0.003), 1e-3).item() == pytest.approx(1e-3**0.5)


def test_black_stays_black_and_below_black_mirrors_above() -> None:
    root = to_root(plane(-0.02, 0.0, 0.02), TOE).flatten()

    assert root[1] == 0
    assert root[0] == -root[2]


@pytest.mark.parametrize("toe", [1e-4, 1e-3, 0.1])
def test_there_and_back_is_the_same_value(toe: float) -> None:
    linear = plane(*torch.linspace(-1.5, 4, 200).tolist())

    torch.testing.assert_close(from_root(to_root(linear, toe), toe), linear, rtol=0, atol=1e-12)


@pytest.mark.parametrize("toe", [1e-4, 1e-3, 0.1])
def test_the_slope_at_black_is_one_over_two_roots_of_the_toe(toe: float) -> None:
    step = 1e-9 * toe

    assert to_root(plane(step), toe).item() / step == pytest.approx(0.5 * toe**-0.5, rel=1e-6)


def test_photon_noise_has_one_deviation_well_above_the_toe() -> None:
    # Variance in proportion to the light, full scale 10 000 electrons: under a root the deviation
    # is 1 / (2 sqrt(10 000)) = 0.005 whatever the light. 5 standard errors and the toe's 1 %.
    generator = torch.Generator().manual_seed(1)
    for light in (0.1, 0.4, 0.9):
        electrons = torch.poisson(torch.full((1, 1, 200, 200), 1e4 * light), generator=generator)

        deviation = to_root(electrons.double() / 1e4, TOE).std().item()

        assert deviation == pytest.approx(0.005, rel=0.01 + 5 / (2 * 40_000) ** 0.5)
