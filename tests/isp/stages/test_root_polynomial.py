"""The stage is the terms' sum per pixel, in the target space, at any exposure."""

import numpy as np
import pytest
import torch

from isp.core.colour import PRIMARIES, xyz_d50_to_rgb
from isp.core.domain import Domain
from isp.core.errors import UsageError
from isp.core.frame import Frame
from isp.core.root_polynomial import expand
from isp.core.sensor import SensorProfile
from isp.core.shot import Shot
from isp.stages.colour_matrix import ColourMatrix
from isp.stages.root_polynomial import RootPolynomial, apply_root_polynomial

GENERATOR = np.random.default_rng(1)
CAMERA = torch.from_numpy(GENERATOR.uniform(-0.05, 1.5, (2, 3, 4, 5))).float()
GAINS = (2.1, 1.0, 1.6)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_each_pixel_is_the_sum_of_its_terms(degree: int) -> None:
    count = {1: 3, 2: 6, 3: 13}[degree]
    rows = GENERATOR.normal(0, 0.5, (2, 3, count))

    ours = apply_root_polynomial(CAMERA, torch.from_numpy(rows).float(), degree)

    terms = expand(CAMERA.permute(0, 2, 3, 1).double().numpy(), degree)
    expected = np.einsum("bik,bhwk->bihw", rows, terms)
    np.testing.assert_allclose(ours.numpy(), expected, atol=2e-6 * count)


@pytest.mark.parametrize("count", [18, 39])
def test_twice_the_light_is_twice_the_result(count: int) -> None:
    stage = RootPolynomial(tuple(GENERATOR.normal(0, 0.3, count).tolist()))
    once, twice = (
        stage.develop(Frame.start(factor * CAMERA, Domain.CAMERA)).data for factor in (1.0, 2.0)
    )

    torch.testing.assert_close(twice, 2 * once, rtol=1e-5, atol=1e-6)


def test_nine_coefficients_are_a_forward_matrix() -> None:
    forward = np.array([[0.6, 0.25, 0.1142], [0.25, 0.9, -0.15], [0.02, -0.1, 0.9049]])
    frame = Frame.start(torch.ones(1, 3, 1, 1), Domain.CAMERA)

    linear = RootPolynomial(tuple(forward.ravel().tolist()), "bt709").develop(frame)

    # The forward matrix takes white to D50, and D50 is (1, 1, 1) in the target.
    torch.testing.assert_close(linear.data, torch.ones(1, 3, 1, 1), atol=1e-5, rtol=0)
    red = torch.tensor([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1)
    expected = xyz_d50_to_rgb(PRIMARIES["bt709"]) @ forward[:, 0]
    seen = RootPolynomial(tuple(forward.ravel().tolist()), "bt709").develop(
        Frame.start(red, Domain.CAMERA)
    )
    np.testing.assert_allclose(seen.data.flatten().numpy(), expected, atol=1e-6)
    assert seen.colour is not None
    assert seen.colour.space == "bt709"


def test_without_coefficients_it_is_the_profiles_matrix(profile: SensorProfile) -> None:
    frame = Frame.start(
        CAMERA[:1], Domain.CAMERA, profile=profile, shot=Shot.single(white_balance=GAINS)
    )

    torch.testing.assert_close(
        RootPolynomial().develop(frame).data, ColourMatrix().develop(frame).data
    )


def test_a_pixel_is_measured_when_all_three_channels_are() -> None:
    measured = torch.ones(1, 3, 1, 2, dtype=torch.bool)
    measured[0, 1, 0, 0] = False
    frame = Frame.start(torch.ones(1, 3, 1, 2), Domain.CAMERA, measured=measured)

    linear = RootPolynomial((0.1,) * 18).develop(frame)

    assert linear.measured.flatten().tolist() == [False, True]


def test_another_count_or_space_is_refused() -> None:
    with pytest.raises(UsageError, match="9, 18 or 39 coefficients, not 6"):
        RootPolynomial((0.1,) * 6)
    with pytest.raises(UsageError, match='no colour space "rec709"'):
        RootPolynomial(target="rec709")
